/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The floor of the load test: sends every IPv4 datagram back where it came from. What it costs is what veth, NAPI and
 * XDP_TX cost, whatever an answer takes.
 */
#include <linux/bpf.h>
/* (bpf_helpers.h needs the types of linux/bpf.h) */
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include "bench/rewrite.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("xdp")
int reflect(struct xdp_md* ctx) {
    void *data = (void*)(long)ctx->data, *end = (void*)(long)ctx->data_end;
    struct ethhdr* eth = data;
    struct iphdr* ip = (void*)(eth + 1);
    struct udphdr* udp = (void*)(ip + 1);
    __be32 source;
    __be16 port;

    if ((void*)(udp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->protocol != IPPROTO_UDP) return XDP_PASS;
    source = ip->saddr;
    ip->saddr = ip->daddr;
    ip->daddr = source;
    port = udp->source;
    udp->source = udp->dest;
    udp->dest = port;
    swap_macs(eth);
    return XDP_TX;
}
