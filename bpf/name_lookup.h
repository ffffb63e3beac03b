/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stages 4 and 5: from the hashed name to the record that answers for this packet's generation, confirmed byte by byte,
 * and the client's class meanwhile. The same search finds a suffix of it, for closest_encloser.h.
 */
#ifndef SPLITLINE_BPF_NAME_LOOKUP_H
#define SPLITLINE_BPF_NAME_LOOKUP_H

#include "bpf/client_class.h"
#include "bpf/question.h"

/* Most lines that are fetched of a record: as many as a name with two types on three lines has; with its name, and
 * mostly the first of its answers. */
#define RECORD_LINES 5
#define NAME_LINES 2

/* An object of the arena, its page looked up once for all reads of it. */
struct object {
    __u8 *page; /* 0 if there is none */
    __u64 at;   /* offset in it; in all bits of a register, or clang would clear the upper ones before each use */
};

SL_INLINE struct object open_object(sl_ref ref)
{
    __u32 page = sl_ref_page(ref);
    struct object o = {.page = bpf_map_lookup_elem(&arena, &page), .at = sl_ref_offset(ref)};

    return o;
}

/* A pointer from which SL_PAGE_RESERVE bytes can be read, to byte `offset` of the object; 0 if there can be none. */
SL_INLINE void *part_of(struct object o, __u32 offset)
{
    __u64 at = o.at + offset;

    if (!o.page || at > SL_OBJECT_END) return 0;
    opaque(at); /* or clang adds before it checks */
    return o.page + at;
}

SL_INLINE void *object_at(sl_ref ref, __u32 offset) { return part_of(open_object(ref), offset); }

/* Steps back to the version that serves `generation`; 0 if the name did not exist then, TOO_OLD (beyond any arena) if
 * too old. */
#define TOO_OLD 0xffffffffU
SL_INLINE sl_ref version_for(sl_ref ref, __u64 generation)
{
    for (int i = 0; i < SL_VERSIONS_MAX; i++) {
        /* Both record kinds start with begin and prev. */
        struct sl_zone_record *record = object_at(ref, 0);

        if (!ref || !record) return 0;
        if (record->begin <= generation) return ref;
        ref = record->prev;
    }
    return TOO_OLD;
}

/*
 * Opens what is at `ref`, in its version of `generation`: sets both, `ref` to 0 where it did not exist then. Its kind
 * is one that has versions.
 */
SL_INLINE int open_version(struct object *o, sl_ref *ref, __u64 generation)
{
    const struct sl_zone_record *record;

    *o = open_object(*ref);
    record = part_of(*o, 0);
    if (record && record->begin > generation) { /* rarely: a commit is under way, or has just been */
        *ref = version_for(record->prev, generation);
        if (*ref == TOO_OLD) return SL_REASON_CHANGING;
        *o = open_object(*ref);
    }
    return GO_ON;
}

/* Where the name of a record is stored, by words, zero behind it; 0 if the record is none. */
SL_INLINE const __u64 *stored_name(struct object o)
{
    const struct sl_name_record *record = part_of(o, 0);

    return record ? part_of(o, sl_name_offset(record->variant_count)) : 0;
}

/*
 * The record of a name of `length` bytes at `ref`, in its version of `generation`: sets all three, or says why there is
 * none. The name, at `stored`, is still to be compared.
 */
SL_INLINE int open_record(struct object *o, sl_ref *ref, const __u64 **stored, __u64 generation, __u32 length)
{
    const struct sl_name_record *record;
    int reason = open_version(o, ref, generation);

    if (reason != GO_ON) return reason;
    if (!*ref) return NOT_FOUND;
    record = part_of(*o, 0);
    *stored = stored_name(*o);
    if (!record || !*stored) return SL_REASON_BUG; /* not NOT_FOUND: that would deny the name */
    return record->variant_count && record->name_length == length ? GO_ON : NOT_FOUND;
}

SL_INLINE __u64 word_of(const struct folded_name *name, __u32 at) { return load_word(&name->bytes[at & SL_NAME_MAX]); }

/* Whether the name is that of `length` bytes: words, as its own zero behind it. */
SL_INLINE int is_name(const struct folded_name *name, __u32 length, const __u64 *words)
{
    const __u64 *asked = (const __u64 *)name->bytes;

    for (__u32 i = 0; i < NAME_WORDS; i++) {
        if (asked[i] != words[i]) return 0;
        if (i * 8 + 8 >= length) return 1;
    }
    return 0;
}

