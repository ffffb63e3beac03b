/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the benchmarks' BPF programs and those who prepare their queries agree on: prepared queries, which of them is
 * next, and the bytes with which the floor program answers.
 */
#ifndef SPLITLINE_BENCH_QUERIES_H
#define SPLITLINE_BENCH_QUERIES_H

#include "maps/schema.h"

#define BENCH_FRAME_MAX 176
#define BENCH_ANSWER_MAX 1024

/* One query frame, three cache lines. */
struct bench_query {
    __u16 length;        /* of the frame */
    __u16 question_end;  /* offset behind the question */
    __u16 answer_length; /* bytes that the real answer has behind the question */
    __u16 pad;
    __u32 bucket; /* of the name in map "buckets"; 0 if it is not in the table */
    __u32 record; /* sl_ref of its record */
    __u8 frame[BENCH_FRAME_MAX];
};
SL_ASSERT(sizeof(struct bench_query) == 192);

/* map "state": one cell; written by the wrapper on the one CPU that runs it. */
struct bench_state {
    __u32 next; /* number of the query in work, counted up by every run */
    __u32 mask; /* prepared queries - 1 */
};

/* map "answer": one cell. */
struct bench_answer {
    __u32 sum; /* RFC 1071 sum of all bytes, not folded; they are zero behind what is needed */
    __u8 bytes[BENCH_ANSWER_MAX];
};

/* Slots of map "targets". */
#define BENCH_NOTHING 0
#define BENCH_FLOOR 1
#define BENCH_RESPONDER 2
#define BENCH_IDEAL 3
#define BENCH_MEMORY 4
#define BENCH_TARGETS 5

#ifdef __bpf__
#include <linux/bpf.h>
/* (bpf_helpers.h needs the types of linux/bpf.h) */
#include <bpf/bpf_helpers.h>

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct bench_query);
} queries SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct bench_state);
} state SEC(".maps");

SL_INLINE int write_word(struct xdp_md* ctx, const struct bench_query* query, __u32 at) {
    __u64* word;

    asm volatile("" : "+r"(at)); /* or clang checks another register than it adds */
    if (at > BENCH_FRAME_MAX - sizeof(*word)) return -1;
    word = (void*)(long)ctx->data + at;
    if ((void*)(word + 1) > (void*)(long)ctx->data_end) return -1;
    *word = *(const __u64*)(query->frame + at);
    return 0;
}

/*
 * Makes the frame the query; 0, or an error that never is one as long as the queries are well made. By words: what
 * `rep movsb` of bpf_xdp_store_bytes() has written, some processors cannot read again for 50 ns, and no packet comes
 * that way. The last word goes first: the others may overlap it, so that no bytes are left over.
 */
SL_INLINE int write_query(struct xdp_md* ctx, const struct bench_query* query) {
    __u32 length = query->length;

    if (length < 8 || length > BENCH_FRAME_MAX) return -1;
    if (bpf_xdp_adjust_tail(ctx, (int)length - (int)bpf_xdp_get_buff_len(ctx))) return -1;
    if (write_word(ctx, query, length - 8)) return -1;
    for (__u32 at = 0; at < BENCH_FRAME_MAX && at + 8 <= length; at += 8)
        if (write_word(ctx, query, at)) return -1;
    return 0;
}

/* The query in work. */
SL_INLINE const struct bench_query* current_query(const struct bench_state* now) {
    __u32 index = now->next & now->mask;

    return bpf_map_lookup_elem(&queries, &index);
}
#endif

#endif
