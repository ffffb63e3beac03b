// SPDX-License-Identifier: GPL-3.0-or-later
// Which names a worker was asked for of late: the fast path's daemon side wants to know what it should hold.
//
// One buffer a worker. It fills, is taken whole, and fills again; while it is full, names go unnoted and cost nothing.
// So what is taken is the beginning of what came, which for telling hot names is as good as any other part.
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
        if (!full_.load(std::memory_order_relaxed)) write(query);
    }
    /// Appends what was noted since the last call to `names`. Thread-safe.
    void take(std::vector<Dname>& names);

  private:
    void write(std::span<const uint8_t> query);

    std::atomic<bool> full_{true};  // until somebody wants to know
    std::mutex mutex_;              // of names_
    std::vector<uint8_t> names_;    // wire names, one behind the other
};

}  // namespace splitline
