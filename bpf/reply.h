/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stage 8: turn the frame into its reply. First the frame grows (or shrinks), which can fail; only then is anything
 * written.
 *
 * The UDP checksum is computed in full from sums kept with the stored bytes, never from the received one: on veth and
 * virtio that may be partial. Sums are of 16-bit words in memory order; bytes at an odd offset count as the other half
 * of their word, which is a shift by eight bits (RFC 1071 section 2).
 */
#ifndef SPLITLINE_BPF_REPLY_H
#define SPLITLINE_BPF_REPLY_H

#include "bpf/answer_lookup.h"
#include "bpf/edns.h"
#include "bpf/packet.h"

#define HOPS 64
/* Longest answer section, and SOA record, that is copied here by words: a call for so few bytes takes longer. */
#define COPY_MAX 128
/* No reply ends behind this offset. */
#define REPLY_END_MAX (DNS_OFFSET_MAX + SL_UDP_PAYLOAD_MAX)

/* Length of the response's OPT. */
SL_INLINE __u32 opt_length(const struct query *q)
{
    if (!q->opt) return 0;
    return sizeof(struct opt_record) + (q->ecs ? ECS_SIZE + (q->ecs_octets & 31) : 0);
}

/*
 * Makes room for `grow` more bytes. A frame from a socket buffer often has none at its tail (DESIGN 6): then it grows
 * at the head, and headers and question, `kept` bytes, move to the new front. Until it returns GO_ON the packet is
 * unchanged.
 */
SL_INLINE int make_room(struct xdp_md *ctx, int grow, __u32 kept)
{
    struct moved_bytes *moved;
    __u32 zero = 0;

    if (bpf_xdp_adjust_tail(ctx, grow) == 0) return GO_ON;
    if (grow <= 0) return SL_REASON_ROOM;
    moved = bpf_map_lookup_elem(&moving, &zero);
    opaque(kept);
    if (!moved || kept < 1 || kept > sizeof(moved->bytes)) return SL_REASON_BUG;
    if (bpf_xdp_load_bytes(ctx, 0, moved->bytes, kept)) return SL_REASON_BUG;
    if (bpf_xdp_adjust_head(ctx, -grow)) return SL_REASON_ROOM;
    /* Cannot fail: the frame has just become longer than these bytes. */
    bpf_xdp_store_bytes(ctx, 0, moved->bytes, kept);
    return GO_ON;
}

/* By words; as bytes clang would copy them one by one. */
SL_INLINE void swap_macs(struct ethhdr *eth)
{
    __u32 *destination = (__u32 *)eth->h_dest, *source = (__u32 *)eth->h_source;
    __u16 *destination_end = (__u16 *)&eth->h_dest[4], *source_end = (__u16 *)&eth->h_source[4];
    __u32 saved = *destination;
    __u16 saved_end = *destination_end;

    *destination = *source;
    *destination_end = *source_end;
    *source = saved;
    *source_end = saved_end;
}

/* Sum of what both checksums' pseudo headers share: UDP length and protocol. */
SL_INLINE __u64 pseudo_sum(__u32 udp_length) { return bpf_htons(udp_length) + bpf_htons(IPPROTO_UDP); }

/*
 * Writes the IPv4 header; returns its pseudo header's sum. By words that are summed before they are written: reading
 * back as words what was written as bytes makes the processor wait.
 */
SL_INLINE __u64 write_ipv4(struct iphdr *ip, __u32 udp_length)
{
    __be32 source = ip->daddr, destination = ip->saddr;
    __u64 addresses = (__u64)source + destination;
    __u32 *word = (__u32 *)ip;
    __u32 first = 0x45 | (__u32)bpf_htons(sizeof(*ip) + udp_length) << 16; /* no options; TOS 0 */
    __u32 second = (__u32)bpf_htons(IP_DF) << 16; /* ID 0: free in a datagram never fragmented (RFC 6864) */
    __u32 third = HOPS | IPPROTO_UDP << 8;

    word[0] = first;
    word[1] = second;
    word[2] = third | (__u32)(__u16)~fold_sum(addresses + first + second + third) << 16;
    word[3] = source;
    word[4] = destination;
    return pseudo_sum(udp_length) + addresses;
}

