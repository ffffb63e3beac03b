// SPDX-License-Identifier: GPL-3.0-or-later
// Pages of the arena where a name's record lies at, or near, the place that the name's hash and its group's seed tell
// (maps/homes.h).
//
// The program starts to read there before it has read from the bucket where the record really is. So what counts is the
// exact line, then at least its block: the 4 KiB that the processor translates addresses by. Where all names are known
// before the first record is written, seeds are chosen so that five of six names have a place of their own; until all
// are written, what is not at home there takes such a place only where no other in the block is free.
//
// Only bookkeeping, as in the arena: one bit a line. Who owns the arena's memory copies the seeds there.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "maps/homes.h"

namespace splitline {

/// Contiguous pages of the arena.
struct PageRun {
    uint32_t first = 0, pages = 0;
};

class HomePages {
  public:
    static constexpr uint32_t kLines = SL_HOME_BLOCK_UNITS;

    /// No pages, which have room for nothing.
    HomePages() = default;
    /// `pages` with homes, for records of about that many units, behind seed_pages() for their seeds, the first of
    /// which is `first`. REQUIRES: 0 < units <= kLines; not the arena's first page, whose first line is no object's.
    HomePages(uint32_t first, uint32_t pages, uint32_t units);
    static uint32_t seed_pages(uint32_t pages, uint32_t units);

    /// Chooses the seeds for names of these hashes, and sees to their places until forget_expected().
    void expect(std::span<const uint64_t> hashes);
    void forget_expected() { expected_.clear(); }
    /// What is to be in the pages for seeds; a byte a group.
    [[nodiscard]] std::span<const uint8_t> seeds() const { return seeds_; }
    [[nodiscard]] PageRun seed_run() const { return {homes_.seed_page, homes_.page - homes_.seed_page}; }
    /// Where the record of a name of that hash best lies. REQUIRES: there are pages.
    [[nodiscard]] sl_ref home(uint64_t hash) const;
    /// Has what allocate() reads for that home on its way into the cache.
    void fetch(sl_ref home) const { __builtin_prefetch(&taken_[(home - ref_of(0, 0)) / kLines], 1); }

    /// An object of that many SL_UNITs at the hash's home, if that is free, in its block, or in one of those behind;
    /// nullopt without room.
    std::optional<sl_ref> allocate(uint32_t units, uint64_t hash);
    /// The same, wherever there is room in a block, be it expected or not.
    std::optional<sl_ref> allocate_anywhere(uint32_t units);
    /// What allocate() has returned.
    void free(sl_ref ref, uint32_t units);

    /// As the program is told.
    [[nodiscard]] const sl_homes& homes() const { return homes_; }
    [[nodiscard]] bool holds(sl_ref ref) const { return sl_ref_page(ref) - homes_.page < homes_.pages; }
    /// Calls visit(ref, units) for every run of free units.
    template <typename Visit>
    void for_each_free(Visit visit) const;

  private:
    static uint64_t lines(uint32_t first, uint32_t count) {
        return (count == kLines ? ~uint64_t{0} : (uint64_t{1} << count) - 1) << first;
    }
    static uint64_t free_runs(uint64_t taken, uint32_t units);
    [[nodiscard]] sl_ref ref_of(size_t block, uint32_t line) const {
        return static_cast<sl_ref>(size_t{homes_.page} * SL_UNITS_PER_PAGE + block * kLines + line);
    }
    sl_ref take(size_t block, uint32_t line, uint32_t units);
    uint64_t choose_seed(size_t group, std::span<const uint64_t> hashes, uint64_t others);

    sl_homes homes_{};
    std::vector<uint64_t> taken_;      // a word a block, a bit a line
    std::vector<uint64_t> expected_;   // the same: lines of places that names have which are still to come, or none
    std::vector<uint8_t> seeds_;       // a byte a group
    size_t hand_ = 0;                  // block where the search for room anywhere goes on
    uint32_t none_free_ = kLines + 1;  // so many units in a row are free nowhere
};

template <typename Visit>
void HomePages::for_each_free(Visit visit) const {
    for (size_t block = 0; block < taken_.size(); ++block)
        for (uint64_t left = ~taken_[block]; left != 0;) {
            const auto first = static_cast<uint32_t>(std::countr_zero(left));
            const auto count = static_cast<uint32_t>(std::countr_one(left >> first));
            visit(ref_of(block, first), count);
            left &= ~lines(first, count);
        }
}

}  // namespace splitline