/* Whether the name ends, from byte `start` on, in a name of `length` bytes: words, zero behind it. */
SL_INLINE int ends_in(const struct folded_name *name, __u32 start, __u32 length, const __u64 *words)
{
    for (__u32 i = 0; i < NAME_WORDS; i++) {
        __u64 word = word_of(name, start + i * 8);
        __u32 left = length - i * 8;

        if (left <= 8) return first_bytes(word, left) == words[i];
        if (word != words[i]) return 0;
    }
    return 0;
}

SL_INLINE __u64 hash_suffix(const struct folded_name *name, __u32 start, __u32 length)
{
    __u64 hash = config.hash_seed;

    for (__u32 i = 0; i < NAME_WORDS; i++) {
        __u64 word = word_of(name, start + i * 8);
        __u32 left = length - i * 8;

        if (left <= 8) return sl_hash_finish(sl_hash_word(hash, first_bytes(word, left)));
        hash = sl_hash_word(hash, word);
    }
    return 0;
}

/* Whether `ref` holds the query's name, in its version of `generation`; sets q->record, and `record` to the same. */
SL_INLINE int confirm_whole(struct query *q, const struct folded_name *name, sl_ref ref, __u64 generation,
                            struct object *record)
{
    const __u64 *stored;
    struct object o;
    int reason = open_record(&o, &ref, &stored, generation, q->name_length);

    if (reason != GO_ON) return reason;
    if (!is_name(name, q->name_length, stored)) return NOT_FOUND;
    q->record = ref;
    *record = o;
    return GO_ON;
}

/* The same for what the query's name has from byte `start` on. */
__attribute__((noinline)) int confirm_name(struct query *q, const struct folded_name *name, __u32 start, sl_ref ref,
                                           __u64 generation)
{
    const __u64 *stored;
    struct object o;
    __u32 length;
    int reason;

    if (!q || !name) return SL_REASON_BUG;
    length = q->name_length - start;
    reason = open_record(&o, &ref, &stored, generation, length);
    if (reason != GO_ON) return reason;
    if (!ends_in(name, start, length, stored)) return NOT_FOUND;
    q->record = ref;
    return GO_ON;
}

/*
 * Has the lines on their way where the name's record most likely lies (maps/homes.h), as many as records have, but
 * no more than `lines`. Which of them the answer is in only the first one tells: waiting for it would be waiting for
 * memory once more.
 */
SL_INLINE void touch_home(__u64 hash, const struct sl_homes *homes, __u32 lines)
{
    __u32 group, page, units = homes->units;
    const __u8 *seeds, *home;

    if (!homes->pages) return;
    group = sl_home_group(homes, hash);
    page = homes->seed_page + (group >> SL_PAGE_SHIFT);
    seeds = bpf_map_lookup_elem(&arena, &page);
    if (!seeds) return;
    home = object_at(sl_home(homes, hash, group, seeds[group & (SL_PAGE_SIZE - 1)]), 0);
    if (!home) return;
#pragma unroll
    for (__u32 i = 0; i < RECORD_LINES; i++)
        if (i < lines && i < units) touch(home + i * SL_UNIT);
}

/*
 * Has on its way what is read of a name that exists: its first bucket, and its home. What is still to be parsed of the
 * packet hides the wait. In a flood of names that do not exist homes would be fetched in vain: behind one of them on
 * this CPU the next one's is not.
 */
SL_INLINE const struct sl_bucket *touch_name(const struct query *q, const struct folded_name *name,
                                             const struct sl_homes *homes)
{
    __u32 index = sl_first_bucket(q->hash, config.bucket_mask);
    const struct sl_bucket *bucket = bpf_map_lookup_elem(&buckets, &index);

    if (bucket) touch(bucket);
    if (!name->absent) touch_home(q->hash, homes, RECORD_LINES);
    return bucket;
}

/* 256 for each of the bucket's slots that has the tag, and its offset in the bucket. */
SL_INLINE __u32 match_slots(const struct sl_bucket *bucket, __u32 tag)
{
    __u32 found = 0;

    /* Without branches: which slot it is nobody can foresee, and the processor would start again for most names. */
#pragma unroll
    for (__u32 i = 0; i < SL_BUCKET_SLOTS; i++) {
        __u64 other = *((const volatile __u32 *)&bucket->slot[i] + 1) ^ tag;

        opaque(other);                              /* or clang may make a branch of it */
        found += (other - 1) >> 32 & (256 + 8 * i); /* all ones where it was 0 */
    }
    return found;
}

