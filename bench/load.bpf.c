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

/* Runs in vain before what is under way is given up: some 50 ms. */
#define PATIENCE (1 << 20)
/* A sender that was kept from its work for longer does not catch up. */
#define LATE_NS 100000

struct frame {
    struct ethhdr eth;
    struct iphdr ip;
    struct udphdr udp;
    __be16 id, flags, counts[4];
    struct load_question question;
    struct load_record record;
} __attribute__((packed));

static __u64 seen, stalled, due;

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
        id = ((const struct frame*)query->frame)->id;
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

SL_INLINE __u32 number_of(const struct load_question* question) {
    __u32 number = 0;

#pragma unroll
    for (int i = 0; i < 7; i++) number = number * 10 + (question->digits[i] - '0');
    return number;
}

/* Whether `size` bytes differ; with constants it becomes a few words' comparisons (there is no memcmp() in BPF). */
SL_INLINE int differ(const void* at, const char* expected, __u32 size) {
    __u64 difference = 0;
    __u32 i = 0;

#pragma unroll
    for (; i + 8 <= size; i += 8) difference |= *(const __u64*)(at + i) ^ *(const __u64*)(expected + i);
#pragma unroll
    for (; i < size; i++) difference |= *(const __u8*)(at + i) ^ (__u8)expected[i];
    return difference != 0;
}

SL_INLINE __u32 judge(const struct frame* reply, const void* end) {
    const int echo = settings.expect == LOAD_EXPECT_ECHO;
    __u32 client = bpf_ntohl(reply->ip.daddr), number = number_of(&reply->question), internal, address;

    if (differ(reply->question.head, LOAD_HEAD, sizeof(reply->question.head)) ||
        differ(reply->question.tail, LOAD_TAIL, sizeof(reply->question.tail)))
        return LOAD_WRONG_QUESTION;
    if (reply->id != load_id(number, client)) return LOAD_WRONG_ID;
    if (echo) return LOAD_RIGHT;
    if ((reply->flags & ~bpf_htons(0x0100)) != bpf_htons(0x8400) || reply->counts[0] != bpf_htons(1) ||
        reply->counts[1] != bpf_htons(1))
        return LOAD_WRONG_HEADER;
    if ((const void*)(reply + 1) > end || differ(reply->record.head, LOAD_RECORD_HEAD, sizeof(reply->record.head)) ||
        differ(reply->record.length, LOAD_RECORD_LENGTH, sizeof(reply->record.length)))
        return LOAD_WRONG_RECORD;
    internal = settings.expect == LOAD_EXPECT_GEO && load_is_internal(client);
    address = (__u32)reply->record.address[0] << 24 | (__u32)reply->record.address[1] << 16 |
              (__u32)reply->record.address[2] << 8 | reply->record.address[3];
    if (address == load_address(number, internal)) return LOAD_RIGHT;
    return address == load_address(number, !internal) ? LOAD_WRONG_LINE : LOAD_WRONG_RECORD;
}

SEC("xdp")
int judge_answer(struct xdp_md* ctx) {
    const struct frame* reply = (void*)(long)ctx->data;
    const void* end = (void*)(long)ctx->data_end;
    __u32 verdict;

    /* A reflected query ends with its question. */
    if ((const void*)&reply->record > end) return XDP_PASS;
    if (reply->eth.h_proto != bpf_htons(ETH_P_IP) || *(const __u8*)&reply->ip != 0x45 ||
        reply->ip.protocol != IPPROTO_UDP || reply->udp.source != bpf_htons(53) ||
        (reply->ip.daddr & bpf_htonl(LOAD_CLIENTS_MASK)) != bpf_htonl(LOAD_CLIENTS))
        return XDP_PASS;
    verdict = judge(reply, end);
    if (verdict < LOAD_VERDICTS) results.verdicts[verdict]++;
    if (settings.timed) count_latency(reply->id);
    results.received++;
    return XDP_DROP;
}
