/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The load of peers.sh, all in the kernel: nothing in userspace could saturate a server that answers from XDP.
 *
 * `send_query` runs under BPF_PROG_TEST_RUN with live frames: each run makes the frame the next prepared query and
 * redirects it into a veth, whose other end receives it with the tailroom that a NIC's driver leaves. No more than
 * `window` queries are under way, so that a server has always work and is never drowned: what it drops would cost its
 * core time and be no answer. `judge_answer` runs on that same veth end, where the answers arrive: it judges every
 * single one and keeps it.
 */
#include <bpf/bpf_endian.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include "bench/load.h"
#include "bench/queries.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

volatile const struct load_settings settings;
volatile struct load_results results;

/* When the query with this id was sent. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1 << 16);
    __type(key, __u32);
    __type(value, __u64);
} sent_at SEC(".maps");

/* Runs in vain before what is under way is given up: some 200 ms, for others may have the server's core meanwhile. */
#define PATIENCE (1 << 22)
/* A sender that was kept from its work for longer does not catch up. */
#define LATE_NS 100000

struct header {
    __be16 id, words[5]; /* flags and counts */
};

/* The sender's; start() (load_generator.cpp) sets the first two anew. */
__u64 seen, stalled;
static __u64 due;

/* Like all that follows from the settings, a constant when the program is loaded. */
SL_INLINE __u32 dns_offset(void) {
    return sizeof(struct ethhdr) + (settings.kind.ipv6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr)) +
           sizeof(struct udphdr);
}

SL_INLINE __u32 subnet_octets(void) {
    return settings.kind.ipv6 ? LOAD_SUBNET_OCTETS6 : LOAD_SUBNET_OCTETS;
}

SL_INLINE int may_send(void) {
    __u64 received = results.received;

    if ((__s64)(results.sent - results.lost - received) < (__s64)settings.window) return 1;
    if (received != seen) {
        seen = received;
        stalled = 0;
    } else if (++stalled == PATIENCE) {
        results.lost = results.sent - received;
        stalled = 0;
    }
    return 0;
}

SL_INLINE int is_due(__u64 now) {
    if (now < due) return 0;
    due = now - due > LATE_NS ? now + settings.interval : due + settings.interval;
    return 1;
}

SEC("xdp")
int send_query(struct xdp_md* ctx) {
    __u32 zero = 0, id;
    __u64 now = 0, *time;
    const struct bench_query* query;
    struct bench_state* next;

    if (!may_send()) return XDP_DROP;
    if (settings.timed) {
        now = bpf_ktime_get_ns();
        if (settings.interval && !is_due(now)) return XDP_DROP;
    }
    next = bpf_map_lookup_elem(&state, &zero);
    if (!next) return XDP_ABORTED;
    next->next++;
    query = current_query(next);
    if (!query || write_query(ctx, query)) return XDP_ABORTED;
    if (settings.timed) {
        id = ((const struct header*)(query->frame + dns_offset()))->id;
        time = bpf_map_lookup_elem(&sent_at, &id);
        if (time) *time = now;
    }
    results.sent++;
    return bpf_redirect(settings.device, 0);
}

SL_INLINE void count_latency(__u32 id) {
    __u64* time = bpf_map_lookup_elem(&sent_at, &id);
    __u64 taken, rest;
    __u32 power = 0, cell;

    if (!time) return;
    taken = bpf_ktime_get_ns() - *time;
    rest = taken >> LOAD_LATENCY_BITS;
    for (int i = 0; i < 40 && rest > 1; i++, rest >>= 1) power++;
    cell = (power << LOAD_LATENCY_BITS) + (taken >> power);
    if (cell < LOAD_LATENCY_CELLS) results.latency[cell]++;
}

/* Whether `size` bytes differ; with a constant size it is a few words' comparisons (there is no memcmp() in BPF). */
SL_INLINE int differ(const void* at, const volatile void* expected, __u32 size) {
    __u64 difference = 0;
    __u32 i = 0;

#pragma unroll
    for (; i + 8 <= size; i += 8) difference |= *(const __u64*)(at + i) ^ *(const volatile __u64*)(expected + i);
#pragma unroll
    for (; i < size; i++) difference |= *(const __u8*)(at + i) ^ *(const volatile __u8*)(expected + i);
    return difference != 0;
}

/* A frame taken apart. */
struct reply {
    const __u8* client; /* address */
    const struct header* header;
    const __u8 *head, *digits, *tail; /* of the question */
    const struct load_record* record;
    const struct load_opt* opt;
    const void* end;
    __u32 datagram; /* bytes from UDP's header to the frame's end */
    int whole;      /* whether IP and UDP say so too */
};

