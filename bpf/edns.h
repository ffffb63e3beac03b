/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stage 3: the OPT record (RFC 6891) and the client subnet option (RFC 7871). Options other than ECS are skipped
 * unread, as the resolver ignores them too. What is malformed or rare goes to the resolver, which answers FORMERR or
 * BADVERS.
 */
#ifndef SPLITLINE_BPF_EDNS_H
#define SPLITLINE_BPF_EDNS_H

#include <bpf/bpf_endian.h>

#include "bpf/question.h"

#define OPTION_ECS 8
#define OPTIONS_MAX 8
/* No query the fast path reads ends behind this offset; it bounds packet offsets for the verifier. */
#define QUERY_END_MAX 1500
/* Nor does a question behind this one. */
#define QUESTION_END_MAX (DNS_OFFSET_MAX + DNS_HEADER_SIZE + SL_NAME_MAX + 4)

struct opt_record {
    __u8 root;
    __be16 type;
    __be16 payload;
    __u8 extended_rcode;
    __u8 version;
    __u8 flags;
    __u8 flags_low;
    __be16 length;
} __attribute__((packed));

struct opt_option {
    __be16 code;
    __be16 length;
} __attribute__((packed));

struct ecs_option {
    struct opt_option option;
    __be16 family;
    __u8 source;
    __u8 scope;
} __attribute__((packed));

/* Whether the sender's client subnet option is used at all. */
SL_INLINE int believes(const struct query *q)
{
    struct sl_ecs_sender key = {.prefix_length = SL_ECS_FAMILY_BITS + (q->ipv6 ? 128 : 32), .family = q->ipv6 ? 6 : 4};

    if (config.ecs == SL_ECS_IGNORE) return 0;
    if (config.ecs == SL_ECS_TRUST) return 1;
    __builtin_memcpy(key.address, q->client, 16);
    return bpf_map_lookup_elem(&ecs_trust, &key) != 0;
}

/* Up to eight bytes at p, zero behind. They are inside the packet, but a whole word there may not be. */
SL_INLINE __u64 load_bytes(struct xdp_md *ctx, const __u8 *p, __u32 size)
{
    const void *end = (void *)(long)ctx->data_end;
    __u64 word = (void *)p + 8 <= end ? *(const __u64 *)p : load_tail(p, end);

    return first_bytes(word, size);
}

/* An address of `octets` bytes, in memory order. */
SL_INLINE void load_address(struct xdp_md *ctx, const __u8 *p, __u32 octets, __u64 address[2])
{
    if (octets) address[0] = load_bytes(ctx, p, octets < 8 ? octets : 8);
    if (octets > 8) address[1] = load_bytes(ctx, p + 8, octets - 8);
}

/* Whether an address has bits set behind its first `length`. */
SL_INLINE int bits_behind(const __u64 address[2], __u32 length)
{
    if (length < 64) return address[1] || bpf_be64_to_cpu(address[0]) << length;
    return length < 128 && bpf_be64_to_cpu(address[1]) << (length - 64);
}

/* The option at OFFSET, of LENGTH bytes behind its code and length: sets the ecs fields and, for SOURCE > 0, client. */
SL_INLINE int parse_ecs(struct xdp_md *ctx, struct query *q, __u32 offset, __u32 length)
{
    struct ecs_option *ecs = packet_at(ctx, offset, sizeof(*ecs));
    __u32 bits, octets;

    if (!ecs || q->ecs || length < 4 || ecs->scope) return SL_REASON_ECS;
    if (ecs->family == bpf_htons(1))
        bits = 32;
    else if (ecs->family == bpf_htons(2))
        bits = 128;
    else
        return SL_REASON_ECS;
    octets = (ecs->source + 7) / 8;
    if (ecs->source > bits || length != 4 + octets) return SL_REASON_ECS;
    q->ecs = 1;
    q->ecs_family = ecs->family;
    q->ecs_source = ecs->source;
    q->ecs_octets = octets;
    load_address(ctx, (const __u8 *)(ecs + 1), octets, q->ecs_address);
    /* RFC 7871 section 6: bits behind SOURCE are zero. */
    if (bits_behind(q->ecs_address, ecs->source)) return SL_REASON_ECS;
    if (q->ecs_source == 0) return GO_ON; /* section 7.1.2: the client wants none; its own address decides */
    __builtin_memcpy(q->client, q->ecs_address, 16);
    q->client_ipv6 = bits == 128;
    return GO_ON;
}

/* The OPT and what is behind it. Sets limit, dnssec_ok, the ecs fields; REQUIRES q->ecs == 0. */
__attribute__((noinline)) int parse_opt(struct xdp_md *ctx, struct query *q)
{
    struct opt_record *opt;
    __u32 offset, end;
    int believed;

    if (!q) return SL_REASON_BUG;
    offset = q->dns + DNS_HEADER_SIZE + q->name_length + 4;
    end = q->end;
    if (offset > QUESTION_END_MAX || end > QUERY_END_MAX) return SL_REASON_EDNS;
    opt = packet_at(ctx, offset, sizeof(*opt));
    if (!opt || offset + sizeof(*opt) > end) return SL_REASON_EDNS;
    if (opt->root || opt->type != bpf_htons(SL_TYPE_OPT) || opt->version) return SL_REASON_EDNS;
    /* libknot takes a payload size of 1 for class IN, where an OPT may not be empty: the resolver says FORMERR. */
    if (opt->payload == bpf_htons(1)) return SL_REASON_EDNS;
    q->dnssec_ok = opt->flags & 0x80;
    if (bpf_ntohs(opt->payload) > SL_UDP_PLAIN_MAX) q->limit = bpf_ntohs(opt->payload);
    if (q->limit > config.udp_payload) q->limit = config.udp_payload;
    offset += sizeof(*opt);
    if (offset + bpf_ntohs(opt->length) != end)
        return offset + bpf_ntohs(opt->length) < end ? SL_REASON_TRAILING : SL_REASON_EDNS;
    if (offset == end) return GO_ON;

    believed = believes(q);
    for (int i = 0; i < OPTIONS_MAX; i++) {
        struct opt_option *option;
        __u32 length;

        if (offset == end) return GO_ON;
        if (offset > QUERY_END_MAX) return SL_REASON_EDNS;
        option = packet_at(ctx, offset, sizeof(*option));
        if (!option || offset + sizeof(*option) > end) return SL_REASON_EDNS;
        length = bpf_ntohs(option->length);
        if (offset + sizeof(*option) + length > end) return SL_REASON_EDNS;
        if (option->code == bpf_htons(OPTION_ECS) && believed) {
            int reason = parse_ecs(ctx, q, offset, length);

            if (reason != GO_ON) return reason;
        }
        offset += sizeof(*option) + length;
    }
    return offset == end ? GO_ON : SL_REASON_EDNS;
}

/* Everything behind the question. Sets what parse_opt() does. */
SL_INLINE int parse_edns(struct xdp_md *ctx, struct query *q)
{
    q->limit = SL_UDP_PLAIN_MAX;
    if (q->opt) return parse_opt(ctx, q);
    return q->dns + DNS_HEADER_SIZE + q->name_length + 4 == q->end ? GO_ON : SL_REASON_TRAILING;
}

#endif
