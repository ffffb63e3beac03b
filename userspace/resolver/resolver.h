// SPDX-License-Identifier: GPL-3.0-or-later
// The slow path as the daemon sees it: UDP and TCP on every endpoint, frames from the ports that the fast path hands
// queries to, one slot for the image, one sum of counters.
//
// Life: start() binds everything or nothing; publish() swaps what is served, serve_ports() and end_ports() come and go
// with the fast path, at any time; stop() (or the destructor) ends it. One thread calls all but publish().
#pragma once

#include <memory>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"
#include "resolver/counters.h"
#include "resolver/frame_server.h"
#include "resolver/image_slot.h"
#include "resolver/tcp_server.h"
#include "resolver/udp_server.h"

namespace splitline {

struct ResolverSettings {
    std::vector<Endpoint> listen;  // wildcards are fine; port 0 takes a free port, the same one for UDP and TCP
    unsigned udp_workers = 1;      // threads
    TcpSettings tcp;
};

class Resolver {
  public:
    /// REQUIRES: served and its image are not null; udp_workers >= 1. Errors name the endpoint and how to mend it.
    static Result<std::unique_ptr<Resolver>> start(const ResolverSettings& settings,
                                                   std::shared_ptr<const Served> served);
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    /// Every query taken from now on is answered from `served`; queries being answered finish with what they began
    /// with. Thread-safe. REQUIRES: served and its image are not null.
    void publish(std::shared_ptr<const Served> served) { slot_.store(std::move(served)); }
    /// Answers what comes in through `ports` too, until end_ports().
    void serve_ports(std::vector<std::unique_ptr<FramePort>> ports);
    /// Answers what has come in through the ports, and closes them. Does nothing without ports.
    void end_ports();
    void stop();

    /// What is really bound.
    [[nodiscard]] const std::vector<Endpoint>& endpoints() const { return udp_->endpoints(); }
    /// Thread-safe; right also after stop().
    [[nodiscard]] ResolverCounters counters() const;
    /// The names that datagrams asked for since the last call, or some of them; only of those that a zone answered.
    AskedNames take_asked_names();

  private:
    Resolver(std::shared_ptr<const Served> served, unsigned workers) : slot_(std::move(served)), workers_(workers) {}

    ImageSlot slot_;
    unsigned workers_;
    std::unique_ptr<UdpServer> udp_;
    std::unique_ptr<TcpServer> tcp_;
    std::vector<std::unique_ptr<FrameServer>> frames_;  // one each serve_ports()
    ResolverCounters ended_;                            // what the servers of former ports have counted
};

}  // namespace splitline
