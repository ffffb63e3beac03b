// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/home_pages.h"

#include <algorithm>

namespace splitline {

namespace {

constexpr uint32_t kLines = HomePages::kLines;
constexpr uint32_t kBlocks = SL_UNITS_PER_PAGE / kLines;
// Of a page's last block, behind which nothing may lie.
constexpr uint32_t kLastUnits = SL_OBJECT_END / SL_UNIT % kLines;
// Of the blocks from the home's on: that many are full where homes are nearly all taken.
constexpr uint32_t kBlocksTried = 8;

static_assert(SL_OBJECT_END / SL_UNIT / kLines == kBlocks - 1);

}  // namespace

HomePages::HomePages(PageRun run) : run_(run), taken_(size_t{run.pages} * kBlocks, 0) {
    for (size_t last = kBlocks - 1; last < taken_.size(); last += kBlocks)
        taken_[last] = lines(kLastUnits, kLines - kLastUnits);
}

// A bit for each line at which `units` free ones begin.
uint64_t HomePages::free_runs(uint64_t taken, uint32_t units) {
    uint64_t runs = ~taken;
    for (uint32_t have = 1; have < units && runs != 0;) {
        const uint32_t step = std::min(have, units - have);
        runs &= runs >> step;
        have += step;
    }
    return runs;
}

sl_ref HomePages::take(size_t block, uint32_t line, uint32_t units) {
    taken_[block] |= lines(line, units);
    return ref_of(block, line);
}

std::optional<sl_ref> HomePages::allocate(uint32_t units, uint64_t hash) {
    if (units > kLines || run_.pages == 0) return std::nullopt;
    const uint32_t home = sl_home_unit(hash, run_.pages);
    for (uint32_t next = 0; next < kBlocksTried; ++next) {
        const size_t block = (home / kLines + next) % taken_.size();
        const uint64_t runs = free_runs(taken_[block], units);
        if (runs == 0) continue;
        const uint32_t line = next == 0 ? home % kLines : 0;
        const uint64_t behind = runs >> line << line;
        return take(block, static_cast<uint32_t>(std::countr_zero(behind != 0 ? behind : runs)), units);
    }
    return std::nullopt;
}

std::optional<sl_ref> HomePages::allocate_anywhere(uint32_t units) {
    if (units >= none_free_) return std::nullopt;
    for (size_t seen = 0; seen < taken_.size(); ++seen) {
        const uint64_t runs = free_runs(taken_[hand_], units);
        if (runs != 0) return take(hand_, static_cast<uint32_t>(std::countr_zero(runs)), units);
        hand_ = (hand_ + 1) % taken_.size();
    }
    none_free_ = units;
    return std::nullopt;
}

void HomePages::free(sl_ref ref, uint32_t units) {
    const uint64_t unit = ref - uint64_t{run_.first} * SL_UNITS_PER_PAGE;
    taken_[unit / kLines] &= ~lines(static_cast<uint32_t>(unit % kLines), units);
    none_free_ = kLines + 1;
}

}  // namespace splitline
