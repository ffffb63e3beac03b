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
#define LOAD_LINE_LENGTH 20
/* IPv6 clients, by the first word of their addresses, are in 2600::/20; line `internal` has every other /36. */
#define LOAD_CLIENTS6 0x26000000U
#define LOAD_CLIENTS6_MASK 0xfffff000U
#define LOAD_LINE_LENGTH6 36
/* The line bit, the last of such a prefix, in its octet of the address. */
#define LOAD_LINE_BIT 0x10
#define LOAD_LINE_OCTET 2
#define LOAD_LINE_OCTET6 4

/*
 * A question of the load: a label of HEAD and seven digits, LABELS labels of three letters, and what stands in TAIL; as
 * www-shopNNNNNNN.sub.bench.example. A. Names that are in no zone file have hexadecimal digits.
 */
#define LOAD_HEAD_SIZE 9
#define LOAD_DIGITS_SIZE 7
#define LOAD_LABEL_SIZE 4
#define LOAD_LABELS_MAX 7
#define LOAD_TAIL_SIZE 19 /* with type and class */

/* An answer's one record. */
struct load_record {
    __u8 head[6]; /* a pointer to the question's name or to the zone's, type, class IN */
    __u8 ttl[4];
    __u16 length;    /* network order */
    __u8 address[4]; /* unless it is an SOA */
};
SL_ASSERT(sizeof(struct load_record) == 16);

/* OPT with one client subnet, as it is in queries and answers. */
struct load_opt {
    __u8 head[3]; /* the root's name, type OPT */
    __u8 payload[2];
    __u8 rest[14];  /* from the extended code to the subnet's scope */
    __u8 subnet[7]; /* three octets of IPv4, or seven of IPv6 */
};
SL_ASSERT(sizeof(struct load_opt) == 26);
#define LOAD_SUBNET_OCTETS 3
#define LOAD_SUBNET_OCTETS6 7

/* As many addresses are there on a line; names share them, as they share the hosts of a CDN. */
#define LOAD_ADDRESSES 1000
/* Names below a wildcard have the address of the name with this number. */
#define LOAD_WILDCARD 1

/* The address of name `number` on a line, host byte order. */
SL_INLINE __u32 load_address(__u32 number, int internal) {
    return (internal ? 11U : 10U) << 24 | number % LOAD_ADDRESSES;
}

/* Makes words one after the other count. */
#define LOAD_FACTOR 0x9e3779b1U

SL_INLINE __u32 load_word32(const __u8* at) {
    __u32 word;

    __builtin_memcpy(&word, at, sizeof(word));
    return word;
}

/* A name's number. */
SL_INLINE __u32 load_number(const __u8* digits) {
    __u32 number = 0;

    for (int i = 0; i < LOAD_DIGITS_SIZE; i++) number = number * 10 + (digits[i] - '0');
    return number;
}

/* The number, changed by every one of the name's `labels` labels behind the digits. */
SL_INLINE __u32 load_key(const __u8* digits, __u32 labels) {
    __u32 key = load_number(digits);
    const __u8* label = digits + LOAD_DIGITS_SIZE;

    for (__u32 i = 0; i < LOAD_LABELS_MAX; i++, label += LOAD_LABEL_SIZE)
        if (i < labels) key = key * LOAD_FACTOR ^ load_word32(label);
    return key;
}

/* A client's address, network order, as one word. */
SL_INLINE __u32 load_client(const __u8* address, int ipv6) {
    __u32 word = load_word32(address);

    if (!ipv6) return __builtin_bswap32(word);
    for (int i = 4; i < 16; i += 4) word = word * LOAD_FACTOR ^ load_word32(address + i);
    return word;
}

/* A client subnet's octets as one word. */
SL_INLINE __u32 load_subnet(const __u8* octets, int ipv6) {
    __u32 last = octets[2];

    if (ipv6) return load_word32(octets) * LOAD_FACTOR ^ load_word32(octets + LOAD_SUBNET_OCTETS6 - 4);
    return last * LOAD_FACTOR ^ octets[1] * 256U ^ octets[0];
}

/* Whether a client's address, or a subnet's, is one of line `internal`. */
SL_INLINE int load_is_internal(const __u8* octets, int ipv6) {
    return (octets[ipv6 ? LOAD_LINE_OCTET6 : LOAD_LINE_OCTET] & LOAD_LINE_BIT) != 0;
}

/* `sender`: load_client(), changed by load_subnet() where there is one. */
SL_INLINE __u16 load_id(__u32 key, __u32 sender) {
    __u64 both = key;

    both = (both << 32 | sender) * 0x9fb21c651e98df25ULL;
    return both >> 48;
}

/* What is expected of an answer. */
enum load_expect {
    LOAD_EXPECT_GEO,  /* the address of the client's line */
    LOAD_EXPECT_FLAT, /* the address of line `default`, whoever asks: the server knows no lines */
    LOAD_EXPECT_ECHO, /* the question, and as many bytes behind it as the settings say */
};

/* What an answer turned out to be. */
enum load_verdict {
    LOAD_RIGHT,
    LOAD_WRONG_HEADER,   /* other flags or counts than expected */
    LOAD_WRONG_QUESTION, /* not one of ours */
    LOAD_WRONG_ID,       /* of another name or client */
    LOAD_WRONG_RECORD,   /* other than expected, as far as it is looked at */
    LOAD_WRONG_LINE,     /* the address that the name has on the other line */
    LOAD_WRONG_OPT,
    LOAD_WRONG_LENGTH, /* the frame ends elsewhere than its last record, or than IP or UDP say */
    LOAD_VERDICTS,
};

/* What is asked, and what an answer looks like but for digits, letters and addresses. */
struct load_kind {
    __u32 ipv6;      /* from IPv6 clients */
    __u32 subnet;    /* with OPT and a client subnet, which decides the line; of the sender's family */
    __u32 labels;    /* between digits and tail */
    __u32 wildcard;  /* the answer is a wildcard's */
    __u32 record;    /* whether there is one in the answer */
    __u32 address;   /* whether it is an address */
    __u16 header[5]; /* flags without RD, and counts; network order */
    __u8 head[LOAD_HEAD_SIZE];
    __u8 tail[LOAD_TAIL_SIZE];
    struct load_record answer; /* its head is looked at, and where its length says that it ends */
    struct load_opt opt;       /* its head and rest are */
};

struct load_settings {
    struct load_kind kind;
    __u64 interval; /* nanoseconds between queries; 0: as fast as the window lets */
    __u32 device;   /* interface index of the veth's end to send into */
    __u32 expect;   /* enum load_expect */
    __u32 window;   /* most queries under way */
    __u32 timed;    /* measure latencies */
    __u32 behind;   /* bytes behind the question, of an echo or a padded answer; 0: as record and OPT say */
};

/* Latencies: 32 cells for each power of two nanoseconds. */
#define LOAD_LATENCY_BITS 5
#define LOAD_LATENCY_CELLS (40 << LOAD_LATENCY_BITS)

/* Each member is written by one program on one CPU only. */
struct load_results {
    __u64 sent;
    __u64 lost; /* given up, and not waited for; load.cpp reports what never got an answer */
    __u64 received;
    __u64 behind; /* bytes that the last right answer had behind its question */
    __u64 verdicts[LOAD_VERDICTS];
    __u64 latency[LOAD_LATENCY_CELLS];
};

#endif