/* Tries the slots of that tag in turn. */
SL_INLINE int try_slots(struct query *q, const struct folded_name *name, __u32 start, __u32 tag,
                        const struct sl_bucket *bucket, __u64 generation)
{
    for (int i = 0; i < SL_BUCKET_SLOTS; i++) {
        __u64 slot = *(volatile const __u64 *)&bucket->slot[i];
        int reason;

        if (slot >> 32 != tag) continue;
        reason = confirm_name(q, name, start, (__u32)slot, generation);
        if (reason != NOT_FOUND) return reason;
    }
    return NOT_FOUND;
}

/* Read behind the slots: a name that moves is in its second bucket before it leaves its first. */
SL_INLINE int has_spilled(const struct sl_bucket *first) { return *(volatile const __u32 *)&first->spilled != 0; }

SL_INLINE int search_second(struct query *q, const struct folded_name *name, __u32 start, __u64 hash, __u64 generation)
{
    __u32 index = sl_second_bucket(hash, config.bucket_mask);
    const struct sl_bucket *bucket = bpf_map_lookup_elem(&buckets, &index);

    return bucket ? try_slots(q, name, start, sl_hash_tag(hash), bucket, generation) : SL_REASON_BUG;
}

/* The slot that match_slots() found, if it was one alone; 0 next to never: strangers of the same tag, or it has just
 * changed. */
SL_INLINE sl_ref single_slot(const struct sl_bucket *bucket, __u32 found, __u32 tag)
{
    __u64 slot = *(volatile const __u64 *)((const __u8 *)bucket + (found & 56));

    return found >> 8 == 1 && slot >> 32 == tag ? (__u32)slot : 0;
}

/*
 * Looks for the query's name, which is another one each time, and all of whose record will be needed; sets q->record,
 * and `record` to the same, if it is not found by a rarer search. `bucket` is its first. The client's class, which only
 * names that exist need, is looked up while their record is on its way.
 */
SL_INLINE int find_name(struct query *q, const struct folded_name *name, const struct sl_bucket *bucket,
                        const struct sl_epoch *epoch, __u64 generation, struct object *record)
{
    __u32 tag = sl_hash_tag(q->hash), found;
    int reason = NOT_FOUND;
    sl_ref ref;

    if (!bucket) return SL_REASON_BUG;
    found = match_slots(bucket, tag);
    if (found) {
        ref = single_slot(bucket, found, tag);
        find_class(q, epoch->class_page);
        reason = ref ? confirm_whole(q, name, ref, generation, record) : try_slots(q, name, 0, tag, bucket, generation);
    }
    if (reason != NOT_FOUND || !has_spilled(bucket)) return reason;
    find_class_late(q, epoch->class_page);
    return search_second(q, name, 0, q->hash, generation);
}

/*
 * Looks for the suffix of the query's name that starts there; sets q->record. `epoch` is given where it is expected to
 * be in the table: then its home is fetched too.
 */
__attribute__((noinline)) int find_suffix(struct query *q, const struct folded_name *name, __u32 start,
                                          const struct sl_epoch *epoch, __u64 generation)
{
    const struct sl_bucket *bucket;
    __u32 index, tag, found;
    int reason = NOT_FOUND;
    __u64 hash;
    sl_ref ref;

    if (!q || !name) return SL_REASON_BUG;
    hash = hash_suffix(name, start, q->name_length - start);
    index = sl_first_bucket(hash, config.bucket_mask);
    tag = sl_hash_tag(hash);
    bucket = bpf_map_lookup_elem(&buckets, &index);
    if (!bucket) return SL_REASON_BUG;
    if (epoch) touch_home(hash, &epoch->homes, NAME_LINES);
    found = match_slots(bucket, tag);
    if (found) {
        ref = single_slot(bucket, found, tag);
        reason =
            ref ? confirm_name(q, name, start, ref, generation) : try_slots(q, name, start, tag, bucket, generation);
    }
    if (reason != NOT_FOUND || !has_spilled(bucket)) return reason;
    return search_second(q, name, start, hash, generation);
}

#endif
