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

#endif
