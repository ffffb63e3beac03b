/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How the fast path steps aside when the daemon falls silent, without a clock read per packet: every heartbeat of the
 * daemon re-arms a timer; if none comes in time the timer marks the image stale (maps/control.h), and packets pass.
 */
#ifndef SPLITLINE_BPF_EXPIRY_H
#define SPLITLINE_BPF_EXPIRY_H

#include "bpf/maps.h"

#define NANOSECONDS 1000000000ULL
#define MONOTONIC 1 /* CLOCK_MONOTONIC */

struct expiry {
    struct bpf_timer timer;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct expiry);
} expiry SEC(".maps");

/* Argument of the heartbeat program. */
struct heartbeat {
    __u32 seconds; /* until the image is stale; 0 = never */
    __u32 pad;
};

static int mark_stale(void *map __attribute__((unused)), __u32 *key __attribute__((unused)),
                      struct expiry *value __attribute__((unused)))
{
    __u32 zero = 0;
    struct sl_control *state = bpf_map_lookup_elem(&control, &zero);

    if (state) state->stale = 1;
    return 0;
}

SEC("syscall")
int heartbeat(struct heartbeat *beat)
{
    __u32 zero = 0;
    struct sl_control *state = bpf_map_lookup_elem(&control, &zero);
    struct expiry *value = bpf_map_lookup_elem(&expiry, &zero);

    if (!state || !value) return 1;
    bpf_timer_init(&value->timer, &expiry, MONOTONIC); /* fails but for the first time, which is right */
    bpf_timer_set_callback(&value->timer, mark_stale);
    if (beat->seconds)
        bpf_timer_start(&value->timer, beat->seconds * NANOSECONDS, 0);
    else
        bpf_timer_cancel(&value->timer);
    state->stale = 0;
    return 0;
}

#endif
