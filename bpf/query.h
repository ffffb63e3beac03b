/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is known of the packet in work. The stages of responder.bpf.c fill it in turn; it lives on the program's stack.
 *
 * Stages that end in many ways are global functions: the verifier checks each on its own, so their costs add up instead
 * of multiplying, and what one of them stores here comes back as an unknown number that the next stage bounds again.
 * All others are inlined, which saves some ten of eighty nanoseconds, and for some of them instructions to verify too.
 */
#ifndef SPLITLINE_BPF_QUERY_H
#define SPLITLINE_BPF_QUERY_H

#include <bpf/bpf_endian.h>

#include "bpf/maps.h"

/* A stage's result: go on, or leave with an enum sl_reason (never 0 as a refusal: SL_REASON_ANSWER). */
#define GO_ON 0
/* What a search returns besides those; no verdict by itself. */
#define NOT_FOUND (-1)

/* Highest offset of the DNS header: Ethernet, two VLAN tags, IPv6, UDP. */
#define DNS_OFFSET_MAX (14 + 8 + 40 + 8)
#define DNS_HEADER_SIZE 12

enum absence {
    PRESENT, /* a name of the table, or one that a wildcard answers for */
    ABSENT,  /* no such name in its zone: NXDOMAIN */
    OUTSIDE, /* in no zone: REFUSED */
};

struct query {
    __u32 l3;   /* offset of the IP header */
    __u32 dns;  /* offset of the DNS header */
    __u32 end;  /* offset behind the DNS message */
    __u32 ipv6; /* 1 = IPv6, 0 = IPv4 */

    __u64 hash;         /* of the folded name; 0 once that turned out not to be in the table */
    __u64 question_sum; /* sum of the question's bytes as 16-bit words in memory order, not folded */
    __u32 name_length;  /* 1..255 */
    __u16 qtype;        /* network order */
    __u16 limit;        /* largest response the client takes, in bytes of DNS message */

    __u64 ecs;        /* head of the client subnet option that is believed, as sent (edns.h); 0 = none */
    __u64 client[2];  /* the address that decides the class: that option's or the sender's; as sent, zero behind */
    __u8 client_ipv6; /* 1 = it is an IPv6 address, 0 = IPv4 */
    __u8 ecs_source;  /* SOURCE PREFIX-LENGTH */
    __u8 ecs_octets;  /* bytes of address that the option carries */
    __u8 opt;         /* 1 = the query has an OPT */
    __u8 dnssec_ok;   /* its DO bit: 0x80 or 0 */
    __u8 pad[3];
    __u32 closer; /* where what would be the next closer name starts, if that is known not to be in the table; or 0 */

    sl_ref record;    /* of the name, or of the wildcard that stands for it */
    __u32 absence;    /* enum absence */
    __u32 class_cell; /* leaf of the client's class, once looked up */
};

/*
 * Makes the compiler forget what it knows of a variable, so that the register it checks next is the one it uses; the
 * verifier follows only that.
 */
#define opaque(variable) asm volatile("" : "+r"(variable))

/* Has a cache line on its way before it is needed, by a read nobody waits for. */
SL_INLINE void touch(const void *at) { (void)*(volatile const __u64 *)at; }

/* Packet access: a pointer to SIZE bytes at OFFSET, or 0 behind the packet's end. OFFSET must be bounded by the caller.
 */
SL_INLINE void *packet_at(const struct xdp_md *ctx, __u32 offset, __u32 size)
{
    void *at = (void *)(long)ctx->data + offset;

    if (at + size > (void *)(long)ctx->data_end) return 0;
    if (!at) __builtin_unreachable(); /* or clang asks again what the caller asks */
    return at;
}

/*
 * Words at any address. Where a cast stands in place clang sees what it points into, and what has no alignment there
 * it reads and writes byte by byte; a parameter hides that.
 */
SL_INLINE __u64 load_word(const void *at) { return *(const __u64 *)at; }
SL_INLINE void store_word(void *at, __u64 word) { *(__u64 *)at = word; }
SL_INLINE __u32 load_fields(const void *at) { return *(const __u32 *)at; }
SL_INLINE __be16 load_half(const void *at) { return *(const __be16 *)at; }
SL_INLINE void store_half(void *at, __be16 half) { *(__be16 *)at = half; }

/* Two 16-bit fields of a header, in host order, as the word they are in a packet. */
#define FIELDS(first, second) ((__u32)bpf_htons(first) | (__u32)bpf_htons(second) << 16)

/* The first `size` bytes, 1 to 8, of a word. */
SL_INLINE __u64 first_bytes(__u64 word, __u32 size) { return word & ~0ULL >> ((64 - 8 * size) & 63); }

/* Folds a sum of 16-bit words (RFC 1071): each half is added to the other, so that the upper one has what both add up
 * to and the carry too. */
SL_INLINE __u16 fold_sum(__u64 sum)
{
    __u32 half;

    sum += sum >> 32 | sum << 32;
    half = sum >> 32;
    half += half >> 16 | half << 16;
    return half >> 16;
}

/* The lower half of a word. Clang would shift the upper one out and back. */
#ifdef __bpf__
SL_INLINE __u64 lower_half(__u64 word)
{
    __u32 half;

    asm("%0 = %1" : "=w"(half) : "w"((__u32)word));
    return half;
}
#else
SL_INLINE __u64 lower_half(__u64 word) { return (__u32)word; }
#endif

/* Adds an 8-byte word to such a sum. */
SL_INLINE __u64 add_word(__u64 sum, __u64 word) { return sum + lower_half(word) + (word >> 32); }

#endif
