/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a reply by the bare program (wire_floor.bpf.c) has behind its question: bytes of no meaning, as many as the real
 * answer has, and their sum. bench_baseline makes them when it loads the program.
 */
#ifndef SPLITLINE_BENCH_WIRE_FLOOR_H
#define SPLITLINE_BENCH_WIRE_FLOOR_H

#include "maps/schema.h"

/* They are copied 16 at first, then 32 at a time. */
#define FLOOR_FIRST 16
#define FLOOR_BLOCK 32
#define FLOOR_TAIL_MAX 128

struct floor_tail {
    __u32 length; /* FLOOR_FIRST, or FLOOR_BLOCK to FLOOR_TAIL_MAX */
    __u32 sum;    /* of 16-bit words in memory order, not folded */
    __u8 bytes[FLOOR_TAIL_MAX];
};

/* Which of the two a query is answered with. */
#define FLOOR_POSITIVE 0
#define FLOOR_NEGATIVE 1
#define FLOOR_TAILS 2

#endif
