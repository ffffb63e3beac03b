/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The responder cut off behind each of its stages, to see what each costs: the very headers of bpf/ over the maps of a
 * loaded responder. Every program first makes the frame the next prepared query, as random_query.bpf.c does.
 */
#include "bench/queries.h"
#include "bpf/responder.bpf.c"

/* In the order of responder.bpf.c. */
enum stage { QUERY, PACKET, NAME, QUESTION, LOOKUP, ANSWER, REPLY, COUNT };

/* Makes the compiler believe that what the stages found is used. */
#define use(variable) asm volatile("" : : "r"(&(variable)) : "memory")

SL_INLINE int next_query(struct xdp_md* ctx) {
    __u32 zero = 0;
    struct bench_state* now = bpf_map_lookup_elem(&state, &zero);
    const struct bench_query* query;

    if (!now) return -1;
    now->next++;
    query = current_query(now);
    return query ? write_query(ctx, query) : -1;
}

SL_INLINE int run_stages(struct xdp_md* ctx, struct query* q, struct folded_name* name, struct reply* r,
                         enum stage last) {
    struct image image = {};
    int reason = GO_ON;

    if (last >= PACKET) reason = parse_packet(ctx, q);
    if (last >= NAME && reason == GO_ON) reason = scan_name(ctx, q, name);
    if (last >= QUESTION && reason == GO_ON) reason = read_question(ctx, q, name, &image);
    if (last < LOOKUP || reason != GO_ON) return reason;
    reason = look_up(q, name, &image);
    if (last >= ANSWER && reason == GO_ON) reason = choose_answer(q, name, r, &image);
    if (last >= REPLY && reason == GO_ON) reason = write_reply(ctx, q, r);
    return reason;
}

SL_INLINE int run_to(struct xdp_md* ctx, enum stage last) {
    struct query q = {};
    struct reply r = {};
    struct folded_name* name;
    __u32 zero = 0;
    int reason;

    if (next_query(ctx)) return XDP_ABORTED;
    if (last == QUERY) return XDP_TX;
    name = bpf_map_lookup_elem(&folded_names, &zero);
    reason = name ? run_stages(ctx, &q, name, &r, last) : SL_REASON_BUG;
    use(q);
    use(r);
    if (reason != GO_ON) return XDP_ABORTED;
    return last == COUNT ? answered(&q, &r) : XDP_TX;
}

#define STAGE(function, stage)                    \
    SEC("xdp") int function(struct xdp_md* ctx) { \
        return run_to(ctx, stage);                \
    }

STAGE(to_query, QUERY)
STAGE(to_packet, PACKET)
STAGE(to_name, NAME)
STAGE(to_question, QUESTION)
STAGE(to_lookup, LOOKUP)
STAGE(to_answer, ANSWER)
STAGE(to_reply, REPLY)
STAGE(to_count, COUNT)
