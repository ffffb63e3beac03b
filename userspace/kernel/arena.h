// SPDX-License-Identifier: GPL-3.0-or-later
// Allocator over the arena map (maps/arena.h): objects inside pages, tables in runs of whole pages.
//
// Only bookkeeping: it never touches the memory, and knows nothing of generations; the publisher frees what no packet
// can reach any more. Free extents of a page merge again; a page that is free as a whole can serve either kind. Some
// pages may be set aside for records to lie at home in (home_pages.h), which other objects take only when there is no
// room elsewhere; when homes end, what is in them is like all other objects.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "kernel/home_pages.h"
#include "maps/arena.h"

namespace splitline {

class Arena {
  public:
    explicit Arena(uint32_t pages);

    /// An object of `units` SL_UNITs; nullopt when no page has room, or when it would take one of the last `spare`
    /// pages that are wholly free. REQUIRES: 0 < units * SL_UNIT <= SL_OBJECT_MAX.
    /// That of the name with hash `home` lies near its home, where there are homes.
    std::optional<sl_ref> allocate(uint32_t units, uint32_t spare = 0, std::optional<uint64_t> home = {});
    void free(sl_ref ref, uint32_t units);
    /// `count` contiguous pages, taken from the end so that objects and tables stay apart; the first one's number.
    std::optional<uint32_t> allocate_pages(uint32_t count);
    void free_pages(uint32_t first, uint32_t count);
    /// Sets pages aside as homes of the names allocated from now on, instead of those there are: their records have
    /// about that many units. False, and nothing done, without so many contiguous pages.
    bool begin_homes(uint32_t pages, uint32_t units);
    /// Chooses where names of these hashes, whose records are allocated next, are at home (home_pages.h).
    void expect_at_home(std::span<const uint64_t> hashes) { homes_.expect(hashes); }
    /// Ends what begin_homes() began: the homes before it are forgotten; or they are the homes again.
    void keep_homes();
    void undo_homes();
    /// Forgets the homes, whose room then is like any other.
    void end_homes() { forget(homes_); }
    /// The homes, as the program is told; none at first.
    [[nodiscard]] const sl_homes& homes() const { return homes_.homes(); }
    /// Where a record of that hash may well be allocated. REQUIRES: there are homes.
    [[nodiscard]] sl_ref home(uint64_t hash) const { return homes_.home(hash); }
    /// Has what allocate() reads for a record of that home on its way into the cache.
    void fetch(sl_ref home) const { homes_.fetch(home); }
    /// What is to be in the pages from homes().seed_page on.
    [[nodiscard]] std::span<const uint8_t> home_seeds() const { return homes_.seeds(); }

    /// Bytes handed out and not freed.
    [[nodiscard]] uint64_t used_bytes() const { return used_bytes_; }
    [[nodiscard]] uint32_t pages() const { return static_cast<uint32_t>(page_free_.size()); }
    /// Pages that are wholly free.
    [[nodiscard]] uint32_t free_pages() const { return free_pages_; }

  private:
    std::optional<sl_ref> allocate_unit_run(uint32_t units, uint32_t spare);
    void add_free(sl_ref ref, uint32_t units);
    bool open_page();
    void forget(HomePages& homes);

    std::vector<bool> page_free_;
    uint32_t free_pages_;
    std::map<sl_ref, uint32_t> free_by_ref_;
    std::set<std::pair<uint32_t, sl_ref>> free_by_size_;
    sl_ref bump_ = 0;  // next never used unit of the page objects are cut from
    uint32_t bump_left_ = 0;
    HomePages homes_, former_homes_;  // the latter until the new ones are kept or undone
    uint64_t used_bytes_ = 0;
};

}  // namespace splitline
