/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The responder's C, compiled for the host: what the C++ side fills and calls. One program a process, one thread.
 */
#ifndef SPLITLINE_TESTS_NATIVE_PROGRAM_H
#define SPLITLINE_TESTS_NATIVE_PROGRAM_H

#include <linux/bpf.h>

#include "maps/config.h"
#include "maps/control.h"
#include "maps/counters.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The memory behind the program's maps. */
struct native_maps {
    void *control, *buckets, *zones, *arena;
    __u32 bucket_count, zone_count, page_count;
    __u64 reasons[SL_REASON_COUNT];
    __u64 lines[256];
    const struct sl_ecs_sender* senders;
    __u32 sender_count;
    __u64 bucket_looks; /* counted */
    __u8 running;       /* 0: what the program keeps from packet to packet is cleared before the first one */
};
extern struct native_maps native_maps;

/*
 * The packet lies with its last byte before an unreadable page, at the front of which it grows: slack says how many
 * bytes the helpers give at the tail and at the head.
 */
struct native_packet {
    __u8* guard; /* the first unreadable byte */
    __u32 tail_slack, head_slack;
};
extern struct native_packet native_packet;

/* Replaces the program's constants, which the loader sets before the verifier sees them. */
void native_set_config(const struct sl_config* value);
int native_respond(struct xdp_md* ctx);

#ifdef __cplusplus
}
#endif

#endif
