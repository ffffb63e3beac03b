/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stage 1: from the frame to the DNS header. Accepts exactly what DESIGN 4.1 lists: Ethernet to our MAC, up to two VLAN
 * tags, IPv4 without options or fragments, IPv6 without extension headers, UDP to a configured endpoint, a source that
 * can be a client, lengths that agree, the header of a plain query.
 */
#ifndef SPLITLINE_BPF_PACKET_H
#define SPLITLINE_BPF_PACKET_H

#include <bpf/bpf_endian.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include "bpf/query.h"

#define VLAN_TAGS_MAX 2
#define IP_DF 0x4000
/* Shortest message with a question: header, root name, type, class. */
#define DNS_SIZE_MIN (DNS_HEADER_SIZE + 5)

struct vlan_tag {
    __be16 control;
    __be16 protocol;
};

struct dns_header {
    __be16 id;
    __be16 flags;
    __be16 questions;
    __be16 answers;
    __be16 authorities;
    __be16 additionals;
};

#define DNS_QR 0x8000
#define DNS_OPCODE 0x7800
#define DNS_AA 0x0400
#define DNS_TC 0x0200
#define DNS_RD 0x0100
#define DNS_CD 0x0010

/* Steps over Ethernet and VLAN tags; sets q->l3 and returns the protocol in network order, 0 if the frame is too short.
 */
SL_INLINE __u16 parse_ethernet(struct xdp_md *ctx, struct query *q)
{
    struct ethhdr *eth = packet_at(ctx, 0, sizeof(*eth));
    __u32 offset = sizeof(*eth);
    __u16 protocol;

    if (!eth) return 0;
    protocol = load_half(&eth->h_proto);
#pragma unroll
    for (int i = 0; i < VLAN_TAGS_MAX; i++) {
        struct vlan_tag *tag;

        if (protocol != bpf_htons(ETH_P_8021Q) && protocol != bpf_htons(ETH_P_8021AD)) break;
        tag = packet_at(ctx, offset, sizeof(*tag));
        if (!tag) return 0;
        protocol = tag->protocol;
        offset += sizeof(*tag);
    }
    q->l3 = offset;
    return protocol;
}

SL_INLINE int mac_is_ours(struct xdp_md *ctx)
{
    struct ethhdr *eth = packet_at(ctx, 0, sizeof(*eth));

    if (!config.check_mac) return 1;
    if (!eth) return 0;
    return load_word(eth->h_dest) << 16 == config.mac << 16;
}

SL_INLINE int listens4(__be32 address, __be16 port)
{
    for (__u32 i = 0; i < SL_LISTEN_MAX; i++) {
        if (i >= config.listen_count) break;
        if (config.listen[i].family == 4 && config.listen[i].address[0] == address && config.listen[i].port == port)
            return 1;
    }
    return 0;
}

SL_INLINE int listens6(const struct in6_addr *address, __be16 port)
{
    const __be32 *words = address->in6_u.u6_addr32;

    for (__u32 i = 0; i < SL_LISTEN_MAX; i++) {
        if (i >= config.listen_count) break;
        if (config.listen[i].family == 6 && config.listen[i].port == port && config.listen[i].address[0] == words[0] &&
            config.listen[i].address[1] == words[1] && config.listen[i].address[2] == words[2] &&
            config.listen[i].address[3] == words[3])
            return 1;
    }
    return 0;
}

/* Unspecified network, loopback, multicast, class E, broadcast, this host. */
SL_INLINE int cannot_be_client4(__be32 address)
{
    __u8 first = bpf_ntohl(address) >> 24;

    if (first == 0 || first == 127 || first >= 224) return 1;
    if (!(config.own4_filter >> sl_own_bit(address) & 1)) return 0;
    for (__u32 i = 0; i < SL_OWN_MAX; i++) {
        if (i >= config.own4_count) break;
        if (config.own4[i] == address) return 1;
    }
    return 0;
}

/* Unspecified, loopback, v4-mapped and v4-compatible (never on a wire), multicast, this host. */
SL_INLINE int cannot_be_client6(const struct in6_addr *address)
{
    const __be32 *words = address->in6_u.u6_addr32;

    if (address->in6_u.u6_addr8[0] == 0xff) return 1;
    if (words[0] == 0 && words[1] == 0 && (words[2] == 0 || words[2] == bpf_htonl(0xffff))) return 1;
    if (!(config.own6_filter >> sl_own_bit(words[3]) & 1)) return 0;
    for (__u32 i = 0; i < SL_OWN_MAX; i++) {
        if (i >= config.own6_count) break;
        if (config.own6[i][0] == words[0] && config.own6[i][1] == words[1] && config.own6[i][2] == words[2] &&
            config.own6[i][3] == words[3])
            return 1;
    }
    return 0;
}

/* Sum of a 20-byte IPv4 header; 0xffff when its checksum is right. */
SL_INLINE __u16 sum_ipv4(const struct iphdr *ip)
{
    const __u32 *word = (const __u32 *)ip;

    return fold_sum((__u64)word[0] + word[1] + word[2] + word[3] + word[4]);
}

/* Whether the header is without options, the datagram no fragment, its payload UDP: what may be answered, in as few
 * comparisons as can be. */
