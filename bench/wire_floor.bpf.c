/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The floor of the load test's kinds: what no program on this wire can do without to send a reply of the real answer's
 * length. As floor.bpf.c it swaps the addresses, grows the tail, copies prepared bytes there and computes the checksums
 * in full; it looks nothing up and reads of the query but what tells the load's kinds apart (load_kind.cpp): the type
 * (MX has no data), the first letter of the name (a random one does not exist) and whether there is an OPT, which
 * it moves behind the bytes, with the scope of the real answer.
 */
#include <linux/bpf.h>
/* (bpf_helpers.h needs the types of linux/bpf.h) */
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include "bench/load.h"
#include "bench/rewrite.h"
#include "bench/wire_floor.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

volatile const struct floor_tail tails[FLOOR_TAILS];

#define DNS_OFFSET (ETH_HLEN + sizeof(struct iphdr) + sizeof(struct udphdr))
#define NAME_OFFSET (DNS_OFFSET + 12)
#define QUERY_MAX 176
/* Keeps the compiler from moving a variable's check away from its use, where the verifier wants it. */
#define opaque(variable) asm volatile("" : "+r"(variable))
#define TYPE_MX 15
#define WAIT 96

/* OPT with an IPv4 subnet; the last word overlaps the one before by two bytes. */
#define OPT_SIZE (__builtin_offsetof(struct load_opt, subnet) + LOAD_SUBNET_OCTETS)
struct opt_words {
    __u64 first, second, last;
};
#define OPT_LAST (OPT_SIZE - 8)
SL_ASSERT(OPT_LAST == 14);
#define OPT_SCOPE ((__u64)LOAD_LINE_LENGTH << 32)

/* Copies the tail to `to`; the last block overlaps the one before. */
SL_INLINE void copy_tail(void* to, const void* end, const volatile struct floor_tail* tail, __u32 length) {
    if (to + FLOOR_FIRST > end) return;
    ((__u64*)to)[0] = ((const volatile __u64*)tail->bytes)[0];
    ((__u64*)to)[1] = ((const volatile __u64*)tail->bytes)[1];
    for (__u32 i = FLOOR_FIRST; i < FLOOR_TAIL_MAX && i < length; i += FLOOR_BLOCK) {
        __u32 at = i + FLOOR_BLOCK > length ? length - FLOOR_BLOCK : i;
        const volatile __u64* source;
        __u64* target;

        opaque(at);
        if (at > FLOOR_TAIL_MAX - FLOOR_BLOCK || to + at + FLOOR_BLOCK > end) return;
        source = (const volatile void*)tail->bytes + at;
        target = to + at;
        target[0] = source[0];
        target[1] = source[1];
        target[2] = source[2];
        target[3] = source[3];
    }
}

/* Returns the sum of what it wrote. */
SL_INLINE __u64 write_opt(void* to, const void* end, const struct opt_words* opt) {
    __u64 last = opt->last | OPT_SCOPE;

    if (to + OPT_SIZE > end) return 0;
    *(__u64*)to = opt->first;
    *(__u64*)(to + 8) = opt->second;
    *(__u64*)(to + OPT_LAST) = last;
    last >>= 16;
    return (opt->first & 0xffffffff) + (opt->first >> 32) + (opt->second & 0xffffffff) + (opt->second >> 32) +
           (last & 0xffffffff) + (last >> 32);
}

/* Writes everything into a frame whose question ends at `question`; OPT if it is there. */
SL_INLINE int write_reply(struct xdp_md* ctx, __u32 question, const volatile struct floor_tail* tail, __u32 length,
                          const struct opt_words* opt) {
    void *data = (void*)(long)ctx->data, *end = (void*)(long)ctx->data_end;
    struct udphdr* udp = data + ETH_HLEN + sizeof(struct iphdr);
    __u32 udp_length = end - (void*)udp;
    __u64 sum, behind;

    if ((void*)(udp + 1) > end) return XDP_ABORTED;
    sum = answer_ipv4(data + ETH_HLEN, udp_length) + bpf_htons(IPPROTO_UDP);
    swap_macs(data);
    sum += answer_udp(udp, udp_length);
    sum += sum_question(udp + 1, end, question - DNS_OFFSET);
    copy_tail(data + question, end, tail, length);
    behind = tail->sum;
    if (opt) behind += write_opt(data + question + length, end, opt);
    udp->check = ~fold(sum + (behind << (8 * (question & 1))));
    return XDP_TX;
}

/* Whether the answer to a question that ends at `question` has an SOA. */
SL_INLINE int is_negative(const void* data, const void* end, __u64 question) {
    __u64 offset = question - 4;
    const __be16* type;

    opaque(offset);
    if (offset > QUERY_MAX) return 0;
    type = data + offset;
    if ((const void*)(type + 1) > end) return 0;
    return *type == bpf_htons(TYPE_MX) || *((const __u8*)data + NAME_OFFSET + 1) == 'r';
}

/*
 * Lets the core be about as busy as it is with Splitline's answers: one that waits for the generator sleeps and wakes,
 * and what it does in between costs less or more than it would. The factors are multiplied one after the other; what
 * follows the atomic operation does not begin before they are.
 */
SL_INLINE void wait(__u64 factor) {
    __u64 product = 1;

    for (int i = 0; i < WAIT; i++) {
        product *= factor;
        opaque(product);
    }
    __sync_fetch_and_add(&product, 1);
}

SEC("xdp")
int wire_floor(struct xdp_md* ctx) {
    void *data = (void*)(long)ctx->data, *end = (void*)(long)ctx->data_end, *at;
    __u64 size = end - data, question = size;
    const volatile struct floor_tail* tail;
    struct opt_words opt = {};
    int has_opt, negative;
    __u32 length;

    if (data + NAME_OFFSET + OPT_SIZE > end || size > QUERY_MAX ||
        ((struct ethhdr*)data)->h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    wait(size);
    has_opt = ((const __be16*)(data + DNS_OFFSET))[5] != 0;
    if (has_opt) question -= OPT_SIZE;
    opaque(question);
    if (question > QUERY_MAX) return XDP_PASS;
    negative = is_negative(data, end, question);
    if (has_opt) {
        at = data + question;
        if (at + OPT_SIZE > end) return XDP_PASS;
        opt.first = *(const __u64*)at;
        opt.second = *(const __u64*)(at + 8);
        opt.last = *(const __u64*)(at + OPT_LAST);
    }
    tail = &tails[negative ? FLOOR_NEGATIVE : FLOOR_POSITIVE];
    length = tail->length;
    if (length > FLOOR_TAIL_MAX || bpf_xdp_adjust_tail(ctx, (int)length)) return XDP_ABORTED;
    return write_reply(ctx, question, tail, length, has_opt ? &opt : 0);
}