/* 0 if it is for one of our clients and has a question. */
SL_INLINE int take_apart(const struct xdp_md* ctx, struct reply* reply) {
    const void *data = (void*)(long)ctx->data, *end = (void*)(long)ctx->data_end;
    const struct ethhdr* eth = data;
    const struct udphdr* udp = data + dns_offset() - sizeof(*udp);
    const struct ipv6hdr* ip6 = data + sizeof(*eth);
    const struct iphdr* ip = data + sizeof(*eth);

    reply->header = data + dns_offset();
    reply->head = (const void*)(reply->header + 1);
    reply->digits = reply->head + LOAD_HEAD_SIZE;
    reply->tail = reply->digits + LOAD_DIGITS_SIZE + settings.kind.labels * LOAD_LABEL_SIZE;
    reply->record = (const void*)(reply->tail + LOAD_TAIL_SIZE);
    reply->opt = (const void*)(reply->record + 1);
    reply->end = end;
    /* A reflected query ends with its question. */
    if ((const void*)reply->record > end || udp->source != bpf_htons(53)) return -1;
    reply->datagram = end - (const void*)udp;
    reply->whole = udp->len == bpf_htons(reply->datagram);
    if (settings.kind.ipv6) {
        reply->whole &= ip6->payload_len == udp->len;
        reply->client = ip6->daddr.s6_addr;
        return eth->h_proto != bpf_htons(ETH_P_IPV6) || ip6->nexthdr != IPPROTO_UDP ||
               (ip6->daddr.s6_addr32[0] & bpf_htonl(LOAD_CLIENTS6_MASK)) != bpf_htonl(LOAD_CLIENTS6);
    }
    reply->whole &= ip->tot_len == bpf_htons(reply->datagram + sizeof(*ip));
    reply->client = (const void*)&ip->daddr;
    return eth->h_proto != bpf_htons(ETH_P_IP) || *(const __u8*)ip != 0x45 || ip->protocol != IPPROTO_UDP ||
           (ip->daddr & bpf_htonl(LOAD_CLIENTS_MASK)) != bpf_htonl(LOAD_CLIENTS);
}

SL_INLINE __u32 judge_address(const struct reply* reply, const __u8* subnet) {
    const __u8* octets = reply->record->address;
    __u32 number = settings.kind.wildcard ? LOAD_WILDCARD : load_number(reply->digits);
    __u32 address = (__u32)octets[0] << 24 | (__u32)octets[1] << 16 | (__u32)octets[2] << 8 | octets[3];
    int internal = settings.expect == LOAD_EXPECT_GEO && load_is_internal(subnet, settings.kind.ipv6);

    if (reply->record->length != bpf_htons(sizeof(reply->record->address))) return LOAD_WRONG_RECORD;
    if (address == load_address(number, internal)) return LOAD_RIGHT;
    return address == load_address(number, !internal) ? LOAD_WRONG_LINE : LOAD_WRONG_RECORD;
}

SL_INLINE __u32 judge_record(const struct reply* reply, const __u8* subnet) {
    if ((const void*)(reply->record + 1) > reply->end ||
        differ(reply->record->head, settings.kind.answer.head, sizeof(reply->record->head)))
        return LOAD_WRONG_RECORD;
    return settings.kind.address ? judge_address(reply, subnet) : LOAD_RIGHT;
}

/* Whether all ends where the record, which has been judged, and what comes behind it end. */
SL_INLINE int is_whole(const struct reply* reply) {
    __u32 behind = settings.behind;

    if (settings.expect != LOAD_EXPECT_ECHO && !behind) {
        if (settings.kind.record)
            behind = __builtin_offsetof(struct load_record, address) + bpf_ntohs(reply->record->length);
        if (settings.kind.subnet) behind += __builtin_offsetof(struct load_opt, subnet) + subnet_octets();
    }
    return reply->whole && reply->end - (const void*)reply->record == behind;
}

SL_INLINE int is_header_wrong(const struct header* header) {
    return (header->words[0] & ~bpf_htons(0x0100)) != settings.kind.header[0] ||
           differ(header->words + 1, settings.kind.header + 1, sizeof(__be16[4]));
}

/* The header comes first: an error needs no OPT. */
SL_INLINE __u32 judge(const struct reply* reply) {
    const int ipv6 = settings.kind.ipv6, echo = settings.expect == LOAD_EXPECT_ECHO;
    const __u8* subnet = reply->client; /* whose line it is */
    __u32 sender = load_client(reply->client, ipv6), verdict = LOAD_RIGHT;

    if (differ(reply->head, settings.kind.head, LOAD_HEAD_SIZE) ||
        differ(reply->tail, settings.kind.tail, LOAD_TAIL_SIZE))
        return LOAD_WRONG_QUESTION;
    if (!echo && is_header_wrong(reply->header)) return LOAD_WRONG_HEADER;
    if (settings.kind.subnet) {
        subnet = reply->opt->subnet;
        if ((const void*)(subnet + subnet_octets()) > reply->end ||
            differ(reply->opt->head, settings.kind.opt.head, sizeof(reply->opt->head)) ||
            differ(reply->opt->rest, settings.kind.opt.rest, sizeof(reply->opt->rest)))
            return LOAD_WRONG_OPT;
        sender ^= load_subnet(subnet, ipv6) * LOAD_FACTOR;
    }
    if (reply->header->id != load_id(load_key(reply->digits, settings.kind.labels), sender)) return LOAD_WRONG_ID;
    if (!echo && settings.kind.record) verdict = judge_record(reply, subnet);
    return verdict != LOAD_RIGHT || is_whole(reply) ? verdict : LOAD_WRONG_LENGTH;
}

SEC("xdp")
int judge_answer(struct xdp_md* ctx) {
    struct reply reply;
    __u32 verdict;

    if (take_apart(ctx, &reply)) return XDP_PASS;
    verdict = judge(&reply);
    if (verdict < LOAD_VERDICTS) results.verdicts[verdict]++;
    if (verdict == LOAD_RIGHT) results.behind = reply.end - (const void*)reply.record;
    if (settings.timed) count_latency(reply.header->id);
    results.received++;
    return XDP_DROP;
}
