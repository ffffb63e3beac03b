/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * random_query.bpf.c for all CPUs at once: each has its own place in the prepared queries, so that the wrapper writes
 * nothing that CPUs share either. `to_shared` raises one counter for all before it enters the responder: what the least
 * of shared writes would cost.
 */
#include "bench/targets.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} next SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} shared SEC(".maps");

/* Between the places at which two CPUs start. */
#define CPU_STRIDE 40503

SL_INLINE int run_target(struct xdp_md* ctx, __u32 target) {
    __u32 zero = 0, index;
    const struct bench_state* now = bpf_map_lookup_elem(&state, &zero);
    __u64* place = bpf_map_lookup_elem(&next, &zero);
    const struct bench_query* query;

    if (!now || !place) return XDP_ABORTED;
    index = (++*place + bpf_get_smp_processor_id() * CPU_STRIDE) & now->mask;
    query = bpf_map_lookup_elem(&queries, &index);
    if (!query || write_query(ctx, query)) return XDP_ABORTED;
    bpf_tail_call(ctx, &targets, target);
    return XDP_ABORTED;
}

ENTRY(to_nothing, BENCH_NOTHING)
ENTRY(to_responder, BENCH_RESPONDER)
ENTRY(to_ideal, BENCH_IDEAL)

SEC("xdp")
int to_shared(struct xdp_md* ctx) {
    __u32 zero = 0;
    __u64* count = bpf_map_lookup_elem(&shared, &zero);

    if (count) __sync_fetch_and_add(count, 1);
    return run_target(ctx, BENCH_RESPONDER);
}
