/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The memory floor: what no program can do without that finds answers in the responder's maps. It reads the bucket of
 * the name in work, from it where the name's record is, and the record's first two lines; it does nothing else. Where
 * bucket and slot are is prepared: nothing is parsed, hashed or compared.
 *
 * The next query is known only when these reads have come. Without that the processor would have several names' reads
 * under way at once, as it never has in a program that answers: that is longer than it looks ahead.
 */
#include "bench/queries.h"
#include "bpf/maps.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* 0, known when the value is. */
SL_INLINE __u64 nothing_of(__u64 value) {
    asm volatile("%0 &= 0" : "+r"(value));
    return value;
}

SEC("xdp")
int read_memory(struct xdp_md* ctx) {
    __u32 zero = 0, index, page, at;
    struct bench_state* now = bpf_map_lookup_elem(&state, &zero);
    const struct bench_query* query;
    const struct sl_bucket* bucket;
    const volatile __u64* record;
    sl_ref ref;

    (void)ctx;
    if (!now) return XDP_ABORTED;
    query = current_query(now);
    if (!query || query->slot >= SL_BUCKET_SLOTS) return XDP_ABORTED;
    index = query->bucket;
    bucket = bpf_map_lookup_elem(&buckets, &index);
    if (!bucket) return XDP_ABORTED;
    ref = bucket->slot[query->slot & 7];
    page = sl_ref_page(ref);
    at = sl_ref_offset(ref);
    record = bpf_map_lookup_elem(&arena, &page);
    if (!record || at > SL_OBJECT_END) return XDP_ABORTED;
    record = (const volatile void*)record + at;
    now->next += nothing_of(record[0]) + nothing_of(record[SL_UNIT / 8]);
    return XDP_TX;
}
