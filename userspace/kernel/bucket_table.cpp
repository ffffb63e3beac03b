// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/bucket_table.h"

#include <cstring>

namespace splitline {

uint64_t hash_name(uint64_t seed, DnameView name) {
    uint64_t hash = seed;
    for (size_t at = 0; at < name.size(); at += 8) {
        uint64_t word = 0;
        std::memcpy(&word, name.data() + at, std::min<size_t>(8, name.size() - at));
        hash = sl_hash_word(hash, sl_fold_word(word));
    }
    return sl_hash_finish(hash);
}

DnameView BucketTable::name_of(sl_ref ref) const {
    const uint8_t* bytes = arena_ + size_t{ref} * SL_UNIT;
    const auto& record = *reinterpret_cast<const sl_name_record*>(bytes);
    return {reinterpret_cast<const char*>(bytes + sl_name_offset(record.variant_count)), record.name_length};
}

bool BucketTable::holds(sl_ref ref, DnameView name) const {
    return name_of(ref) == name;
}

std::optional<BucketTable::Slot> BucketTable::find(DnameView name, uint64_t hash) const {
    for (const uint32_t bucket : buckets_of(hash)) {
        for (uint32_t i = 0; i < SL_BUCKET_SLOTS; ++i) {
            const uint64_t slot = buckets_[bucket].slot[i];
            if (slot >> 32 == sl_hash_tag(hash) && holds(static_cast<sl_ref>(slot), name))
                return slot_at(bucket, i, hash);
        }
        if (buckets_[bucket].spilled == 0) break;
    }
    return std::nullopt;
}

std::optional<uint32_t> BucketTable::free_index(uint32_t bucket) const {
    for (uint32_t i = 0; i < SL_BUCKET_SLOTS; ++i)
        if (buckets_[bucket].slot[i] == 0) return i;
    return std::nullopt;
}

std::optional<BucketTable::Slot> BucketTable::free_slot(uint64_t hash) const {
    for (const uint32_t bucket : buckets_of(hash))
        if (const auto index = free_index(bucket)) return slot_at(bucket, *index, hash);
    return std::nullopt;
}

std::optional<BucketTable::Slot> BucketTable::place(uint64_t hash) {
    if (const auto slot = free_slot(hash)) return slot;
    for (const uint32_t bucket : buckets_of(hash))
        if (move_one_out(bucket)) return slot_at(bucket, *free_index(bucket), hash);
    return std::nullopt;
}

bool BucketTable::move_one_out(uint32_t bucket) {
    for (uint32_t i = 0; i < SL_BUCKET_SLOTS; ++i) {
        const uint64_t name_hash = hash(name_of(static_cast<sl_ref>(buckets_[bucket].slot[i])));
        const Slot from = slot_at(bucket, i, name_hash);
        if (from.spilled) continue;
        const uint32_t second = sl_second_bucket(name_hash, mask());
        const auto index = free_index(second);
        if (!index) continue;
        const Slot to = slot_at(second, *index, name_hash);
        set(to, get(from));
        try {
            if (wait_for_readers_) wait_for_readers_();
        } catch (...) {
            clear(to);  // or the name would have two slots, and leave one of them
            throw;
        }
        clear(from);
        return true;
    }
    return false;
}

sl_ref BucketTable::get(const Slot& slot) const {
    return static_cast<sl_ref>(buckets_[slot.bucket].slot[slot.index]);
}

void BucketTable::set(const Slot& slot, sl_ref ref) {
    __u64& cell = buckets_[slot.bucket].slot[slot.index];
    // The program looks into the second bucket only where the first one says so: say so before the name is there.
    if (cell == 0 && slot.spilled) store(buckets_[slot.first_bucket].spilled, buckets_[slot.first_bucket].spilled + 1);
    store(cell, __u64{slot.tag} << 32 | ref);
}

void BucketTable::clear(const Slot& slot) {
    store(buckets_[slot.bucket].slot[slot.index], __u64{0});
    if (slot.spilled) store(buckets_[slot.first_bucket].spilled, buckets_[slot.first_bucket].spilled - 1);
}

}  // namespace splitline
