/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Maps of the ideal geo program (ideal_geo.bpf.c) and the hash of its keys, which both sides compute.
 */
#ifndef SPLITLINE_BENCH_IDEAL_GEO_H
#define SPLITLINE_BENCH_IDEAL_GEO_H

#include "maps/name_table.h"

#define IDEAL_VARIANTS 3
#define IDEAL_BODY 32 /* bytes every answer adds */

/* map "names": HASH; key struct ideal_key, value struct ideal_name. */
struct ideal_key {
    __u64 hash[2];
};
struct ideal_name {
    __u8 body[IDEAL_VARIANTS][IDEAL_BODY];
    __u32 sum[IDEAL_VARIANTS]; /* RFC 1071 sum of each body at an even offset, not folded */
    __u32 pad;
};

/* map "by_16": ARRAY; key an address's first two bytes, value IDEAL_NODE + number of 256 cells of "by_24", or a
 * variant. map "by_24": ARRAY; key number * 256 + third byte, value a variant. */
#define IDEAL_NODE 0x100U

SL_INLINE struct ideal_key ideal_start(void) {
    struct ideal_key key = {{0x243f6a8885a308d3ULL, 0x13198a2e03707344ULL}};
    return key;
}

SL_INLINE void ideal_word(struct ideal_key* key, __u64 word) {
    __u64 folded = sl_fold_word(word);

    key->hash[0] = (key->hash[0] ^ folded) * 0x9fb21c651e98df25ULL;
    key->hash[0] ^= key->hash[0] >> 32;
    key->hash[1] = (key->hash[1] + folded) * 0xd6e8feb86659fd93ULL;
    key->hash[1] ^= key->hash[1] >> 29;
}

#endif
