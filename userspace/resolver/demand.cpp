// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/demand.h"

#include <utility>

namespace splitline {

namespace {
constexpr size_t kHeader = 12;
}

void Demand::write(std::span<const uint8_t> query) {
    const auto question = query.subspan(kHeader);
    const size_t size = dname_wire_size(question.data(), question.size());
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return;  // being taken: a worker never waits
    if (names_.size() + size > kBytes) return full_.store(true, std::memory_order_relaxed);
    names_.insert(names_.end(), question.begin(), question.begin() + static_cast<ptrdiff_t>(size));
}

void Demand::take(AskedNames& asked) {
    const uint64_t queries = queries_.load(std::memory_order_relaxed);
    asked.queries += queries - std::exchange(taken_, queries);
    std::vector<uint8_t> taken;
    taken.reserve(kBytes);
    {
        const std::lock_guard lock(mutex_);
        taken.swap(names_);
        full_.store(false, std::memory_order_relaxed);
    }
    dname_fold(taken.data(), taken.size());
    for (size_t at = 0; at < taken.size(); at += asked.names.back().size())
        asked.names.emplace_back(reinterpret_cast<const char*>(taken.data()) + at,
                                 dname_wire_size(taken.data() + at, taken.size() - at));
}

}  // namespace splitline
