/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Puts the next prepared query into the frame and hands it to the program under measurement by a tail call.
 * BPF_PROG_TEST_RUN with repeat runs on one frame, which the run before has turned into an answer; here every run finds
 * another query, as on a wire. What this program itself costs is measured with the target that does nothing.
 */
#include "bench/queries.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, BENCH_TARGETS);
    __type(key, __u32);
    __type(value, __u32);
} targets SEC(".maps");

SL_INLINE int run_target(struct xdp_md* ctx, __u32 target) {
    __u32 zero = 0;
    struct bench_state* now = bpf_map_lookup_elem(&state, &zero);
    const struct bench_query* query;

    if (!now) return XDP_ABORTED;
    now->next++;
    query = current_query(now);
    if (!query || write_query(ctx, query)) return XDP_ABORTED;
    bpf_tail_call(ctx, &targets, target);
    return XDP_ABORTED;
}

SEC("xdp")
int to_nothing(struct xdp_md* ctx) {
    return run_target(ctx, BENCH_NOTHING);
}

SEC("xdp")
int to_floor(struct xdp_md* ctx) {
    return run_target(ctx, BENCH_FLOOR);
}

SEC("xdp")
int to_responder(struct xdp_md* ctx) {
    return run_target(ctx, BENCH_RESPONDER);
}

SEC("xdp")
int to_ideal(struct xdp_md* ctx) {
    return run_target(ctx, BENCH_IDEAL);
}

SEC("xdp")
int to_memory(struct xdp_md* ctx) {
    return run_target(ctx, BENCH_MEMORY);
}

SEC("xdp")
int nothing(struct xdp_md* ctx) {
    (void)ctx;
    return XDP_TX;
}
