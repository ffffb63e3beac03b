/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The floor: what no program that answers a DNS query can do without. It swaps the addresses, grows the tail by as many
 * bytes as the real answer takes, copies that many bytes there and computes the same checksums in full. It neither
 * checks the packet nor looks anything up: the length is prepared and the bytes are always the same.
 */
#include <bpf/bpf_endian.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include "bench/queries.h"
#include "bench/rewrite.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct bench_answer);
} answer SEC(".maps");

SL_INLINE __u64 answer_ipv6(struct ipv6hdr* ip, __u32 udp_length) {
    struct in6_addr source = ip->saddr;
    __u64 sum = 0;

    ip->saddr = ip->daddr;
    ip->daddr = source;
    ip->payload_len = bpf_htons(udp_length);
#pragma unroll
    for (int i = 0; i < 4; i++) sum += (__u64)ip->saddr.in6_u.u6_addr32[i] + ip->daddr.in6_u.u6_addr32[i];
    return sum;
}

/* Swaps and sums all headers; returns the sum, and sets where the UDP header is. */
SL_INLINE __u64 answer_headers(struct xdp_md* ctx, __u32 udp_length, __u32* udp_offset) {
    void *data = (void*)(long)ctx->data, *end = (void*)(long)ctx->data_end;
    struct ethhdr* eth = data;
    __u64 sum;

    if (data + sizeof(*eth) + sizeof(struct ipv6hdr) + sizeof(struct udphdr) > end) return 0;
    if (eth->h_proto == bpf_htons(ETH_P_IP)) {
        sum = answer_ipv4((void*)(eth + 1), udp_length);
        *udp_offset = sizeof(*eth) + sizeof(struct iphdr);
    } else {
        sum = answer_ipv6((void*)(eth + 1), udp_length);
        *udp_offset = sizeof(*eth) + sizeof(struct ipv6hdr);
    }
    swap_macs(eth);
    return sum + bpf_htons(IPPROTO_UDP) + answer_udp(data + *udp_offset, udp_length);
}

SEC("xdp")
int floor_answer(struct xdp_md* ctx) {
    __u32 zero = 0, udp_offset = 0, udp_length, length, question_end, message;
    const struct bench_state* now = bpf_map_lookup_elem(&state, &zero);
    struct bench_answer* bytes = bpf_map_lookup_elem(&answer, &zero);
    const struct bench_query* query;
    struct udphdr* udp;
    __u64 sum;
    void *data, *end;

    if (!now || !bytes) return XDP_ABORTED;
    query = current_query(now);
    if (!query) return XDP_ABORTED;
    length = query->answer_length;
    question_end = query->question_end;
    if (length < 1 || length > BENCH_ANSWER_MAX || question_end > BENCH_FRAME_MAX) return XDP_ABORTED;
    if (bpf_xdp_adjust_tail(ctx, (int)(question_end + length) - query->length)) return XDP_ABORTED;

    /* IPv6 or IPv4 by the length of what lies before the UDP header. */
    message = query->frame[12] == 0x86 ? ETH_HLEN + sizeof(struct ipv6hdr) : ETH_HLEN + sizeof(struct iphdr);
    udp_length = question_end + length - message;
    sum = answer_headers(ctx, udp_length, &udp_offset);
    if (!sum || udp_offset > ETH_HLEN + sizeof(struct ipv6hdr)) return XDP_ABORTED;
    if (bpf_xdp_store_bytes(ctx, question_end, bytes->bytes, length)) return XDP_ABORTED;

    data = (void*)(long)ctx->data;
    end = (void*)(long)ctx->data_end;
    udp = data + udp_offset;
    if ((void*)(udp + 1) > end) return XDP_ABORTED;
    sum += sum_question(udp + 1, end, question_end - udp_offset - sizeof(*udp));
    sum += (__u64)bytes->sum << (8 * ((question_end - udp_offset) & 1));
    udp->check = ~fold(sum);
    return XDP_TX;
}
