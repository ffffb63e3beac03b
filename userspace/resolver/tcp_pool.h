// SPDX-License-Identifier: GPL-3.0-or-later
// All open TCP connections in the order of their last activity, the longest idle one first.
//
// That order makes both limits cheap: the idle timeout needs one timer, for the first connection, and room for a new
// connection at the limit is made by closing the first one. New clients are thus served under a flood of idle
// connections, which refusing them would not do (RFC 7766 section 6.2.2 lets a server close idle connections at any
// time).
#pragma once

#include <utility>  // before Asio, whose headers need std::exchange with some compilers

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <memory>

#include "resolver/counters.h"

namespace splitline {

class TcpConnection;

class TcpPool {
  public:
    /// REQUIRES: limit >= 1.
    TcpPool(boost::asio::io_context& io, size_t limit, std::chrono::milliseconds idle_timeout);

    /// Takes a new connection in, closing the longest idle one first if the pool is full.
    void add(std::shared_ptr<TcpConnection> connection);
    /// The connection was active just now.
    void touch(TcpConnection& connection);
    /// The connection has closed itself.
    void remove(TcpConnection& connection);
    /// Closes the longest idle connection, if there is any.
    void evict();
    void count_refused() { ++refused_; }
    void close_all();

    /// Thread-safe, unlike everything above.
    void add_to(ResolverCounters& sum) const;

  private:
    void arm();
    void sweep();

    const size_t limit_;
    const std::chrono::milliseconds idle_timeout_;
    std::list<std::shared_ptr<TcpConnection>> connections_;
    boost::asio::steady_timer timer_;
    bool armed_ = false;
    std::atomic<uint64_t> open_{0}, accepted_{0}, evicted_{0}, timed_out_{0}, refused_{0};
};

}  // namespace splitline
