// SPDX-License-Identifier: GPL-3.0-or-later
// The daemon's side of the name hash table (maps/name_table.h): finds, inserts and removes slots in the mapped buckets.
//
// It works on the memory the program reads, so every change of a slot is one 64-bit store. It keeps no copy of names: a
// slot is confirmed by the record it refers to, exactly as the program does it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "base/dname.h"
#include "maps/mapped_array.h"
#include "maps/name_table.h"

namespace splitline {

/// The hash of a folded name, as the program computes it from the packet.
uint64_t hash_name(uint64_t seed, DnameView name);

class BucketTable {
  public:
    /// Views on the program's maps; `arena` is the arena's first byte. Both must outlive the table. `wait_for_readers`
    /// returns after every packet in flight at the call has left the program; nothing where none can be.
    BucketTable(MappedArray<sl_bucket>& buckets, const uint8_t* arena, uint64_t seed,
                std::function<void()> wait_for_readers = {})
        : buckets_(buckets), arena_(arena), seed_(seed), wait_for_readers_(std::move(wait_for_readers)) {}

    /// A slot's place. Valid until the next place(), which may move others to make room.
    struct Slot {
        uint32_t bucket = 0;
        uint32_t index = 0;
        uint32_t tag = 0;      // of the name that it is for
        bool spilled = false;  // the name lives in its second bucket
        uint32_t first_bucket = 0;
    };

    [[nodiscard]] std::optional<Slot> find(DnameView name) const { return find(name, hash(name)); }
    /// The same, where the name's hash() is known.
    [[nodiscard]] std::optional<Slot> find(DnameView name, uint64_t hash) const;
    /// Has the first bucket of names of that hash on its way into the cache, for a find() soon.
    void fetch(uint64_t hash) const { __builtin_prefetch(&buckets_[sl_first_bucket(hash, mask())]); }
    /// A free slot for a name of that hash that is not in the table, if one of its buckets has any.
    [[nodiscard]] std::optional<Slot> free_slot(uint64_t hash) const;
    /// The same; when both its buckets are full, a name that lives in its first bucket there moves to its second one:
    /// it is written there, and every packet that may have looked there before has gone, when it leaves; so none misses
    /// it and takes it for absent. nullopt when none can.
    [[nodiscard]] std::optional<Slot> place(uint64_t hash);
    /// Calls visit(slot) for every slot in use of a bucket.
    template <typename Visit>
    void for_each_in(uint32_t bucket, Visit visit) const {
        for (uint32_t i = 0; i < SL_BUCKET_SLOTS; ++i) {
            const auto ref = static_cast<sl_ref>(buckets_[bucket].slot[i]);
            if (ref == 0) continue;
            visit(slot_at(bucket, i, hash(name_of(ref))));
        }
    }
    /// Where names of that hash may be: their first bucket and their second one.
    [[nodiscard]] std::array<uint32_t, 2> buckets_of(uint64_t hash) const {
        return {sl_first_bucket(hash, mask()), sl_second_bucket(hash, mask())};
    }
    [[nodiscard]] uint32_t bucket_count() const { return static_cast<uint32_t>(buckets_.size()); }
    [[nodiscard]] uint64_t hash(DnameView name) const { return hash_name(seed_, name); }
    [[nodiscard]] sl_ref get(const Slot& slot) const;
    /// The name of a record.
    [[nodiscard]] DnameView name_of(sl_ref ref) const;
    /// Points the slot at a record of the name that it is for; a slot from place() is taken by this.
    void set(const Slot& slot, sl_ref ref);
    void clear(const Slot& slot);

  private:
    [[nodiscard]] uint32_t mask() const { return static_cast<uint32_t>(buckets_.size() - 1); }
    [[nodiscard]] Slot slot_at(uint32_t bucket, uint32_t index, uint64_t hash) const {
        const uint32_t first = sl_first_bucket(hash, mask());
        return {bucket, index, sl_hash_tag(hash), bucket != first, first};
    }
    [[nodiscard]] bool holds(sl_ref ref, DnameView name) const;
    [[nodiscard]] std::optional<uint32_t> free_index(uint32_t bucket) const;
    bool move_one_out(uint32_t bucket);

    MappedArray<sl_bucket>& buckets_;
    const uint8_t* arena_;
    uint64_t seed_;
    std::function<void()> wait_for_readers_;
};

}  // namespace splitline
