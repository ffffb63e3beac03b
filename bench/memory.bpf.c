/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The memory floor: what no program can do without that finds answers in the responder's maps. It reads the name's
 * bucket and the first two lines of its record, at once; it does nothing else. Where they are is prepared: nothing is
 * parsed, hashed, guessed or compared.
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
    const volatile __u64 *bucket, *record;

    (void)ctx;
    if (!now) return XDP_ABORTED;
    query = current_query(now);
    if (!query) return XDP_ABORTED;
    index = query->bucket;
    page = sl_ref_page(query->record);
    at = sl_ref_offset(query->record);
    bucket = bpf_map_lookup_elem(&buckets, &index);
    record = bpf_map_lookup_elem(&arena, &page);
    if (!bucket || !record || at > SL_OBJECT_END) return XDP_ABORTED;
    record = (const volatile void*)record + at;
    now->next += nothing_of(bucket[0]) + nothing_of(record[0]) + nothing_of(record[SL_UNIT / 8]);
    return XDP_TX;
}
