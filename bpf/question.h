/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stage 2: the question. The name is folded, hashed and summed eight bytes at a time without walking its labels (see
 * maps/name_table.h for why that is exact); type and class follow its first zero byte.
 */
#ifndef SPLITLINE_BPF_QUESTION_H
#define SPLITLINE_BPF_QUESTION_H

#include <bpf/bpf_endian.h>

#include "bpf/query.h"
#include "maps/dns.h"

#define NAME_WORDS ((SL_NAME_MAX + 1) / 8)
#define CLASS_IN 1

/* Up to seven bytes at p, zero behind the packet's end. */
SL_INLINE __u64 load_tail(const __u8 *p, const void *end)
{
    __u64 word = 0;
    __u32 shift = 0;

    if ((void *)p + 4 <= end) {
        word = *(const __u32 *)p;
        shift = 32;
        p += 4;
    }
    if ((void *)p + 2 <= end) {
        word |= (__u64) * (const __u16 *)p << shift;
        shift += 16;
        p += 2;
    }
    if ((void *)p + 1 <= end) word |= (__u64)*p << shift;
    return word;
}

/* The name ends in `word`, its eight bytes from `offset` on; `zeros` marks its first zero byte, and more. */
SL_INLINE int end_name(struct query *q, __u64 *folded, __u64 hash, __u64 sum, __u32 offset, __u64 word, __u64 zeros)
{
    __u64 before = (sl_first_mark(zeros) >> 7) - 1; /* 0xff for every byte before the zero */
    __u32 count = ((before & 0x0101010101010101ULL) * 0x0101010101010101ULL) >> 56;

    word &= before;
    *folded = sl_fold_word(word);
    q->hash = sl_hash_finish(sl_hash_word(hash, *folded));
    q->question_sum = add_word(sum, word);
    q->name_length = offset + count + 1;
    return GO_ON;
}

/* Sets hash, question_sum, name_length, and the bytes of `folded`. */
__attribute__((noinline)) int scan_name(struct xdp_md *ctx, struct query *q, struct folded_name *folded)
{
    const void *end = (void *)(long)ctx->data_end;
    const __u8 *at;
    __u64 hash = config.hash_seed;
    __u64 sum = 0;
    __u64 *to;

    if (!q || !folded || q->dns > DNS_OFFSET_MAX) return SL_REASON_BUG;
    at = (void *)(long)ctx->data + q->dns + DNS_HEADER_SIZE;
    to = (__u64 *)folded->bytes;
    for (__u32 i = 0; i < NAME_WORDS; i++) {
        __u64 word, zeros;

        if ((void *)at + 8 > end) { /* the packet's last bytes: the name ends here or not at all */
            word = load_tail(at, end);
            return end_name(q, to, hash, sum, i * 8, word, sl_zero_bytes(word));
        }
        word = *(const __u64 *)at;
        zeros = sl_zero_bytes(word);
        opaque(zeros); /* or clang does for every word what is to be done for the last */
        if (zeros) return end_name(q, to, hash, sum, i * 8, word, zeros);
        *to = sl_fold_word(word);
        hash = sl_hash_word(hash, *to);
        sum = add_word(sum, word);
        at += 8;
        to++;
        opaque(at); /* or clang counts in a third variable and adds it to both each time */
        opaque(to);
    }
    return SL_REASON_NAME;
}

/* Type and class behind the name; completes question_sum, sets qtype. */
SL_INLINE int check_question(struct xdp_md *ctx, struct query *q)
{
    __u32 length = q->name_length;
    __be16 *fields;
    __u64 raw;
    __u16 type;

    if (length < 1 || length > SL_NAME_MAX || q->dns > DNS_OFFSET_MAX) return SL_REASON_NAME;
    if (q->dns + DNS_HEADER_SIZE + length + 4 > q->end) return SL_REASON_NAME;
    fields = packet_at(ctx, q->dns + DNS_HEADER_SIZE + length, 4);
    if (!fields) return SL_REASON_NAME;
    if (fields[1] != bpf_htons(CLASS_IN)) return SL_REASON_CLASS;
    type = bpf_ntohs(fields[0]);
    if (sl_is_passed_type(type)) return SL_REASON_QTYPE;
    q->qtype = fields[0];
    raw = (__u64)fields[1] << 16 | fields[0];
    /* Behind a name of odd length these bytes lie at an odd offset: there every byte counts as its word's other half.
     */
    q->question_sum += raw << (8 * (length & 1));
    return GO_ON;
}

#endif
