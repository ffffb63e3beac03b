/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Counters of the fast path. Every exit of the program raises exactly one reason; an answered query also raises its
 * line.
 *
 * map "reasons": PERCPU_ARRAY; key enum sl_reason; value __u64. map "lines": PERCPU_ARRAY; key line number; value
 * __u64. map "samples": PERCPU_ARRAY; key 0; value struct sl_samples. Written by the program on its own CPU's copy
 * only; read by the daemon.
 */
#ifndef SPLITLINE_MAPS_COUNTERS_H
#define SPLITLINE_MAPS_COUNTERS_H

#include "maps/schema.h"

/* X(identifier, metric label, explanation): the one list of reasons. The first four are answers, the rest pass the
 * packet. */
#define SL_REASONS(X)                                                                                       \
    X(ANSWER, "answer", "answered with records")                                                            \
    X(NODATA, "nodata", "answered: the name exists, the type does not")                                     \
    X(NXDOMAIN, "nxdomain", "answered: the name, or one its alias leads to, does not exist")                \
    X(REFUSED, "refused", "answered: the name is in no zone")                                               \
    X(NOT_IP, "not_ip", "not IPv4 or IPv6, or more than two VLAN tags")                                     \
    X(NOT_OURS, "not_ours", "not to a configured address and port over UDP")                                \
    X(MAC, "mac", "the destination MAC is not the interface's")                                             \
    X(IP_HEADER, "ip_header",                                                                               \
      "IPv4 options, a fragment, a bad IPv4 checksum, an IPv6 extension header, or lengths that disagree")  \
    X(SOURCE, "source", "a source that cannot be a client")                                                 \
    X(UDP_LENGTH, "udp_length", "UDP length disagrees or is too short for DNS, or IPv6 without a checksum") \
    X(DNS_HEADER, "dns_header", "not a plain query: QR, opcode, TC or section counts")                      \
    X(NAME, "name", "the query name is not whole labels within their limits")                               \
    X(CLASS, "class", "the query class is not IN")                                                          \
    X(QTYPE, "qtype", "a meta type: ANY, AXFR, OPT and their like")                                         \
    X(EDNS, "edns", "the additional record is not one plain OPT of version 0")                              \
    X(ECS, "ecs", "a malformed or unusual client subnet option")                                            \
    X(TRAILING, "trailing", "bytes behind the message")                                                     \
    X(NO_IMAGE, "no_image", "nothing is served yet, or the image is stale")                                 \
    X(DELEGATED, "delegated", "the name is below a delegation or a DNAME")                                  \
    X(LEFT_OUT, "left_out", "the name may be one that the table had no room for")                           \
    X(CHANGING, "changing", "the name changed too often for this packet's generation")                      \
    X(UNFIT, "unfit", "the answer is not kept in the table")                                                \
    X(SIZE, "size", "the answer exceeds the client's limit")                                                \
    X(ROOM, "room", "the frame cannot grow by the answer's size")                                           \
    X(BUG, "bug", "a bound the table guarantees did not hold")

enum sl_reason {
#define SL_REASON_ENUM(identifier, label, text) SL_REASON_##identifier,
    SL_REASONS(SL_REASON_ENUM)
#undef SL_REASON_ENUM
        SL_REASON_COUNT
};

/*
 * Which names of the table were asked: the hashes of those that every SL_SAMPLE_EVERY-th answer or so was made from.
 * Which answers those are is a matter of their count alone, spread so that no regular load hides from it.
 */
#define SL_SAMPLE_SHIFT 4
#define SL_SAMPLE_EVERY (1 << SL_SAMPLE_SHIFT)
#define SL_SAMPLES 2048
struct sl_samples {
    __u64 count; /* samples ever taken; sample n is in cell n % SL_SAMPLES */
    __u64 hash[SL_SAMPLES];
};

SL_INLINE int sl_is_sampled(__u64 count) { return (count * 0x9e3779b97f4a7c15ULL) >> (64 - SL_SAMPLE_SHIFT) == 0; }

/* Whether the packet was answered: the list starts with those reasons. */
SL_INLINE int sl_is_answer(enum sl_reason reason) { return reason <= SL_REASON_REFUSED; }

#endif