SL_INLINE int is_plain_udp4(const struct iphdr *ip)
{
    return *(const __u8 *)ip == 0x45 &&
           (load_fields(&ip->frag_off) & FIELDS(0xffff & ~IP_DF, 0x00ff)) == FIELDS(0, IPPROTO_UDP);
}

/* Why it is not. */
SL_INLINE int refuse_ipv4(const struct iphdr *ip)
{
    if (ip->version != 4 || ip->ihl < 5) return SL_REASON_IP_HEADER;
    return ip->protocol == IPPROTO_UDP ? SL_REASON_IP_HEADER : SL_REASON_NOT_OURS;
}

SL_INLINE int parse_ipv4(struct xdp_md *ctx, struct query *q, __u32 l3)
{
    struct iphdr *ip = packet_at(ctx, l3, sizeof(*ip) + sizeof(struct udphdr));
    struct udphdr *udp;
    __u32 total;

    if (!ip) return SL_REASON_NOT_OURS;
    if (!is_plain_udp4(ip)) return refuse_ipv4(ip);
    udp = (void *)(ip + 1);
    if (!listens4(ip->daddr, udp->dest)) return SL_REASON_NOT_OURS;
    if (!mac_is_ours(ctx)) return SL_REASON_MAC;
    total = bpf_ntohs(ip->tot_len);
    if (!packet_at(ctx, l3 + total, 0) || sum_ipv4(ip) != 0xffff) return SL_REASON_IP_HEADER;
    if (cannot_be_client4(ip->saddr) || udp->source == 0) return SL_REASON_SOURCE;
    if (total != sizeof(*ip) + bpf_ntohs(udp->len) || total < sizeof(*ip) + sizeof(*udp) + DNS_SIZE_MIN)
        return SL_REASON_UDP_LENGTH;
    __builtin_memcpy(q->client, &ip->saddr, 4);
    q->client_ipv6 = 0;
    q->ipv6 = 0;
    q->dns = l3 + sizeof(*ip) + sizeof(*udp);
    q->end = l3 + total;
    return GO_ON;
}

SL_INLINE int parse_ipv6(struct xdp_md *ctx, struct query *q, __u32 l3)
{
    struct ipv6hdr *ip = packet_at(ctx, l3, sizeof(*ip) + sizeof(struct udphdr));
    struct udphdr *udp;
    __u32 payload;

    if (!ip) return SL_REASON_NOT_OURS;
    if (ip->version != 6) return SL_REASON_IP_HEADER;
    if (ip->nexthdr == IPPROTO_TCP || ip->nexthdr == IPPROTO_ICMPV6) return SL_REASON_NOT_OURS;
    if (ip->nexthdr != IPPROTO_UDP) return SL_REASON_IP_HEADER;
    udp = (void *)(ip + 1);
    if (!listens6(&ip->daddr, udp->dest)) return SL_REASON_NOT_OURS;
    if (!mac_is_ours(ctx)) return SL_REASON_MAC;
    payload = bpf_ntohs(ip->payload_len);
    if (!packet_at(ctx, l3 + sizeof(*ip) + payload, 0)) return SL_REASON_IP_HEADER;
    if (cannot_be_client6(&ip->saddr) || udp->source == 0) return SL_REASON_SOURCE;
    if (udp->check == 0) return SL_REASON_UDP_LENGTH; /* RFC 8200 section 8.1: not to be received */
    if (payload != bpf_ntohs(udp->len) || payload < sizeof(*udp) + DNS_SIZE_MIN) return SL_REASON_UDP_LENGTH;
    __builtin_memcpy(q->client, &ip->saddr, 16);
    q->client_ipv6 = 1;
    q->ipv6 = 1;
    q->dns = l3 + sizeof(*ip) + sizeof(*udp);
    q->end = l3 + sizeof(*ip) + payload;
    return GO_ON;
}

/* A query (opcode 0, QR and TC clear) of one question, with no records but one that may be an OPT. Other flags do not
 * matter. */
SL_INLINE int check_dns_header(struct xdp_md *ctx, struct query *q)
{
    struct dns_header *dns;

    if (q->dns > DNS_OFFSET_MAX) return SL_REASON_BUG;
    dns = packet_at(ctx, q->dns, sizeof(*dns));
    if (!dns) return SL_REASON_UDP_LENGTH;
    if ((load_fields(&dns->flags) & FIELDS(DNS_QR | DNS_OPCODE | DNS_TC, 0xffff)) != FIELDS(0, 1))
        return SL_REASON_DNS_HEADER;
    if (load_fields(&dns->answers) || (dns->additionals & ~bpf_htons(1))) return SL_REASON_DNS_HEADER;
    q->opt = dns->additionals != 0;
    return GO_ON;
}

/* Sets l3, dns, end, ipv6, client, client_ipv6, opt. */
SL_INLINE int parse_packet(struct xdp_md *ctx, struct query *q)
{
    __u16 protocol;
    int reason;

    protocol = parse_ethernet(ctx, q);
    if (q->l3 > 14 + 8) return SL_REASON_BUG;
    if (protocol == bpf_htons(ETH_P_IP))
        reason = parse_ipv4(ctx, q, q->l3);
    else if (protocol == bpf_htons(ETH_P_IPV6))
        reason = parse_ipv6(ctx, q, q->l3);
    else
        return SL_REASON_NOT_IP;
    if (reason != GO_ON) return reason;
    return check_dns_header(ctx, q);
}

#endif
