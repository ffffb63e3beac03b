/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whether a name that is not in the table may exist all the same, because there was no room for it.
 */
#ifndef SPLITLINE_BPF_NAME_FILTER_H
#define SPLITLINE_BPF_NAME_FILTER_H

#include "bpf/maps.h"
#include "maps/name_filter.h"

SL_INLINE int may_be_left_out(const struct sl_epoch *epoch, __u64 hash)
{
    __u32 words = epoch->filter_words;
    __u64 bits = sl_filter_bits(hash);
    const __u64 *cells;
    __u32 word, page;

    if (!words) return 0;
    word = sl_filter_word(hash, words);
    page = epoch->filter_page + (word >> SL_FILTER_PAGE_SHIFT);
    cells = bpf_map_lookup_elem(&arena, &page);
    return !cells || (cells[word & (SL_FILTER_PAGE_WORDS - 1)] & bits) == bits;
}

#endif
