/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The fast path: answers hot queries from the image in the maps and passes everything else, byte-identical, to the
 * stack.
 *
 * Reads like the flow: packet -> name -> image -> question, EDNS -> record and class -> answer -> reply. Every stage
 * returns GO_ON or the reason it leaves for; nothing is written to the packet before the last stage has made room, and
 * nothing is ever dropped.
 */
#include "bpf/closest_encloser.h"
#include "bpf/expiry.h"
#include "bpf/handoff.h"
#include "bpf/reply.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* What a packet is answered from. */
struct image {
    const struct sl_epoch *epoch;
    __u64 generation;
    const struct sl_bucket *bucket; /* the name's first one */
    struct object record;           /* the name's, unless a rarer search found it */
};

/* Counts the exit, each with exactly one reason, and names its verdict. */
SL_INLINE int leave(__u32 reason, int verdict)
{
    __u64 *count = bpf_map_lookup_elem(&reasons, &reason);

    if (count) *count += 1;
    return verdict;
}

/* Notes now and then which name of the table was asked; `count` are the answers of that line before this one. */
SL_INLINE void sample(const struct query *q, __u64 count)
{
    struct sl_samples *taken;
    __u32 zero = 0;

    if (!sl_is_sampled(count) || !q->hash) return;
    taken = bpf_map_lookup_elem(&samples, &zero);
    if (!taken) return;
    taken->hash[taken->count & (SL_SAMPLES - 1)] = q->hash;
    taken->count += 1;
}

SL_INLINE int answered(const struct query *q, const struct reply *r)
{
    __u32 line = r->line;
    __u64 *count = bpf_map_lookup_elem(&lines, &line);

    if (count) sample(q, (*count)++);
    if (r->rcode) return leave(r->rcode == DNS_REFUSED ? SL_REASON_REFUSED : SL_REASON_NXDOMAIN, XDP_TX);
    return leave(r->soa ? SL_REASON_NODATA : SL_REASON_ANSWER, XDP_TX);
}

/* What is served to this packet. The generation is read once; all that follows sees that one only (maps/control.h). */
SL_INLINE int open_image(struct image *image)
{
    struct sl_control *state;
    __u32 zero = 0;
    __u64 word;

    state = bpf_map_lookup_elem(&control, &zero);
    if (!state) return SL_REASON_BUG;
    word = *(volatile __u64 *)&state->word;
    if (!word || *(volatile __u32 *)&state->stale) return SL_REASON_NO_IMAGE;
    image->epoch = &state->epoch[SL_EPOCH_SLOT(word)];
    image->generation = SL_GENERATION(word);
    return GO_ON;
}

/* What follows the name; meanwhile the name's bucket and record are on their way. */
SL_INLINE int read_question(struct xdp_md *ctx, struct query *q, const struct folded_name *name, struct image *image)
{
    int reason = open_image(image);

    if (reason == GO_ON) image->bucket = touch_name(q, name, &image->epoch->homes);
    if (reason == GO_ON) reason = check_question(ctx, q);
    if (reason == GO_ON) reason = parse_edns(ctx, q);
    return reason;
}

SL_INLINE int read_query(struct xdp_md *ctx, struct query *q, struct folded_name *name, struct image *image)
{
    int reason = parse_packet(ctx, q);

    if (reason == GO_ON) reason = scan_name(ctx, q, name);
    if (reason == GO_ON) reason = read_question(ctx, q, name, image);
    return reason;
}

/* The name's record, or what stands for it. */
SL_INLINE int look_up(struct query *q, struct folded_name *name, struct image *image)
{
    int reason = name->absent > 1 ? deny_next_closer(q, name, image->generation) : GO_ON;

    if (reason == GO_ON) reason = find_name(q, name, image->bucket, image->epoch, image->generation, &image->record);
    name->absent = reason == NOT_FOUND;
    return reason == NOT_FOUND ? find_encloser(q, name, image->epoch, image->generation) : reason;
}

SL_INLINE int choose_answer(struct query *q, const struct folded_name *name, struct reply *r, const struct image *image)
{
    if (q->absence) return deny(q, name, r, image->generation);
    return find_answer(q, r, image->record, image->epoch, image->generation);
}

SL_INLINE int answer_query(struct xdp_md *ctx, struct query *q, struct folded_name *name, struct image *image,
                           struct reply *r)
{
    int reason = look_up(q, name, image);

    if (reason == GO_ON) reason = choose_answer(q, name, r, image);
    if (reason == GO_ON) reason = write_reply(ctx, q, r);
    return reason;
}

SEC("xdp")
int respond(struct xdp_md *ctx)
{
    struct query q = {};
    struct image image = {};
    struct reply r = {};
    __u32 zero = 0;
    struct folded_name *name = bpf_map_lookup_elem(&folded_names, &zero);
    int reason = name ? read_query(ctx, &q, name, &image) : SL_REASON_BUG;

    if (reason == GO_ON) reason = answer_query(ctx, &q, name, &image, &r);
    if (reason != GO_ON) return leave(reason, hand_off(ctx, &q));
    return answered(&q, &r);
}
