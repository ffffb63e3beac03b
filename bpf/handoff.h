/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The short way to the resolver: a query that the program leaves unanswered is redirected, byte-identical, to the
 * resolver's AF_XDP socket on its receive queue, past the kernel's stack.
 *
 * A slot is filled while such a socket is served: the kernel empties it when the socket closes, however its daemon
 * ends. From an empty slot, as from a queue beyond the slots, the query goes up the stack like everything else.
 */
#ifndef SPLITLINE_BPF_HANDOFF_H
#define SPLITLINE_BPF_HANDOFF_H

#include "bpf/query.h"

/* map "resolver": the daemon's sockets. Each interface has SL_HANDOFF_QUEUES slots, its config's handoff_first and up.
 */
struct {
    __uint(type, BPF_MAP_TYPE_XSKMAP);
    __uint(max_entries, 1);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, sizeof(__u32));
} resolver SEC(".maps");

/*
 * The verdict for a packet that is left unanswered. Only what is proven to be a datagram to us (parse_packet() has come
 * to its payload) and fits a socket's buffer is the resolver's; the rest is the stack's.
 */
SL_INLINE int hand_off(struct xdp_md *ctx, const struct query *q)
{
    __u32 queue = ctx->rx_queue_index;

    if (!config.handoff || !q->dns || queue >= SL_HANDOFF_QUEUES) return XDP_PASS;
    if (bpf_xdp_get_buff_len(ctx) > SL_HANDOFF_FRAME_MAX) return XDP_PASS;
    return bpf_redirect_map(&resolver, config.handoff_first + queue, XDP_PASS);
}

#endif
