// SPDX-License-Identifier: GPL-3.0-or-later
// Makes images the served one: writes what changed into the maps, then flips the generation with one store.
//
// A commit has three phases. *Write*: new records go into unused arena memory and are linked into slots; they carry the
// coming generation, so running packets step over them. *Flip*: the control word. *Retire*: what the flip made
// unreachable is remembered, and reused by a later commit after an RCU grace period. If the write phase runs out of
// room, the slots are put back; packets have seen nothing of it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "compile/image.h"
#include "compile/name_record.h"
#include "kernel/arena.h"
#include "kernel/bucket_table.h"
#include "maps/control.h"
#include "maps/mapped_array.h"

namespace splitline {

/// One page of the arena, as memory.
struct ArenaPage {
    uint8_t bytes[SL_PAGE_SIZE];
};

/// A cell of map "zones": array cells are 8 bytes apart.
struct ZoneCell {
    sl_ref ref;
    uint32_t pad;
};

/// The mapped memory a publisher writes.
struct MappedMaps {
    MappedArray<sl_control> control;
    MappedArray<sl_bucket> buckets;
    MappedArray<ZoneCell> zones;
    MappedArray<ArenaPage> arena;
};

/// What a published image takes.
struct PublishedUsage {
    uint64_t names = 0;
    uint64_t unfit_names = 0;
    uint64_t zones = 0;
    uint64_t arena_bytes = 0;
};

class Publisher {
  public:
    /// `max_names` bounds the name table; `wait_for_readers` returns after every packet in flight at the call has left
    /// the program.
    Publisher(MappedMaps maps, uint64_t hash_seed, uint32_t max_names, std::function<void()> wait_for_readers);

    /// See FastPath::publish(). An exception leaves the image published before served, as an error does.
    Result<void> publish(std::shared_ptr<const Image> image, const std::function<void()>& on_served = {});
    [[nodiscard]] PublishedUsage usage() const;
    [[nodiscard]] uint64_t generation() const;

  private:
    struct ZoneState {
        uint32_t number = 0;  // key into map "zones"
        ZoneSource source;
        std::vector<Dname> nested;  // apexes of served zones inside this one: names there are not its own
        uint64_t names = 0;
        std::set<Dname> unfit;  // those the record leaves to the resolver
    };
    struct Table {
        uint32_t first = 0, pages = 0;
    };
    struct NameChange {
        Dname name;
        sl_ref before;  // 0: the name was not in the table
        sl_ref after;
    };
    struct ZoneChange {
        uint32_t number;
        sl_ref before, after;
    };

    void reclaim();
    Result<void> write(const Image& image);
    Result<void> check_names(const Image& image) const;
    Result<void> write_tables(const Image& image);
    template <typename T>
    Table write_table(const std::vector<T>& cells);
    void write_zone(const Image& image, const ZoneSource& zone, std::vector<Dname> nested, bool same_tables);
    void write_names(const Image& image, ZoneState& state, const ZoneState* before);
    void write_name(DnameView name, std::vector<uint8_t> record);
    void write_above_apexes(const Image& image);
    void remove_names(const ZoneState& before, const ZoneState* after);
    void remove_name(DnameView name, uint32_t zone);
    void remove_zones(const Image& image);
    sl_ref put(std::vector<uint8_t>& record, sl_ref prev);
    void set_zone(uint32_t number, sl_ref ref);
    void flip(const Image& image);
    /// noexcept: behind the flip there is no way back, and a daemon that dies leaves a sound program behind.
    void retire() noexcept;
    /// noexcept: a commit half rolled back would be worse than a daemon that dies.
    void roll_back() noexcept;
    [[nodiscard]] Error shortage() const;
    [[nodiscard]] const uint8_t* object(sl_ref ref) const { return arena_bytes() + size_t{ref} * SL_UNIT; }
    [[nodiscard]] uint8_t* arena_bytes() const { return maps_.arena.data()->bytes; }
    [[nodiscard]] uint32_t units_of(sl_ref name_record) const;

    MappedMaps maps_;
    BucketTable table_;
    Arena arena_;
    uint32_t max_names_;
    std::function<void()> wait_for_readers_;

    std::shared_ptr<const Image> served_;
    std::map<Dname, ZoneState> zones_;
    std::vector<uint32_t> free_zone_numbers_;
    std::map<Dname, uint8_t> above_apexes_;  // names in the table that no zone has, with their flags
    Table classes_, profiles_;

    // The commit in work.
    uint64_t coming_ = 0;
    std::map<Dname, ZoneState> next_zones_;
    std::map<Dname, uint8_t> next_above_apexes_;
    Table next_classes_, next_profiles_;
    std::vector<NameChange> name_changes_;
    std::vector<ZoneChange> zone_changes_;
    uint64_t missing_bytes_ = 0;  // arena bytes that could not be had
    uint64_t full_buckets_ = 0;   // names whose buckets are both full

    // Unreachable since the last flip (or rollback); free after a grace period.
    std::vector<std::pair<sl_ref, uint32_t>> retired_objects_;
    std::vector<Table> retired_tables_;
    std::vector<NameChange> gone_names_;  // names whose record has no variants
    std::vector<sl_ref> retired_links_;   // records whose prev is unreachable now
    std::vector<uint32_t> retired_zone_numbers_;
};

}  // namespace splitline
