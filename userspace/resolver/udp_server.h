// SPDX-License-Identifier: GPL-3.0-or-later
// DNS over UDP: worker threads, each with a socket of its own per endpoint (SO_REUSEPORT), so that workers share
// nothing.
//
// Life: start() binds every socket before any thread runs, so an error leaves nothing behind; stop() wakes the workers,
// which answer what has already arrived and end. No packet, ICMP message or send error ends a worker.
#pragma once

#include <memory>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"
#include "resolver/counters.h"
#include "resolver/demand.h"
#include "resolver/image_slot.h"

namespace splitline {

class UdpServer {
  public:
    /// REQUIRES: `slot` outlives the server; workers >= 1. Errors: an endpoint that cannot be bound, and why.
    static Result<std::unique_ptr<UdpServer>> start(const std::vector<Endpoint>& listen, unsigned workers,
                                                    const ImageSlot& slot);
    ~UdpServer();
    UdpServer(const UdpServer&) = delete;
    UdpServer& operator=(const UdpServer&) = delete;

    /// Ends and joins the workers, closes the sockets. Does nothing the second time.
    void stop();
    /// What is bound, in the order of `listen`, with the ports that stand for port 0.
    [[nodiscard]] const std::vector<Endpoint>& endpoints() const { return endpoints_; }
    /// Thread-safe; right also after stop().
    void add_to(ResolverCounters& sum) const;
    /// Adds the names asked for since the last call, or some of them.
    void take_asked(AskedNames& asked);

  private:
    class Worker;
    UdpServer();
    std::vector<Endpoint> endpoints_;
    std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace splitline
