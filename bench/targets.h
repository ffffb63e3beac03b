/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs that the wrappers enter by tail call, once the next query is in the frame. A wrapper defines
 * run_target() and one entry a target.
 */
#ifndef SPLITLINE_BENCH_TARGETS_H
#define SPLITLINE_BENCH_TARGETS_H

#include "bench/queries.h"

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, BENCH_TARGETS);
    __type(key, __u32);
    __type(value, __u32);
} targets SEC(".maps");

/* An entry that does nothing but enter its target. */
#define ENTRY(function, target)                   \
    SEC("xdp") int function(struct xdp_md* ctx) { \
        return run_target(ctx, target);           \
    }

/* The target that measures the wrapper alone. */
SEC("xdp")
int nothing(struct xdp_md* ctx) {
    (void)ctx;
    return XDP_TX;
}

#endif
