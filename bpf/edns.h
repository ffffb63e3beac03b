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

/* Both are read and written by words; in a word the first byte is the lowest. */
struct opt_record {
    __u8 head[8]; /* root, type, payload size, extended RCODE, version, first byte of the flags */
    __u8 flags_low;
    __u8 length[2];
};
#define OPT_HEAD ((__u64)bpf_htons(SL_TYPE_OPT) << 8) /* a root, a type, and version 0 */
#define OPT_HEAD_MASK 0x00ff000000ffffffULL

/* An option's code and length, and what an ECS has before its address: family, SOURCE and SCOPE PREFIX-LENGTH. */
#define OPTION_SIZE 4
#define ECS_SIZE 8
#define ECS_SCOPE(length) ((__u64)(length) << 56)

/* Whether the sender's client subnet option is used at all. */
SL_INLINE int believes(const struct query *q)
{
    struct sl_ecs_sender key;

    if (config.ecs == SL_ECS_IGNORE) return 0;
    if (config.ecs == SL_ECS_TRUST) return 1;
    key = (struct sl_ecs_sender){.prefix_length = SL_ECS_FAMILY_BITS + (q->ipv6 ? 128 : 32), .family = q->ipv6 ? 6 : 4};
    __builtin_memcpy(key.address, q->client, 16);
    return bpf_map_lookup_elem(&ecs_trust, &key) != 0;
}

/* Eight bytes up to offset `behind`; 0 if they are not in the packet. */
SL_INLINE __u64 *word_before(struct xdp_md *ctx, __u32 behind)
{
    opaque(behind);
    if (behind < 8 || behind > QUERY_END_MAX) return 0;
    return packet_at(ctx, behind - 8, 8);
}

/*
 * The subnet of an ECS option: `octets` bytes of address up to offset `behind`, of which the first `source` bits may be
 * set (RFC 7871 section 6). Read by words that end where it does, as the packet may end there too; what they read
 * before it is the option itself.
 */
SL_INLINE int load_subnet(struct xdp_md *ctx, struct query *q, __u32 behind, __u32 octets, __u32 source)
{
    const __u64 *last = word_before(ctx, behind);
    __u32 in_last = ((source - 1) & 7) + 1; /* bits of the last octet */
    __u64 word;

    if (!last) return SL_REASON_ECS;
    word = *last;
    if (word >> 56 & 0xff >> in_last) return SL_REASON_ECS;
    word >>= -8 * octets & 63;
    q->client[1] = 0;
    if (octets > 8) {
        q->client[1] = word;
        last = word_before(ctx, behind - octets + 8);
        if (!last) return SL_REASON_ECS;
        word = *last;
    }
    q->client[0] = word;
    return GO_ON;
}

/* The option at OFFSET, of LENGTH bytes behind its code and length: sets the ecs fields and, for SOURCE > 0, client. */
SL_INLINE int parse_ecs(struct xdp_md *ctx, struct query *q, __u32 offset, __u32 length)
{
    const __u64 *ecs = packet_at(ctx, offset, ECS_SIZE);
    __u32 source, octets, bits;
    __u64 word;

    if (!ecs || q->ecs) return SL_REASON_ECS;
    word = *ecs;
    source = word >> 48; /* with the scope, which is zero in a query */
    octets = (source + 7) / 8;
    bits = (__u16)(word >> 32) == bpf_htons(1) ? 32 : (__u16)(word >> 32) == bpf_htons(2) ? 128 : 0;
    if (bits == 0 || source > bits || length != ECS_SIZE - OPTION_SIZE + octets) return SL_REASON_ECS;
    q->ecs = word;
    q->ecs_source = source;
    q->ecs_octets = octets;
    if (octets == 0) return GO_ON; /* section 7.1.2: the client wants none; its own address decides */
    q->client_ipv6 = bits == 128;
    return load_subnet(ctx, q, offset + ECS_SIZE + octets, octets, source);
}

/* What the OPT has from OFFSET on; all options must end where the message does. */
SL_INLINE int parse_options(struct xdp_md *ctx, struct query *q, __u32 offset, __u32 end)
{
    int believed = believes(q), reason;

    for (int i = 0; i < OPTIONS_MAX && offset != end; i++) {
        const __u32 *option;
        __u32 behind;

        opaque(ctx); /* or clang keeps what it read there, cut to 32 bits: no pointers to the verifier any more */
        if (offset > QUERY_END_MAX) return SL_REASON_EDNS;
        option = packet_at(ctx, offset, OPTION_SIZE);
        if (!option) return SL_REASON_EDNS;
        behind = offset + OPTION_SIZE + bpf_ntohs(*option >> 16);
        if (behind > end) return SL_REASON_EDNS;
        if ((__u16)*option == bpf_htons(OPTION_ECS) && believed) {
            reason = parse_ecs(ctx, q, offset, behind - offset - OPTION_SIZE);
            if (reason != GO_ON) return reason;
        }
        offset = behind;
    }
    return offset == end ? GO_ON : SL_REASON_EDNS;
}

/* The OPT and what is behind it. Sets limit, dnssec_ok, the ecs fields and the client; REQUIRES q->ecs == 0. */
SL_INLINE int parse_opt(struct xdp_md *ctx, struct query *q)
{
    const struct opt_record *opt;
    __u32 offset, end, behind;
    __u64 head;
    __u16 payload;

    offset = q->dns + DNS_HEADER_SIZE + q->name_length + 4;
    end = q->end;
    if (offset > QUESTION_END_MAX || end > QUERY_END_MAX) return SL_REASON_EDNS;
    opt = packet_at(ctx, offset, sizeof(*opt));
    if (!opt || offset + sizeof(*opt) > end) return SL_REASON_EDNS;
    head = load_word(opt->head);
    if ((head & OPT_HEAD_MASK) != OPT_HEAD) return SL_REASON_EDNS;
    payload = bpf_ntohs(head >> 24);
    /* libknot takes a payload size of 1 for class IN, where an OPT may not be empty: the resolver says FORMERR. */
    if (payload == 1) return SL_REASON_EDNS;
    q->dnssec_ok = head >> 56 & 0x80;
    if (payload > config.udp_payload) payload = config.udp_payload;
    if (payload > SL_UDP_PLAIN_MAX) q->limit = payload;
    offset += sizeof(*opt);
    behind = offset + bpf_ntohs(load_half(opt->length));
    if (behind != end) return behind < end ? SL_REASON_TRAILING : SL_REASON_EDNS;
    return offset == end ? GO_ON : parse_options(ctx, q, offset, end);
}

/* Everything behind the question. Sets what parse_opt() does. */
SL_INLINE int parse_edns(struct xdp_md *ctx, struct query *q)
{
    q->limit = SL_UDP_PLAIN_MAX;
    if (q->opt) return parse_opt(ctx, q);
    return q->dns + DNS_HEADER_SIZE + q->name_length + 4 == q->end ? GO_ON : SL_REASON_TRAILING;
}

#endif
