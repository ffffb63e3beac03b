/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ideal: the least that a program answering by name and client can do with the kernel's own maps. A fixed IPv4
 * header, no VLAN, no EDNS, no checks of anything; the name folded and hashed by 8-byte words to 16 bytes and never
 * confirmed; a BPF HASH; two array reads for the client's /24; the tail grown, 32 bytes copied, checksums, one counter.
 */
#include <linux/bpf.h>
/* (bpf_helpers.h needs the types of linux/bpf.h) */
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include "bench/ideal_geo.h"
#include "bench/rewrite.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1);
    __type(key, struct ideal_key);
    __type(value, struct ideal_name);
} names SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1 << 16);
    __type(key, __u32);
    __type(value, __u32);
} by_16 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} by_24 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} answered SEC(".maps");

#define DNS_OFFSET (ETH_HLEN + sizeof(struct iphdr) + sizeof(struct udphdr))
#define NAME_OFFSET (DNS_OFFSET + 12)

/* Hashes the name; adds its words to the sum and returns its length, 0 if it does not end. */
SL_INLINE __u32 read_name(const void* at, const void* end, struct ideal_key* key, __u64* sum) {
    for (__u32 length = 0; length < 256; length += 8, at += 8) {
        __u64 word, zero, before;

        if (at + 8 > end) return 0;
        word = *(const __u64*)at;
        zero = sl_first_mark(sl_zero_bytes(word));
        if (zero) {
            before = (zero >> 7) - 1;
            word &= before;
            ideal_word(key, word);
            *sum += (word & 0xffffffff) + (word >> 32);
            return length + ((((before & 0x0101010101010101ULL) * 0x0101010101010101ULL) >> 56) + 1);
        }
        ideal_word(key, word);
        *sum += (word & 0xffffffff) + (word >> 32);
    }
    return 0;
}

SL_INLINE __u32 variant_of(__be32 client) {
    __u32 address = bpf_ntohl(client), key = address >> 16;
    __u32* cell = bpf_map_lookup_elem(&by_16, &key);

    if (!cell) return 0;
    if (*cell < IDEAL_NODE) return *cell;
    key = (*cell - IDEAL_NODE) * 256 + (address >> 8 & 255);
    cell = bpf_map_lookup_elem(&by_24, &key);
    return cell ? *cell : 0;
}

/* Swaps and sums everything before the question. */
SL_INLINE __u64 write_headers(void* data, __u32 udp_length) {
    struct iphdr* ip = data + ETH_HLEN;
    struct udphdr* udp = (void*)(ip + 1);
    __be16* dns = (void*)(udp + 1);
    __u64 sum = answer_ipv4(ip, udp_length);

    swap_macs(data);
    sum += bpf_htons(IPPROTO_UDP) + answer_udp(udp, udp_length);
    dns[1] = bpf_htons(0x8400) | (dns[1] & bpf_htons(0x0100));
    dns[3] = bpf_htons(1);
#pragma unroll
    for (int i = 0; i < 6; i++) sum += dns[i];
    return sum;
}

SEC("xdp")
int ideal_answer(struct xdp_md* ctx) {
    void *data = (void*)(long)ctx->data, *end = (void*)(long)ctx->data_end;
    struct ideal_key key = ideal_start();
    const struct ideal_name* name;
    __u32 length, variant, question, zero = 0;
    __u64 sum = 0, *count;
    struct udphdr* udp;

    if (data + NAME_OFFSET > end) return XDP_PASS;
    length = read_name(data + NAME_OFFSET, end, &key, &sum);
    if (!length) return XDP_PASS;
    name = bpf_map_lookup_elem(&names, &key);
    if (!name) return XDP_PASS;
    variant = variant_of(((struct iphdr*)(data + ETH_HLEN))->saddr);
    if (variant >= IDEAL_VARIANTS) return XDP_PASS;
    question = NAME_OFFSET + length + 4;
    if (bpf_xdp_adjust_tail(ctx, IDEAL_BODY)) return XDP_PASS;
    data = (void*)(long)ctx->data;
    end = (void*)(long)ctx->data_end;
    if (data + NAME_OFFSET > end) return XDP_PASS;
    sum += write_headers(data, question + IDEAL_BODY - ETH_HLEN - sizeof(struct iphdr));
    sum += (__u64)(bpf_htons(1) + bpf_htons(1)) << (8 * (length & 1)); /* type A, class IN */
    sum += (__u64)name->sum[variant] << (8 * (length & 1));
    if (bpf_xdp_store_bytes(ctx, question, (void*)name->body[variant], IDEAL_BODY)) return XDP_PASS;
    data = (void*)(long)ctx->data;
    end = (void*)(long)ctx->data_end;
    udp = data + ETH_HLEN + sizeof(struct iphdr);
    if ((void*)(udp + 1) > end) return XDP_PASS;
    udp->check = ~fold(sum);
    count = bpf_map_lookup_elem(&answered, &zero);
    if (count) *count += 1;
    return XDP_TX;
}
