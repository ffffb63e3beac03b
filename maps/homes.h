/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Homes: where the arena has many names' records, each best lies where its name's hash says, in pages set aside for
 * that. Then the program can begin to read it before it has read where it is. Only a guess: records whose home was
 * taken lie nearby or elsewhere, and nothing but time depends on it, nor on what the seeds are.
 *
 * The hash's high half tells the block, which is as large as the unit that the processor translates addresses by, and
 * the name's group, one of some that share the block. Its low half and the group's seed tell the place in the block:
 * the daemon chooses the seed with which most of the group's names have places of their own. All seeds lie together,
 * one byte a group, so that they stay in the caches.
 */
#ifndef SPLITLINE_MAPS_HOMES_H
#define SPLITLINE_MAPS_HOMES_H

#include "maps/arena.h"

struct sl_homes {
    __u32 page;        /* the first home page */
    __u32 pages;       /* how many there are; 0 = there are no homes */
    __u32 seed_page;   /* the first of those with the seeds */
    __u16 units;       /* of a place: about as many as records have on average */
    __u8 places;       /* in a block */
    __u8 groups_shift; /* groups of a block, their binary logarithm */
};
SL_ASSERT(sizeof(struct sl_homes) == 16);

#define SL_HOME_BLOCK_UNITS 64
SL_ASSERT(SL_HOME_BLOCK_UNITS* SL_UNIT == 4096);
/* Blocks of a page. The last one reaches into the reserve, so that there are no places in it. */
#define SL_HOME_PAGE_BLOCKS (SL_UNITS_PER_PAGE / SL_HOME_BLOCK_UNITS)
SL_ASSERT(SL_OBJECT_END / SL_UNIT / SL_HOME_BLOCK_UNITS == SL_HOME_PAGE_BLOCKS - 1);

/* Groups of a page, the last block's among them. */
SL_INLINE __u32 sl_home_page_groups(const struct sl_homes* homes) { return SL_HOME_PAGE_BLOCKS << homes->groups_shift; }

/* The hash's group, counted from the first block's first one. */
SL_INLINE __u32 sl_home_group(const struct sl_homes* homes, __u64 hash) {
    __u64 scaled = (hash >> 32) * homes->pages, groups = (SL_HOME_PAGE_BLOCKS - 1) << homes->groups_shift;

    return (scaled >> 32) * sl_home_page_groups(homes) + ((scaled & 0xffffffff) * groups >> 32);
}

/* The hash's place in its block, less than `places`. Another seed is another multiplier of the low half. */
SL_INLINE __u32 sl_home_place(__u64 hash, __u8 seed, __u32 places) {
    __u32 mixed = hash * (0x9e3779b1U + seed * 0x85ebca6aU);

    return mixed * (0ULL + places) >> 32;
}

/* Where a name's record best lies: `group` is its hash's, `seed` that group's. */
SL_INLINE sl_ref sl_home(const struct sl_homes* homes, __u64 hash, __u32 group, __u8 seed) {
    __u32 block = group >> homes->groups_shift, place = sl_home_place(hash, seed, homes->places);

    return homes->page * SL_UNITS_PER_PAGE + block * SL_HOME_BLOCK_UNITS + place * homes->units;
}

#endif