SL_INLINE __u64 write_ipv6(struct ipv6hdr *ip, __u32 udp_length)
{
    struct in6_addr source = ip->daddr;
    __u64 sum = pseudo_sum(udp_length);

    *(__be32 *)ip = bpf_htonl(0x60000000);
    ip->payload_len = bpf_htons(udp_length);
    ip->hop_limit = HOPS;
    ip->daddr = ip->saddr;
    ip->saddr = source;
#pragma unroll
    for (int i = 0; i < 4; i++) sum += (__u64)ip->saddr.in6_u.u6_addr32[i] + ip->daddr.in6_u.u6_addr32[i];
    return sum;
}

/*
 * Writes ports and length; returns their sum. The checksum stays 0 until all is known. By words of 32 bits, whose sum
 * folds to that of their halves.
 */
SL_INLINE __u64 write_udp(struct udphdr *udp, __u32 udp_length)
{
    __u32 *word = (__u32 *)udp, ports = word[0], length = FIELDS(udp_length, 0);

    word[0] = ports >> 16 | ports << 16;
    word[1] = length;
    return (__u64)ports + length;
}

/* AA unless refused, RD and CD as asked, the rest zero (DESIGN 4.1); the one question. */
SL_INLINE __u64 write_dns_header(struct dns_header *dns, const struct query *q, const struct reply *r)
{
    __u32 *word = (__u32 *)dns;
    __u32 kept = word[0] & FIELDS(0xffff, DNS_RD | DNS_CD);
    __u32 flags = DNS_QR | (r->rcode == DNS_REFUSED ? 0 : DNS_AA) | r->rcode;
    __u32 first = kept | FIELDS(0, flags), second = FIELDS(1, r->answer_count), third = FIELDS(r->soa ? 1 : 0, q->opt);

    word[0] = first;
    word[1] = second;
    word[2] = third;
    return (__u64)first + second + third;
}

/* Rewrites all headers for a datagram of `udp_length` bytes; returns their sum, 0 if the packet is too short (it is
 * not). */
SL_INLINE __u64 write_headers(struct xdp_md *ctx, const struct query *q, const struct reply *r, __u32 udp_length)
{
    struct ethhdr *eth = packet_at(ctx, 0, sizeof(*eth));
    __u32 l3 = q->l3;
    __u64 sum;
    void *ip;

    if (!eth || l3 > 14 + 8) return 0;
    if (q->ipv6) {
        ip = packet_at(ctx, l3, sizeof(struct ipv6hdr) + sizeof(struct udphdr) + DNS_HEADER_SIZE);
        if (!ip) return 0;
        sum = write_ipv6(ip, udp_length);
        ip += sizeof(struct ipv6hdr);
    } else {
        ip = packet_at(ctx, l3, sizeof(struct iphdr) + sizeof(struct udphdr) + DNS_HEADER_SIZE);
        if (!ip) return 0;
        sum = write_ipv4(ip, udp_length);
        ip += sizeof(struct iphdr);
    }
    swap_macs(eth);
    sum += write_udp(ip, udp_length);
    return sum + write_dns_header(ip + sizeof(struct udphdr), q, r);
}

/* A place in the packet, and the packet's end: what several writes nearby are checked against. */
struct place {
    void *at, *end;
};

/* Copies `size` bytes, a constant number of words, to `offset` behind the place. */
SL_INLINE void copy_block(struct place to, __u64 offset, const void *from, __u32 size)
{
    __u64 *word = to.at + offset;

    if ((void *)word + size > to.end) return;
#pragma unroll
    for (__u32 i = 0; i < size / 8; i++) word[i] = ((const __u64 *)(from + offset))[i];
}

