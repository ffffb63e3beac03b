/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stage 4: from the hashed name to the record that answers for this packet's generation, confirmed byte by byte.
 */
#ifndef SPLITLINE_BPF_NAME_LOOKUP_H
#define SPLITLINE_BPF_NAME_LOOKUP_H

#include "bpf/query.h"
#include "bpf/question.h"

/* An object of the arena, its page looked up once for all reads of it. */
struct object {
    __u8 *page; /* 0 if there is none */
    __u32 at;   /* offset in it */
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
    __u32 at = o.at + offset;

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

/* Whether the folded name stored there, of the query's length, is the query's. */
SL_INLINE int same_name(struct xdp_md *ctx, const struct query *q, const __u64 *stored)
{
    const void *end = (void *)(long)ctx->data_end;
    const __u8 *name;
    __u32 length = q->name_length;

    if (q->dns > DNS_OFFSET_MAX) return 0;
    name = (void *)(long)ctx->data + q->dns + DNS_HEADER_SIZE;
    for (__u32 i = 0; i < NAME_WORDS; i++) {
        __u32 left = length - i * 8;

        if (left == 0) return 1; /* what follows in the record is no longer name */
        if (left < 8) {
            /* Only the name's own bytes count; the record is zero behind them. */
            __u64 word = load_word(name + i * 8, end) & ((1ULL << (8 * left)) - 1);

            return sl_fold_word(word) == stored[i];
        }
        if ((void *)(name + i * 8) + 8 > end) return 0;
        if (sl_fold_word(*(const __u64 *)(name + i * 8)) != stored[i]) return 0;
    }
    return 0;
}

/* Whether `ref` holds the query's name in its version of `generation`; sets q->record. A stage of its own, as it is
 * long. */
__attribute__((noinline)) int confirm_name(struct xdp_md *ctx, struct query *q, sl_ref ref, __u64 generation)
{
    struct object o = open_object(ref);
    const struct sl_name_record *record = part_of(o, 0);
    const __u64 *name;

    if (!q) return SL_REASON_BUG;
    if (record && record->begin > generation) { /* rarely: a commit is under way, or has just been */
        ref = version_for(record->prev, generation);
        if (ref == TOO_OLD) return SL_REASON_CHANGING;
        o = open_object(ref);
        record = part_of(o, 0);
    }
    if (!ref || !record || !record->variant_count || record->name_length != q->name_length) return SL_REASON_UNKNOWN;
    name = part_of(o, sl_name_offset(record->variant_count));
    if (!name || !same_name(ctx, q, name)) return SL_REASON_UNKNOWN;
    q->record = ref;
    return GO_ON;
}

/* Has the name's first bucket on its way; what is still to be parsed of the packet hides the wait. */
SL_INLINE void touch_bucket(const struct query *q)
{
    __u32 index = sl_first_bucket(q->hash, config.bucket_mask);
    const struct sl_bucket *bucket = bpf_map_lookup_elem(&buckets, &index);

    if (bucket) touch(bucket);
}

/* Looks through one bucket; sets q->record. */
SL_INLINE int search_bucket(struct xdp_md *ctx, struct query *q, const struct sl_bucket *bucket, __u64 generation)
{
    __u32 tag = sl_hash_tag(q->hash);

    for (int i = 0; i < SL_BUCKET_SLOTS; i++) {
        __u64 slot = *(volatile const __u64 *)&bucket->slot[i];
        int reason;

        if (slot >> 32 != tag) continue;
        reason = confirm_name(ctx, q, (__u32)slot, generation);
        if (reason != SL_REASON_UNKNOWN) return reason;
    }
    return SL_REASON_UNKNOWN;
}

__attribute__((noinline)) int find_name(struct xdp_md *ctx, struct query *q, __u64 generation)
{
    const struct sl_bucket *bucket;
    __u32 index;
    int reason;

    if (!q) return SL_REASON_BUG;
    index = sl_first_bucket(q->hash, config.bucket_mask);
    bucket = bpf_map_lookup_elem(&buckets, &index);
    if (!bucket) return SL_REASON_BUG;
    reason = search_bucket(ctx, q, bucket, generation);
    if (reason != SL_REASON_UNKNOWN || !bucket->spilled) return reason;
    index = sl_second_bucket(q->hash, config.bucket_mask);
    bucket = bpf_map_lookup_elem(&buckets, &index);
    if (!bucket) return SL_REASON_BUG;
    return search_bucket(ctx, q, bucket, generation);
}

#endif
