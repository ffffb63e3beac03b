/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Puts the next prepared query into the frame and hands it to the program under measurement by a tail call.
 * BPF_PROG_TEST_RUN with repeat runs on one frame, which the run before has turned into an answer; here every run finds
 * another query, as on a wire. What this program itself costs is measured with the target that does nothing.
 */
#include "bench/targets.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

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

ENTRY(to_nothing, BENCH_NOTHING)
ENTRY(to_floor, BENCH_FLOOR)
ENTRY(to_responder, BENCH_RESPONDER)
ENTRY(to_ideal, BENCH_IDEAL)
ENTRY(to_memory, BENCH_MEMORY)
