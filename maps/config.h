/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the daemon fixes when it loads the program: constants to the verifier, so that unused features cost nothing. One
 * program is loaded for each interface; changing any of this loads a new one and swaps it in.
 */
#ifndef SPLITLINE_MAPS_CONFIG_H
#define SPLITLINE_MAPS_CONFIG_H

#include "maps/schema.h"

#define SL_LISTEN_MAX 16
#define SL_OWN_MAX 32

/* One address the program answers on. IPv4 uses address[0] alone. */
struct sl_endpoint {
    __u32 address[4]; /* network order */
    __u16 port;       /* network order */
    __u16 family;     /* 4 or 6 */
};
SL_ASSERT(sizeof(struct sl_endpoint) == 20);

struct sl_config {
    __u64 hash_seed;
    __u64 mac;          /* in its first six bytes, the interface's address; a frame to another one is not ours */
    __u32 bucket_mask;  /* buckets - 1; buckets is a power of two */
    __u32 listen_count; /* 0..SL_LISTEN_MAX */
    __u32 own4_count;   /* 0..SL_OWN_MAX: addresses of this host and its broadcast addresses: never a client */
    __u32 own6_count;
    __u64 own4_filter; /* has bit sl_own_bit() of each, or it is taken for a client; add_own_address() sets all these */
    __u64 own6_filter;
    __u16 udp_payload;   /* our EDNS payload size and the limit of every UDP response, 512..SL_UDP_PAYLOAD_MAX */
    __u8 check_mac;      /* 0 on interfaces without link-layer addresses */
    __u8 ecs;            /* SL_ECS_* */
    __u8 udp4_zero_sum;  /* 1 = IPv4 responses carry UDP checksum 0 (RFC 768) */
    __u8 handoff;        /* 1 = what is not answered goes to the resolver's sockets in map "resolver" */
    __u32 handoff_first; /* slot of this interface's receive queue 0 there */
    struct sl_endpoint listen[SL_LISTEN_MAX];
    __u32 own4[SL_OWN_MAX];    /* network order */
    __u32 own6[SL_OWN_MAX][4]; /* network order */
};

/* 0..63, from the last byte of an address, of which `word` holds the last four in network order. */
SL_INLINE __u32 sl_own_bit(__u32 word) { return word >> 24 & 63; }

#define SL_ECS_IGNORE 0 /* the option is unknown: neither used nor echoed */
#define SL_ECS_TRUST 1  /* every sender is believed */
#define SL_ECS_LISTED 2 /* senders in map "ecs_trust" are believed, others are ignored */

/* Slots of map "resolver" (XSKMAP) for each interface; queues beyond them go up the stack. */
#define SL_HANDOFF_QUEUES 128
/*
 * A socket's buffer for one frame, of which the kernel keeps the first 256 bytes (XDP_PACKET_HEADROOM), and the longest
 * frame that is handed off: a longer one would be lost.
 */
#define SL_HANDOFF_BUFFER 2048
#define SL_HANDOFF_FRAME_MAX (SL_HANDOFF_BUFFER - 256)

/*
 * map "ecs_trust": LPM_TRIE; key struct sl_ecs_sender, value __u8 (1). Written by the daemon. The family stands before
 * the address and is always compared whole, so that no IPv6 prefix covers an IPv4 sender.
 */
struct sl_ecs_sender {
    __u32 prefix_length; /* SL_ECS_FAMILY_BITS + 0..128 */
    __u32 family;        /* 4 or 6 */
    __u32 address[4];    /* network order, IPv4 in the first */
};
#define SL_ECS_FAMILY_BITS 32
SL_ASSERT(sizeof(struct sl_ecs_sender) == 24);

#endif
