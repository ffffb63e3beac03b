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
//
// An image that does not fit is served all the same: names that decide about no other name are left out of the table
// (maps/name_table.h), which from then on has a filter. rebalance() has those that are asked most come in, and others
// leave for them; that is no commit and changes no answer.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "compile/image.h"
#include "compile/name_record.h"
#include "kernel/arena.h"
#include "kernel/bucket_table.h"
#include "kernel/hot_names.h"
#include "kernel/name_filter.h"
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
    uint64_t left_out_names = 0;
    uint64_t unfit_names = 0;
    uint64_t zones = 0;
    uint64_t arena_bytes = 0;
};

/// What was asked of late.
struct NameDemand {
    std::vector<uint64_t> sampled;  // hashes of names that the program answered from
    double queries_a_sample = 0;    // how many each stands for
    std::vector<Dname> missed;      // names that reached the resolver
    double queries_a_missed = 0;
};

/// Whether the name is, or lies below, one of these; whether one of these is the name, or lies below it.
bool is_inside_any(DnameView name, const std::vector<Dname>& apexes);
bool is_above_any(DnameView name, const std::vector<Dname>& apexes);

class Publisher {
  public:
    /// `max_names` bounds the name table; `wait_for_readers` returns after every packet in flight at the call has left
    /// the program. It is called by several threads.
    Publisher(MappedMaps maps, uint64_t hash_seed, uint32_t max_names, std::function<void()> wait_for_readers);

    /// See FastPath::publish(). An exception leaves the image published before served, as an error does. REQUIRES: an
    /// image of a later generation than the served one (std::invalid_argument): packets take for the same image what
    /// has the same generation.
    Result<void> publish(const std::shared_ptr<const Image>& image, const std::function<void()>& on_served = {});
    /// Whether names of the served image are left out of the table, for want of room.
    [[nodiscard]] bool leaves_names_out() const { return filter_.active(); }
    /// Whether that name is, or the filter takes it for one that is.
    [[nodiscard]] bool leaves_out(DnameView name) const;
    /// Has names come into the table that are asked more than others there, which leave it. Call it once a round
    /// (kernel/hot_names.h) while names are left out.
    void rebalance(const NameDemand& demand);
    /// Waits until nothing is left of images published before the last.
    void settle() { reclaimer_.settle(); }
    [[nodiscard]] PublishedUsage usage() const;
    [[nodiscard]] uint64_t generation() const;

  private:
    static constexpr size_t kNamesEstimated = size_t{1} << 18;  // names whose demand is followed

    struct ZoneState {
        uint32_t number = 0;        // key into map "zones"
        std::vector<Dname> nested;  // apexes of served zones inside this one: names there are not its own
    };
    struct NameChange {
        sl_ref before;  // 0: the name was not in the table
        sl_ref after;
        bool gone;  // `after` says that the name is
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
    Result<void> count_names_and_zones(const Image& image);
    Result<void> write(const Image& image);
    Result<void> write_tables(const Image& image);
    template <typename T>
    PageRun write_table(const std::vector<T>& cells);
    void write_changed_zones(const Image& image);
    void write_all_zones(const Image& image);
    void write_zone(const Image& image, const ZoneSource& zone, const ZoneState& state, const ZoneImage* before);
    void write_soa(const ZoneImage& zone, uint32_t number);
    /// A name's record, to be written.
    struct EncodedName {
        DnameView name;
        uint64_t hash;              // BucketTable::hash()
        std::span<uint8_t> record;  // but for what put() sets
        bool unfit = false;         // NameRecordEncoder::unfit()
    };
    /// Some of them, with their records: moved, never copied.
    struct EncodedPart {
        EncodedPart() = default;
        EncodedPart(EncodedPart&&) = default;
        EncodedPart& operator=(EncodedPart&&) = default;

