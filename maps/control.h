/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is served now.
 *
 * map "control": ARRAY, MMAPABLE; key __u32 0; value struct sl_control. Written by the daemon (word, epoch) and by the
 * expiry timer of the kernel side (stale); read once a packet.
 *
 * A commit writes new objects into the arena, fills the epoch slot that is not in use, and then stores word with one
 * 64-bit store; so does the daemon when it begins to leave names out of the table, with the generation as it is. A
 * packet reads word once and from then on sees that generation only. The slot it names stays untouched until the next
 * commit but one, which first lets an RCU grace period pass.
 */
#ifndef SPLITLINE_MAPS_CONTROL_H
#define SPLITLINE_MAPS_CONTROL_H

#include "maps/homes.h"

/* Where one generation's tables are. */
struct sl_epoch {
    __u32 class_page;   /* first page of the class table (class_table.h) */
    __u32 profile_page; /* first page of the profile table: __u16 variant[profile][class] */
    __u32 class_count;  /* cells in one profile's row */
    __u32 profile_count;
    __u32 filter_page;  /* first page of the name filter (name_filter.h) */
    __u32 filter_words; /* its size; 0 = there is none, the table holds every name */
    struct sl_homes homes;
};

struct sl_control {
    __u64 word; /* generation << 1 | epoch slot; 0 = nothing is served, every packet passes */
    struct sl_epoch epoch[2];
    __u32 stale; /* not 0: the daemon has been silent for longer than configured; every packet passes */
    __u32 pad;
};
SL_ASSERT(sizeof(struct sl_epoch) == 40);
SL_ASSERT(sizeof(struct sl_control) == 96);
SL_ASSERT(offsetof(struct sl_control, stale) == 88); /* where bench/peers/resolver_xdp.sh writes it */

#define SL_GENERATION(word) ((word) >> 1)
#define SL_EPOCH_SLOT(word) ((word)&1)

#endif
