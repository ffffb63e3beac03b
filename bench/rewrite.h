/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What every program that turns a query into its answer does, for those that the responder is compared with. They have
 * it to themselves, not from bpf/: a change there must not move what it is measured by.
 */
#ifndef SPLITLINE_BENCH_REWRITE_H
#define SPLITLINE_BENCH_REWRITE_H

#include <bpf/bpf_endian.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include "maps/schema.h"

/* Folds a sum of 16-bit words (RFC 1071). */
SL_INLINE __u16 fold(__u64 sum) {
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (sum & 0xffff) + (sum >> 16);
}

SL_INLINE void swap_macs(struct ethhdr* eth) {
    __u8 mac[ETH_ALEN];

    __builtin_memcpy(mac, eth->h_dest, ETH_ALEN);
    __builtin_memcpy(eth->h_dest, eth->h_source, ETH_ALEN);
    __builtin_memcpy(eth->h_source, mac, ETH_ALEN);
}

/* Swaps the addresses, sets length and checksum; returns the sum of the addresses. */
SL_INLINE __u64 answer_ipv4(struct iphdr* ip, __u32 udp_length) {
    const __u16* half = (const __u16*)ip;
    __be32 source = ip->saddr;
    __u64 sum = 0;

    ip->saddr = ip->daddr;
    ip->daddr = source;
    ip->tot_len = bpf_htons(sizeof(*ip) + udp_length);
    ip->check = 0;
#pragma unroll
    for (int i = 0; i < 10; i++) sum += half[i];
    ip->check = ~fold(sum);
    return (__u64)ip->saddr + ip->daddr;
}

/* Swaps the ports, sets the length; returns the sum of the header and of the pseudo header's length. */
SL_INLINE __u64 answer_udp(struct udphdr* udp, __u32 udp_length) {
    __be16 port = udp->source;

    udp->source = udp->dest;
    udp->dest = port;
    udp->len = bpf_htons(udp_length);
    udp->check = 0;
    return 2 * (__u64)udp->len + udp->source + udp->dest;
}

#define QUESTION_WORDS 34 /* header, 255 bytes of name, type and class */

/* Sum of the message from its header to the end of its question, `length` bytes. */
SL_INLINE __u64 sum_question(const void* at, const void* end, __u32 length) {
    __u64 sum = 0;

    for (__u32 i = 0; i < QUESTION_WORDS; i++, at += 8) {
        __u64 word;

        if (i * 8 >= length || at + 8 > end) break;
        word = *(const __u64*)at;
        if (length - i * 8 < 8) word &= (1ULL << (8 * (length - i * 8))) - 1;
        sum += (word & 0xffffffff) + (word >> 32);
    }
    return sum;
}

#endif