        std::vector<uint8_t> records;
        std::vector<EncodedName> names;
    };
    class WriteQueue;
    void write_names(const Image& image, const ZoneSource& zone, const ZoneState& state,
                     std::span<const Node* const> nodes);
    void write_all_names(const Image& image, const ZoneSource& zone, const ZoneState& state);
    [[nodiscard]] EncodedPart encode_names(const Image& image, const ZoneSource& zone, const ZoneState& state,
                                           std::span<const Node* const> nodes) const;
    static void complete_record(std::span<uint8_t> record, DnameView name, const ZoneState& state);
    void write_encoded(std::span<const EncodedName> names);
    void write_name(const EncodedName& name);
    void write_above_apexes(const Image& image);
    void leave(const ZoneImage& zone, const ZoneState& state, const ZoneImage* now, const ZoneState* now_state);
    void remove_name(DnameView name, uint32_t zone);
    void note_unfit(DnameView name, bool unfit);
    sl_ref put(std::span<uint8_t> record, sl_ref prev, uint64_t generation, uint32_t spare_pages = 0,
               std::optional<uint64_t> home = {});
    void begin_homes(const Image& image);
    void expect_at_home(const Image& image);
    void fetch_home(uint64_t hash, size_t size) const;
    void flip(const Image& image);
    void serve(uint64_t generation, const sl_epoch& epoch);
    /// noexcept: behind the flip there is no way back, and a daemon that dies leaves a sound program behind.
    void retire() noexcept;
    /// noexcept: a commit half rolled back would be worse than a daemon that dies.
    void roll_back() noexcept;
    void end_commit();
    [[nodiscard]] bool is_name_of_zone(sl_ref name_record) const;
    [[nodiscard]] bool is_short() const { return missing_bytes_ > 0 || full_buckets_ > 0 || excess_names_ > 0; }
    [[nodiscard]] Error shortage() const;

    // publisher_residents.cpp: which names are in the table while there is not room for all.
    /// A name that may leave the table.
    struct Leaf {
        double queries;  // kernel/hot_names.h
        BucketTable::Slot slot;
        sl_ref ref;
    };
    bool begin_leaving_out(const Image& coming);
    [[nodiscard]] bool has_place(const Node& node, const ZoneState& state);
    void fill(const Image& image);
    void restore(bool was_complete);
    bool make_room(unsigned remedy, const Image& coming);
    [[nodiscard]] bool is_leaf(const sl_name_record& record) const;
    [[nodiscard]] uint64_t leaf_room() const;
    [[nodiscard]] uint32_t spare_pages() const;
    void add_leaves(uint32_t bucket, std::vector<Leaf>& leaves) const;
    [[nodiscard]] std::vector<Leaf> next_leaves(size_t count);
    [[nodiscard]] const Node* missing_leaf(DnameView name) const;
    void note_demand(const NameDemand& demand);
    [[nodiscard]] std::optional<BucketTable::Slot> place_for(const HotNames::Missed& name);
    bool bring_in(const Dname& name, const BucketTable::Slot& slot, NameRecordEncoder& encoder, uint32_t spare_pages);
    void demote(const Leaf& leaf);
    void end_filter();

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
    uint64_t image_names_ = 0;               // that the zones would have there, were there room for all
    PageRun classes_, profiles_;
    NameFilter filter_;  // active while names are left out
    HotNames hot_names_;
    uint64_t refill_below_ = 0;  // an image of fewer names may fit as a whole again
    uint32_t hand_ = 0;          // bucket where the search for names to leave goes on

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
    uint64_t excess_names_ = 0;                          // beyond max_names_
    uint64_t leaf_room_ = 0;                             // names that may be left out, and that there is room for
    uint64_t left_out_ = 0;                              // names that there was no room for
    bool may_begin_homes_ = true;
    bool began_homes_ = false;    // for this commit's names
    bool ends_filter_ = false;    // the commit has a place for every name
    std::vector<Dname> demoted_;  // to make room for it
};

}  // namespace splitline