/* Copies `size` to twice as many bytes as two blocks that overlap. */
SL_INLINE void copy_two(struct place to, const void *from, __u64 length, __u32 size)
{
    __u64 last = length - size;

    opaque(last); /* or clang checks `length` instead, of which the verifier does not see that it is the same */
    copy_block(to, 0, from, size);
    copy_block(to, last, from, size);
}

/* Copies 8 to COPY_MAX bytes. */
SL_INLINE void copy_words(struct place to, const void *from, __u64 length)
{
    if (length <= 16)
        copy_two(to, from, length, 8);
    else if (length <= 32)
        copy_two(to, from, length, 16);
    else if (length <= 64)
        copy_two(to, from, length, 32);
    else
        copy_two(to, from, length, 64);
}
SL_ASSERT(COPY_MAX == 128);

/* Stores the answer section's bytes at `offset` of the packet; returns their sum. */
SL_INLINE __u64 store_body(struct xdp_md *ctx, const struct reply *r, __u64 offset)
{
    const struct sl_answer *answer = r->answer;
    __u64 length = r->body_length;
    struct place to;

    opaque(length);
    opaque(offset);
    if (!answer || length < 1 || length > SL_UDP_PAYLOAD_MAX || offset > QUESTION_END_MAX) return 0;
    to.at = (void *)(long)ctx->data + offset;
    to.end = (void *)(long)ctx->data_end;
    if (length < 8 || length > COPY_MAX)
        bpf_xdp_store_bytes(ctx, offset, (void *)(answer + 1), length);
    else
        copy_words(to, answer + 1, length);
    return r->body_sum;
}

SL_ASSERT(SL_SOA_MIN >= 8); /* copy_words() */

/* Holds any offset in an SOA, and bounds what an unsound record has for one. */
#define SOA_OFFSET_MASK 0x3ff
SL_ASSERT(SL_SOA_MAX <= SOA_OFFSET_MASK);

SL_INLINE void store_pointer(struct place soa, __u32 offset, __be16 pointer)
{
    __be16 *to = soa.at + (offset & SOA_OFFSET_MASK);

    if ((void *)(to + 1) <= soa.end) *to = pointer;
}

/* Stores the SOA, its names pointing into the question; `odd` is the parity of its offset in the message. */
SL_INLINE __u64 store_soa(struct xdp_md *ctx, const struct reply *r, __u64 offset, __u32 odd)
{
    const struct sl_zone_record *soa = r->soa;
    __be16 pointer = bpf_htons(0xc000 | r->apex);
    __u64 length = r->soa_length;
    struct place to;

    opaque(length);
    opaque(offset);
    if (!soa || length < SL_SOA_MIN) return 0;
    /* Or clang makes one compare of both limits, on a copy: that need not tell the verifier of the length itself. */
    opaque(length);
    if (length > SL_SOA_MAX || offset > REPLY_END_MAX) return 0;
    to.at = (void *)(long)ctx->data + offset;
    to.end = (void *)(long)ctx->data_end;
    if (length > COPY_MAX)
        bpf_xdp_store_bytes(ctx, offset, (void *)(soa + 1), length);
    else
        copy_words(to, soa + 1, length);
    store_pointer(to, 0, pointer);
    store_pointer(to, soa->pointers[0], pointer);
    store_pointer(to, soa->pointers[1], pointer);
    return ((__u64)pointer * soa->weight + soa->sum) << (8 * odd);
}

/*
 * The client subnet option as asked, with our scope (RFC 7871 section 7.2.1), at `offset`; returns its sum. The address
 * goes first, each word over what the one before wrote too much in front: the packet ends with its last byte.
 */
SL_INLINE __u64 store_ecs(struct xdp_md *ctx, const struct query *q, const struct reply *r, __u32 offset)
{
    __u64 word = q->ecs | ECS_SCOPE(r->scope), sum = add_word(0, word);
    __u32 octets = q->ecs_octets & 31, address = offset + ECS_SIZE;
    __u64 *to;

    if (octets) {
        to = packet_at(ctx, address + octets - 8, 8);
        if (!to) return 0;
        *to = q->client[octets > 8] << (-8 * octets & 63);
        sum = add_word(add_word(sum, q->client[0]), q->client[1]);
    }
    if (octets > 8) {
        to = packet_at(ctx, address, 8);
        if (!to) return 0;
        *to = q->client[0];
    }
    to = packet_at(ctx, offset, ECS_SIZE);
    if (!to) return 0;
    *to = word;
    return sum;
}

