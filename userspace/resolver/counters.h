// SPDX-License-Identifier: GPL-3.0-or-later
// What the resolver counts. Each worker counts for itself in QueryCounters; ResolverCounters is their sum, made on
// reading.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "line/line.h"
#include "resolver/respond.h"

namespace splitline {

/// RCODEs counted one by one: those of the header and the extended ones up to BADCOOKIE.
constexpr size_t kCountedRcodes = 24;

struct ResolverCounters {
    uint64_t udp_queries = 0;  // datagrams and messages received, whatever they were
    uint64_t tcp_queries = 0;
    std::array<uint64_t, kCountedRcodes> rcodes{};  // responses by RCODE
    std::vector<uint64_t> lines;                    // responses from a zone, by LineId of the name asked
    uint64_t truncated = 0;                         // responses with TC
    uint64_t unanswered = 0;                        // messages no response is due for: responses, fragments of a header
    uint64_t lost = 0;                              // responses the kernel would not take, frames without room
    uint64_t tcp_open = 0;                          // connections now
    uint64_t tcp_accepted = 0;                      // connections ever
    uint64_t tcp_evicted = 0;                       // closed as the longest idle one to make room for another
    uint64_t tcp_timed_out = 0;                     // closed for being idle
    uint64_t tcp_refused = 0;                       // could not be accepted: out of descriptors or memory
};

/// One thread's counters: written by that thread, read by any.
class QueryCounters {
  public:
    explicit QueryCounters(Transport transport) : transport_(transport) {}

    /// Makes room for lines 0 to `lines` - 1. The owner calls it whenever it sees another image.
    void reserve_lines(size_t lines);
    void count(const Responded& responded);
    void count_lost(uint64_t responses) { raise(lost_, responses); }

    /// Adds everything counted so far. Thread-safe.
    void add_to(ResolverCounters& sum) const;

  private:
    using Counter = std::atomic<uint64_t>;
    // One writer, so load and store do: no locked instruction on the query path.
    static void raise(Counter& counter, uint64_t by = 1) {
        counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }

    const Transport transport_;
    Counter queries_{0}, truncated_{0}, unanswered_{0}, lost_{0};
    std::array<Counter, kCountedRcodes> rcodes_{};
    mutable std::mutex lines_mutex_;  // taken by the owner to grow lines_, by readers to read them
    std::unique_ptr<Counter[]> lines_;
    size_t line_count_ = 0;
};

}  // namespace splitline
