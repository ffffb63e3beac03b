// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/home_pages.h"

#include <algorithm>
#include <utility>

#include "base/parallel.h"

namespace splitline {

namespace {

constexpr uint32_t kLines = HomePages::kLines;
// Of a page's last block, behind which nothing may lie.
constexpr uint32_t kLastUnits = SL_OBJECT_END / SL_UNIT % kLines;
// Of the blocks from the home's on: that many are full where homes are nearly all taken.
constexpr uint32_t kBlocksTried = 8;
// Seeds that are tried for a group. More find places for few more names, and take their time.
constexpr unsigned kSeedsTried = 64;
// The fewest places for each of a block's groups, where it has more than one: larger groups find fewer places, smaller
// ones need more seeds.
constexpr uint32_t kPlacesAGroup = 16;
// Blocks whose seeds one thread chooses at a time.
constexpr size_t kBlocksAPart = 1024;

// Of a block, their binary logarithm.
uint32_t groups_shift(uint32_t units) {
    return static_cast<uint32_t>(std::bit_width(std::max(1U, kLines / units / kPlacesAGroup))) - 1;
}

}  // namespace

HomePages::HomePages(uint32_t first, uint32_t pages, uint32_t units)
    : homes_{first + seed_pages(pages, units),
             pages,
             first,
             static_cast<__u16>(units),
             static_cast<__u8>(kLines / units),
             static_cast<__u8>(groups_shift(units))},
      taken_(size_t{pages} * SL_HOME_PAGE_BLOCKS, 0),
      seeds_(taken_.size() << homes_.groups_shift, 0) {
    for (size_t last = SL_HOME_PAGE_BLOCKS - 1; last < taken_.size(); last += SL_HOME_PAGE_BLOCKS)
        taken_[last] = lines(kLastUnits, kLines - kLastUnits);
}

uint32_t HomePages::seed_pages(uint32_t pages, uint32_t units) {
    const uint64_t seeds = uint64_t{pages} * SL_HOME_PAGE_BLOCKS << groups_shift(units);
    return static_cast<uint32_t>((seeds + SL_PAGE_SIZE - 1) / SL_PAGE_SIZE);
}

sl_ref HomePages::home(uint64_t hash) const {
    const uint32_t group = sl_home_group(&homes_, hash);
    return sl_home(&homes_, hash, group, seeds_[group]);
}

void HomePages::expect(std::span<const uint64_t> hashes) {
    // Sorted by group, by counting: first[group] is where the group's names begin.
    std::vector<uint32_t> first(seeds_.size() + 1, 0);
    for (const uint64_t hash : hashes) ++first[sl_home_group(&homes_, hash)];
    uint32_t before = 0;
    for (uint32_t& at : first) before += std::exchange(at, before);
    std::vector<uint64_t> sorted(hashes.size());
    std::vector<uint32_t> next = first;
    for (const uint64_t hash : hashes) sorted[next[sl_home_group(&homes_, hash)]++] = hash;

    expected_.assign(taken_.size(), 0);
    for_each_part((taken_.size() + kBlocksAPart - 1) / kBlocksAPart, [&](size_t part) {
        const size_t end = std::min(taken_.size(), (part + 1) * kBlocksAPart);
        for (size_t block = part * kBlocksAPart; block < end; ++block) {
            uint64_t places = 0;
            for (size_t group = block << homes_.groups_shift; group < (block + 1) << homes_.groups_shift; ++group)
                places |= choose_seed(group, std::span(sorted).subspan(first[group], first[group + 1] - first[group]),
                                      places);
            for (; places != 0; places &= places - 1)
                expected_[block] |= lines(static_cast<uint32_t>(std::countr_zero(places)) * homes_.units, homes_.units);
        }
    });
}

// The one with which the names have the most places besides those that other groups of the block have; these places.
uint64_t HomePages::choose_seed(size_t group, std::span<const uint64_t> hashes, uint64_t others) {
    uint64_t best = 0;
    int most = 0;
    for (unsigned seed = 0; seed < kSeedsTried && std::cmp_less(most, hashes.size()); ++seed) {
        uint64_t places = 0;
        for (const uint64_t hash : hashes)
            places |= uint64_t{1} << sl_home_place(hash, static_cast<uint8_t>(seed), homes_.places);
        places &= ~others;
        const int count = std::popcount(places);
        if (count <= most) continue;
        most = count;
        best = places;
        seeds_[group] = static_cast<uint8_t>(seed);
    }
    return best;
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
    if (units > kLines || taken_.empty()) return std::nullopt;
    const uint32_t at = home(hash) - ref_of(0, 0), line = at % kLines;
    if ((free_runs(taken_[at / kLines], units) >> line & 1) != 0) return take(at / kLines, line, units);
    for (uint32_t next = 0; next < kBlocksTried; ++next) {
        const size_t block = (at / kLines + next) % taken_.size();
        const uint64_t runs = free_runs(taken_[block] | (expected_.empty() ? 0 : expected_[block]), units);
        if (runs != 0) return take(block, static_cast<uint32_t>(std::countr_zero(runs)), units);
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
    const uint32_t unit = ref - ref_of(0, 0);
    taken_[unit / kLines] &= ~lines(unit % kLines, units);
    none_free_ = kLines + 1;
}

}  // namespace splitline
