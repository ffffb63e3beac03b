// SPDX-License-Identifier: GPL-3.0-or-later
// The slow path as the daemon sees it: UDP and TCP on every endpoint, one slot for the image, one sum of counters.
//
// Life: start() binds everything or nothing; publish() swaps what is served, at any time; stop() (or the destructor)
// ends it.
#pragma once

#include <memory>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"
#include "resolver/counters.h"
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
    void stop();

    /// What is really bound.
    [[nodiscard]] const std::vector<Endpoint>& endpoints() const { return udp_->endpoints(); }
    /// Thread-safe; right also after stop().
    [[nodiscard]] ResolverCounters counters() const;

  private:
    explicit Resolver(std::shared_ptr<const Served> served) : slot_(std::move(served)) {}

    ImageSlot slot_;
    std::unique_ptr<UdpServer> udp_;
    std::unique_ptr<TcpServer> tcp_;
};

}  // namespace splitline
