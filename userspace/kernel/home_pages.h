// SPDX-License-Identifier: GPL-3.0-or-later
// Pages of the arena where a name's record lies at, or near, the line that the name's hash tells (maps/arena.h).
//
// The program starts to read there before it has read from the bucket where the record really is. So what counts is the
// exact line, then at least its block: the 4 KiB that the processor translates addresses by. Where most of the lines
// are taken, about half of the records have the one, nearly all others the other.
//
// Only bookkeeping, as in the arena: one bit a line.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

#include "maps/arena.h"

namespace splitline {

/// Contiguous pages of the arena.
struct PageRun {
    uint32_t first = 0, pages = 0;
};

class HomePages {
  public:
    static constexpr uint32_t kLines = 64;  // of a block

    /// No pages have room for nothing. REQUIRES: not the arena's first page, whose first line is no object's.
    explicit HomePages(PageRun run);

    /// An object of that many SL_UNITs at the hash's home, if that is free, in its block, or in one of those behind;
    /// nullopt without room.
    std::optional<sl_ref> allocate(uint32_t units, uint64_t hash);
    /// The same, wherever there is room in a block.
    std::optional<sl_ref> allocate_anywhere(uint32_t units);
    /// What allocate() has returned.
    void free(sl_ref ref, uint32_t units);

    [[nodiscard]] PageRun run() const { return run_; }
    [[nodiscard]] bool holds(sl_ref ref) const { return sl_ref_page(ref) - run_.first < run_.pages; }
    /// Calls visit(ref, units) for every run of free units.
    template <typename Visit>
    void for_each_free(Visit visit) const;

  private:
    static uint64_t lines(uint32_t first, uint32_t count) {
        return (count == kLines ? ~uint64_t{0} : (uint64_t{1} << count) - 1) << first;
    }
    static uint64_t free_runs(uint64_t taken, uint32_t units);
    [[nodiscard]] sl_ref ref_of(size_t block, uint32_t line) const {
        return static_cast<sl_ref>(size_t{run_.first} * SL_UNITS_PER_PAGE + block * kLines + line);
    }
    sl_ref take(size_t block, uint32_t line, uint32_t units);

    PageRun run_;
    std::vector<uint64_t> taken_;      // a word a block, a bit a line
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
