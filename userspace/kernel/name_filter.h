// SPDX-License-Identifier: GPL-3.0-or-later
// The daemon's side of the name filter (maps/name_filter.h), in use while the name table has not room for all names.
//
// Lives in a run of arena pages, which its user allocates and retires. Names are only ever added: a reader of any
// generation may look at it meanwhile.
#pragma once

#include <cstdint>

#include "kernel/arena.h"
#include "maps/name_filter.h"

namespace splitline {

class NameFilter {
  public:
    /// `arena` is the arena's first byte.
    explicit NameFilter(uint8_t* arena) : arena_(arena) {}

    /// Pages of a filter that `names` fit into with half as many again to come.
    [[nodiscard]] static uint32_t pages_for(uint64_t names);
    /// Begins an empty filter for `names` there. REQUIRES: no reader knows of the pages, which are pages_for(names).
    void start(PageRun pages, uint64_t names);
    void end() { pages_ = {}; }
    [[nodiscard]] bool active() const { return pages_.pages != 0; }
    [[nodiscard]] PageRun pages() const { return pages_; }
    [[nodiscard]] uint32_t words() const { return pages_.pages * SL_FILTER_PAGE_WORDS; }
    /// Whether it lets many names pass that are not there: more have been added than it is meant for, or many are gone.
    [[nodiscard]] bool worn() const {
        return active() && (added_ > uint64_t{words()} * SL_FILTER_WORD_NAMES || gone_ > kFewGone + names_ / 4);
    }

    /// REQUIRES: active().
    void add(uint64_t name_hash);
    /// Notes that a name is gone; its bits stay.
    void note_gone() { ++gone_; }
    [[nodiscard]] bool may_hold(uint64_t name_hash) const;

  private:
    static constexpr uint64_t kFewGone = 64;
    [[nodiscard]] uint64_t& word_of(uint64_t name_hash) const;

    uint8_t* arena_;
    PageRun pages_;
    uint64_t names_ = 0;  // it was begun for
    uint64_t added_ = 0;  // names that changed it
    uint64_t gone_ = 0;
};

}  // namespace splitline
