/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The name filter: tells names that may exist from names that do not, where the name table has no room for all of them.
 *
 * A Bloom filter of 64-bit words in a run of arena pages (control.h says where): a name sets four bits of one word, so
 * a look costs one cache line. It holds every name of the zones, those in the table too, so that a name may leave the
 * table at any time. Bits are only ever set while it is in use: names that are gone, and one in two hundred of those
 * that never were, go to the resolver, which knows.
 */
#ifndef SPLITLINE_MAPS_NAME_FILTER_H
#define SPLITLINE_MAPS_NAME_FILTER_H

#include "maps/arena.h"

/* Names a word is meant for. */
#define SL_FILTER_WORD_NAMES 4
#define SL_FILTER_PAGE_SHIFT (SL_PAGE_SHIFT - 3)
#define SL_FILTER_PAGE_WORDS (1U << SL_FILTER_PAGE_SHIFT)

/* Which of `words` words holds the name of that hash (name_table.h). */
SL_INLINE __u32 sl_filter_word(__u64 hash, __u32 words) { return ((hash >> 32) * words) >> 32; }

/* The name's bits in it. */
SL_INLINE __u64 sl_filter_bits(__u64 hash) {
    return 1ULL << (hash & 63) | 1ULL << (hash >> 6 & 63) | 1ULL << (hash >> 12 & 63) | 1ULL << (hash >> 18 & 63);
}

#endif
