// SPDX-License-Identifier: GPL-3.0-or-later
// DNS over TCP (RFC 7766, RFC 9210): one thread for all endpoints and connections.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"
#include "resolver/counters.h"
#include "resolver/image_slot.h"

namespace splitline {

struct TcpSettings {
    unsigned max_connections = 1000;                 // at the limit a new one replaces the longest idle one
    std::chrono::milliseconds idle_timeout{10'000};  // without a whole query or a response taken
    bool fastopen = false;                           // RFC 7413
};

class TcpServer {
  public:
    /// REQUIRES: `slot` outlives the server; max_connections >= 1. Errors: an endpoint that cannot be bound, and why.
    static Result<std::unique_ptr<TcpServer>> start(const std::vector<Endpoint>& listen, const TcpSettings& settings,
                                                    const ImageSlot& slot);
    ~TcpServer();
    TcpServer(const TcpServer&) = delete;
    TcpServer& operator=(const TcpServer&) = delete;

    /// Closes listeners and connections and joins the thread. Does nothing the second time.
    void stop();
    /// What is bound, in the order of `listen`, with the ports that stand for port 0.
    [[nodiscard]] const std::vector<Endpoint>& endpoints() const { return endpoints_; }
    /// Thread-safe; right also after stop().
    void add_to(ResolverCounters& sum) const;

  private:
    class Loop;
    TcpServer();
    std::vector<Endpoint> endpoints_;
    std::unique_ptr<Loop> loop_;
};

}  // namespace splitline
