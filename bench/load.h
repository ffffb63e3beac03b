/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The world of the load test (peers.sh), and what its generator in the kernel (load.bpf.c) and the program that runs it
 * (load.cpp) agree on.
 *
 * A client's line follows from its address and an answer's address from name and line, so that whoever sees an answer
 * can tell whether it is the right one. A query's id follows from its name and client: an answer that was mixed up with
 * another's betrays itself too.
 */
#ifndef SPLITLINE_BENCH_LOAD_H
#define SPLITLINE_BENCH_LOAD_H

#include "maps/schema.h"

/* Clients are in 16.0.0.0/4; those with the line bit are on line `internal`: every other /20, 32768 of them. */
#define LOAD_CLIENTS 0x10000000U
#define LOAD_CLIENTS_MASK 0xf0000000U
#define LOAD_LINE_BIT 0x1000U
#define LOAD_LINE_LENGTH 20

/* A question of the load: www-shopNNNNNNN.bench.example. A. */
struct load_question {
    __u8 head[9];
    __u8 digits[7];
    __u8 tail[19]; /* up to type and class */
};
SL_ASSERT(sizeof(struct load_question) == 35);
#define LOAD_HEAD "\017www-shop"
#define LOAD_TAIL "\005bench\007example\0\0\001\0\001"

/* An answer's one record. */
struct load_record {
    __u8 head[6]; /* a pointer to the question's name, type A, class IN */
    __u8 ttl[4];
    __u8 length[2];
    __u8 address[4];
};
SL_ASSERT(sizeof(struct load_record) == 16);
#define LOAD_RECORD_HEAD "\300\014\0\001\0\001"
#define LOAD_RECORD_LENGTH "\0\004"

/* As many addresses are there on a line; names share them, as they share the hosts of a CDN. */
#define LOAD_ADDRESSES 1000

/* The address of name `number` on a line, host byte order. */
SL_INLINE __u32 load_address(__u32 number, int internal) {
    return (internal ? 11U : 10U) << 24 | number % LOAD_ADDRESSES;
}

SL_INLINE __u32 load_is_internal(__u32 client) {
    return client & LOAD_LINE_BIT;
}

SL_INLINE __u16 load_id(__u32 number, __u32 client) {
    __u64 both = number;

    both = (both << 32 | client) * 0x9fb21c651e98df25ULL;
    return both >> 48;
}

/* What is expected of an answer. */
enum load_expect {
    LOAD_EXPECT_GEO,  /* the address of the client's line */
    LOAD_EXPECT_FLAT, /* the address of line `default`, whoever asks: the server knows no lines */
    LOAD_EXPECT_ECHO, /* the query itself: a reflector */
};

/* What an answer turned out to be. */
enum load_verdict {
    LOAD_RIGHT,
    LOAD_WRONG_HEADER,   /* not a positive authoritative answer of one record */
    LOAD_WRONG_QUESTION, /* not one of ours */
    LOAD_WRONG_ID,       /* of another name or client */
    LOAD_WRONG_RECORD,
    LOAD_WRONG_LINE, /* the address that the name has on the other line */
    LOAD_VERDICTS,
};

struct load_settings {
    __u64 interval; /* nanoseconds between queries; 0: as fast as the window lets */
    __u32 device;   /* interface index of the veth's end to send into */
    __u32 expect;   /* enum load_expect */
    __u32 window;   /* most queries under way */
    __u32 timed;    /* measure latencies */
};

/* Latencies: 32 cells for each power of two nanoseconds. */
#define LOAD_LATENCY_BITS 5
#define LOAD_LATENCY_CELLS (40 << LOAD_LATENCY_BITS)

/* Each member is written by one program on one CPU only. */
struct load_results {
    __u64 sent;
    __u64 lost; /* given up */
    __u64 received;
    __u64 verdicts[LOAD_VERDICTS];
    __u64 latency[LOAD_LATENCY_CELLS];
};

#endif
