// SPDX-License-Identifier: GPL-3.0-or-later
// Which names a worker was asked for of late: the fast path's daemon side wants to know what it should hold.
//
// One buffer a worker. It fills, is taken whole, and fills again; while it is full, names are only counted. So what is
// taken is the beginning of what came, which for telling hot names is as good as any other part.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "base/dname.h"

namespace splitline {

/// Names that queries were for, each as often as it was asked, and how many queries these stand for.
struct AskedNames {
    std::vector<Dname> names;  // folded
    uint64_t queries = 0;
};

class Demand {
  public:
    /// Bytes of names kept between two takes.
    static constexpr size_t kBytes = size_t{1} << 16;

    /// Notes the question's name. By the worker alone. REQUIRES: a query that was answered, so its question is sound.
    void note(std::span<const uint8_t> query) {
        queries_.store(queries_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        if (!full_.load(std::memory_order_relaxed)) write(query);
    }
    /// Adds what was noted since the last call. Thread-safe, for one taker.
    void take(AskedNames& asked);

  private:
    void write(std::span<const uint8_t> query);

    std::atomic<uint64_t> queries_{0};
    uint64_t taken_ = 0;            // queries that take() has told of
    std::atomic<bool> full_{true};  // until somebody wants to know
    std::mutex mutex_;              // of names_
    std::vector<uint8_t> names_;    // wire names, one behind the other
};

}  // namespace splitline
