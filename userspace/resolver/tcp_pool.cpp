// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/tcp_pool.h"

#include "resolver/tcp_connection.h"

namespace splitline {

TcpPool::TcpPool(boost::asio::io_context& io, size_t limit, std::chrono::milliseconds idle_timeout)
    : limit_(limit), idle_timeout_(idle_timeout), timer_(io) {}

void TcpPool::add(std::shared_ptr<TcpConnection> connection) {
    if (connections_.size() >= limit_) evict();
    TcpConnection& added = *connection;
    added.place_ = connections_.insert(connections_.end(), std::move(connection));
    added.deadline_ = std::chrono::steady_clock::now() + idle_timeout_;
    ++accepted_;
    open_ = connections_.size();
    arm();
}

void TcpPool::touch(TcpConnection& connection) {
    connection.deadline_ = std::chrono::steady_clock::now() + idle_timeout_;
    connections_.splice(connections_.end(), connections_, connection.place_);
}

void TcpPool::remove(TcpConnection& connection) {
    connections_.erase(connection.place_);
    open_ = connections_.size();
}

void TcpPool::evict() {
    if (connections_.empty()) return;
    ++evicted_;
    const auto idlest = connections_.front();  // a copy: closing takes it out of the list
    idlest->close();
}

void TcpPool::close_all() {
    while (!connections_.empty()) {
        const auto connection = connections_.front();
        connection->close();
    }
    timer_.cancel();
}

// The timer may fire for a connection that has been active since; then sweep() just sets it for the one that is first
// by now.
void TcpPool::arm() {
    if (armed_ || connections_.empty()) return;
    armed_ = true;
    timer_.expires_at(connections_.front()->deadline_);
    timer_.async_wait([this](const boost::system::error_code& error) {
        armed_ = false;
        if (!error) sweep();
    });
}

void TcpPool::sweep() {
    const auto now = std::chrono::steady_clock::now();
    while (!connections_.empty() && connections_.front()->deadline_ <= now) {
        ++timed_out_;
        const auto idle = connections_.front();
        idle->close();
    }
    arm();
}

void TcpPool::add_to(ResolverCounters& sum) const {
    sum.tcp_open += open_;
    sum.tcp_accepted += accepted_;
    sum.tcp_evicted += evicted_;
    sum.tcp_timed_out += timed_out_;
    sum.tcp_refused += refused_;
}

}  // namespace splitline
