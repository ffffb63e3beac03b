// SPDX-License-Identifier: GPL-3.0-or-later
// Makes images the served one: writes what changed into the maps, then flips the generation with one store.
//
// A commit has three phases. *Write*: new records go into unused arena memory and are linked into slots; they carry the
// coming generation, so running packets step over them. *Flip*: the control word. *Retire*: what the flip made
// unreachable goes to the Reclaimer, which has it used again after an RCU grace period. If the write phase runs out of
// room, the slots are put back; packets have seen nothing of it.
//
// An image that came from the served one by change_zone() is written by what differs, whatever the number of zones and
// names, and without waiting for a grace period unless its tables differ too.
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
#include "kernel/reclaimer.h"
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
    /// the program. It is called by several threads.
    Publisher(MappedMaps maps, uint64_t hash_seed, uint32_t max_names, std::function<void()> wait_for_readers);

    /// See FastPath::publish(). An exception leaves the image published before served, as an error does.
    Result<void> publish(const std::shared_ptr<const Image>& image, const std::function<void()>& on_served = {});
    /// Waits until nothing is left of images published before the last.
    void settle() { reclaimer_.settle(); }
    [[nodiscard]] PublishedUsage usage() const;
    [[nodiscard]] uint64_t generation() const;

  private:
    struct ZoneState {
        uint32_t number = 0;        // key into map "zones"
        std::vector<Dname> nested;  // apexes of served zones inside this one: names there are not its own
    };
    struct NameChange {
        sl_ref before;  // 0: the name was not in the table
        sl_ref after;
    };
    struct ZoneChange {
        uint32_t number;
        sl_ref before, after;
    };
    /// Names that have left a zone: out of the table, once all names are written and no other zone has taken them.
    struct LeavingName {
        Dname name;
        uint32_t zone;
    };

    Result<void> try_publish(const std::shared_ptr<const Image>& image, const std::function<void()>& on_served);
    Result<void> check_room(const Image& image);
    Result<void> write(const Image& image);
    Result<void> write_tables(const Image& image);
    template <typename T>
    PageRun write_table(const std::vector<T>& cells);
    void write_changed_zones(const Image& image);
    void write_all_zones(const Image& image);
    void write_zone(const Image& image, const ZoneSource& zone, const ZoneState& state, const ZoneImage* before);
    void write_soa(const ZoneImage& zone, uint32_t number);
    void write_names(const Image& image, const ZoneSource& zone, const ZoneState& state,
                     const std::vector<const Node*>& nodes);
    void write_name(DnameView name, std::vector<uint8_t>& record, bool unfit);
    void write_above_apexes(const Image& image);
    void leave(const ZoneImage& zone, const ZoneState& state, const ZoneImage* now, const ZoneState* now_state);
    void remove_name(DnameView name, uint32_t zone);
    void note_unfit(DnameView name, bool unfit);
    sl_ref put(std::vector<uint8_t>& record, sl_ref prev);
    void flip(const Image& image);
    /// noexcept: behind the flip there is no way back, and a daemon that dies leaves a sound program behind.
    void retire() noexcept;
    /// noexcept: a commit half rolled back would be worse than a daemon that dies.
    void roll_back() noexcept;
    void end_commit();
    [[nodiscard]] bool is_name_of_zone(sl_ref name_record) const;
    [[nodiscard]] Error shortage() const;
    [[nodiscard]] const uint8_t* object(sl_ref ref) const { return arena_bytes() + size_t{ref} * SL_UNIT; }
    [[nodiscard]] uint8_t* arena_bytes() const { return maps_.arena.data()->bytes; }
    [[nodiscard]] uint32_t units_of(sl_ref name_record) const;
    [[nodiscard]] uint32_t units_of_zone(sl_ref zone_record) const;

    MappedMaps maps_;
    std::function<void()> wait_for_readers_;
    BucketTable table_;
    Arena arena_;
    uint32_t max_names_;
    Reclaimer reclaimer_;

    std::shared_ptr<const Image> served_;
    std::map<Dname, ZoneState> zones_;
    std::vector<uint32_t> free_zone_numbers_;
    std::map<Dname, uint8_t> above_apexes_;  // names in the table that no zone has, with their flags
    std::set<Dname> unfit_;                  // names whose record leaves them to the resolver
    uint64_t names_ = 0;                     // of zones in the table
    uint64_t image_names_ = 0;               // that the zones would have there, those inside of others included
    PageRun classes_, profiles_;

    // The commit in work.
    uint64_t coming_ = 0;
    uint64_t next_image_names_ = 0;
    std::map<Dname, ZoneState> new_zones_;  // those that are not in zones_, or lie otherwise
    std::vector<Dname> gone_zones_;
    std::map<Dname, uint8_t> next_above_apexes_;
    bool above_apexes_written_ = false;
    PageRun next_classes_, next_profiles_;
    std::vector<NameChange> name_changes_;
    std::vector<ZoneChange> zone_changes_;
    std::vector<LeavingName> leaving_;
    std::vector<std::pair<Dname, bool>> unfit_changes_;  // and what was before
    uint64_t missing_bytes_ = 0;                         // arena bytes that could not be had
    uint64_t full_buckets_ = 0;                          // names whose buckets are both full
};

}  // namespace splitline