/* RFC 6891 section 6.1.3 and 7: our payload size, version 0, DO as asked. */
SL_INLINE __u64 store_opt(struct xdp_md *ctx, const struct query *q, const struct reply *r, __u32 offset, __u32 odd)
{
    __be16 length = bpf_htons(opt_length(q) - sizeof(struct opt_record));
    __u64 head = OPT_HEAD | (__u64)bpf_htons(config.udp_payload) << 24 | (__u64)q->dnssec_ok << 56;
    __u64 sum = add_word(0, head);
    struct opt_record *opt;

    opaque(offset);
    if (offset > REPLY_END_MAX) return 0;
    opt = packet_at(ctx, offset, sizeof(*opt));
    if (!opt) return 0;
    store_word(opt->head, head);
    opt->flags_low = 0;
    store_half(opt->length, length);
    /* What follows the flags is at odd offsets. */
    if (q->ecs) sum += ((__u64)length + store_ecs(ctx, q, r, offset + sizeof(*opt))) << 8;
    return sum << (8 * odd);
}

/* Appends the sections behind the question; returns their sum. */
SL_INLINE __u64 write_sections(struct xdp_md *ctx, const struct query *q, const struct reply *r)
{
    __u32 question = DNS_HEADER_SIZE + q->name_length + 4; /* end of the question in the message */
    __u32 at = question;
    __u64 sum = 0;

    if (r->body_length) {
        sum += store_body(ctx, r, q->dns + at);
        at += r->body_length;
    }
    if (r->soa) {
        sum += store_soa(ctx, r, q->dns + at, at & 1);
        at += r->soa_length;
    }
    if (q->opt) sum += store_opt(ctx, q, r, q->dns + at, at & 1);
    return sum;
}

SL_INLINE int write_checksum(struct xdp_md *ctx, const struct query *q, __u64 sum)
{
    __u32 offset = q->dns - sizeof(struct udphdr);
    struct udphdr *udp;
    __u16 check;

    if (config.udp4_zero_sum && !q->ipv6) return GO_ON;
    opaque(offset); /* or clang 19 checks the end of the header, found otherwise than the header */
    if (offset > DNS_OFFSET_MAX) return SL_REASON_BUG;
    udp = packet_at(ctx, offset, sizeof(*udp));
    if (!udp) return SL_REASON_BUG;
    check = ~fold_sum(sum);
    udp->check = check ? check : 0xffff; /* RFC 768: a sum of zero is sent as all ones */
    return GO_ON;
}

/* Mostly the frame ends with the message, which comparing tells sooner than asking. */
SL_INLINE __u32 frame_length(struct xdp_md *ctx, const struct query *q)
{
    __u32 end = q->end;

    opaque(end);
    if (end <= QUERY_END_MAX && packet_at(ctx, end, 0) && !packet_at(ctx, end, 1)) return end;
    return bpf_xdp_get_buff_len(ctx);
}

SL_INLINE int write_reply(struct xdp_md *ctx, struct query *q, struct reply *r)
{
    __u32 message, kept;
    __u64 sum;
    int reason;

    kept = q->dns + DNS_HEADER_SIZE + q->name_length + 4;
    message = DNS_HEADER_SIZE + q->name_length + 4 + r->body_length + r->soa_length + opt_length(q);
    if (message > q->limit) return SL_REASON_SIZE;
    reason = make_room(ctx, (int)(q->dns + message) - (int)frame_length(ctx, q), kept);
    if (reason != GO_ON) return reason;
    sum = write_headers(ctx, q, r, sizeof(struct udphdr) + message);
    sum += q->question_sum + write_sections(ctx, q, r);
    return write_checksum(ctx, q, sum);
}

#endif
