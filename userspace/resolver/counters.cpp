// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/counters.h"

#include <algorithm>

namespace splitline {

void QueryCounters::reserve_lines(size_t lines) {
    if (lines <= line_count_) return;
    auto grown = std::make_unique<Counter[]>(lines);
    for (size_t i = 0; i < line_count_; ++i) grown[i] = lines_[i].load(std::memory_order_relaxed);
    const std::lock_guard lock(lines_mutex_);
    lines_ = std::move(grown);
    line_count_ = lines;
}

void QueryCounters::count(const Responded& responded) {
    raise(queries_);
    if (responded.size == 0) return raise(unanswered_);
    raise(rcodes_[std::min<size_t>(responded.rcode, kCountedRcodes - 1)]);
    if (responded.truncated) raise(truncated_);
    if (responded.line && *responded.line < line_count_) raise(lines_[*responded.line]);
}

void QueryCounters::add_to(ResolverCounters& sum) const {
    const auto read = [](const Counter& counter) { return counter.load(std::memory_order_relaxed); };
    (transport_ == Transport::kUdp ? sum.udp_queries : sum.tcp_queries) += read(queries_);
    sum.truncated += read(truncated_);
    sum.unanswered += read(unanswered_);
    sum.lost += read(lost_);
    for (size_t i = 0; i < rcodes_.size(); ++i) sum.rcodes[i] += read(rcodes_[i]);
    const std::lock_guard lock(lines_mutex_);
    if (sum.lines.size() < line_count_) sum.lines.resize(line_count_);
    for (size_t i = 0; i < line_count_; ++i) sum.lines[i] += read(lines_[i]);
}

}  // namespace splitline
