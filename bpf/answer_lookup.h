/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stage 7: from the name's record to the answer for the client's variant and the query's type.
 */
#ifndef SPLITLINE_BPF_ANSWER_LOOKUP_H
#define SPLITLINE_BPF_ANSWER_LOOKUP_H

#include "bpf/client_class.h"
#include "bpf/name_lookup.h"

#define DNS_NXDOMAIN 3
#define DNS_REFUSED 5
/* The line of answers that belong to none. */
#define NO_LINE 0xffff

/* What the reply is made of; its parts are in the arena, so nothing of it needs copying before the frame has grown. */
struct reply {
    const struct sl_answer *answer;   /* the body is behind it; 0 if there is none */
    const struct sl_zone_record *soa; /* 0 if the authority section is empty */
    __u16 body_length;
    __u16 body_sum;
    __u16 soa_length; /* 0 if there is none */
    __u16 apex;       /* offset of the zone's apex in the message, which the SOA points to */
    __u16 rcode;
    __u16 line;
    __u8 answer_count;
    __u8 scope; /* for ECS */
};

/* The variant of the client's class, NO_VARIANT if the tables do not tell: more than any record has. */
#define NO_VARIANT 0x10000
SL_INLINE int choose_variant(const struct query *q, const struct sl_epoch *epoch, const struct sl_name_record *record)
{
    __u32 cell, class_id, page;
    __u16 *row;

    if (record->variant_count <= 1) return 0;
    class_id = sl_leaf_class(q->class_cell);
    cell = record->profile * epoch->class_count + class_id;
    page = epoch->profile_page + (cell >> (SL_PAGE_SHIFT - 1));
    row = bpf_map_lookup_elem(&arena, &page);
    if (!row) return NO_VARIANT;
    return row[cell & (SL_PAGE_SIZE / 2 - 1)];
}

/* RFC 7871 section 7.2.1: the class block's length where the answer depends on the client, else 0. */
SL_INLINE __u8 choose_scope(const struct query *q, int tailored)
{
    if (!tailored || !q->ecs_source) return 0;
    return sl_leaf_length(q->class_cell);
}

/* Offset of the answer to the query's type, or NO_DATA, which no offset is; 0 never happens in a sound table. */
#define NO_DATA 0x10000
SL_INLINE __u32 find_type(const struct query *q, const struct sl_answer_list *list)
{
    const struct sl_answer_entry *entry = (const struct sl_answer_entry *)(list + 1);

    for (__u32 i = 0; i < SL_ANSWERS_MAX; i++) {
        if (entry[i].type == q->qtype || entry[i].type == SL_TYPE_OTHER) return entry[i].answer;
        if (entry[i].type == SL_TYPE_NO_DATA) return NO_DATA;
    }
    return 0;
}
SL_ASSERT(sizeof(struct sl_answer_list) + SL_ANSWERS_MAX * sizeof(struct sl_answer_entry) <= SL_PAGE_RESERVE);

/* The zone's SOA record for this generation. */
SL_INLINE int find_soa(const struct query *q, struct reply *r, const struct sl_name_record *record, __u64 generation)
{
    __u32 zone = record->zone;
    sl_ref *slot = bpf_map_lookup_elem(&zones, &zone), ref;
    const struct sl_zone_record *soa;
    struct object o;

    if (!slot) return SL_REASON_BUG;
    ref = *(volatile sl_ref *)slot;
    if (open_version(&o, &ref, generation) != GO_ON) return SL_REASON_CHANGING;
    soa = part_of(o, 0);
    if (!ref || !soa || soa->length < SL_SOA_MIN || soa->length > SL_SOA_MAX) return SL_REASON_BUG;
    r->soa = soa;
    r->soa_length = soa->length;
    /* A record that stands for a name below its own has the apex as far from the end. */
    r->apex = DNS_HEADER_SIZE + record->apex_offset + q->name_length - record->name_length;
    return GO_ON;
}

/* Takes over what is stored of an answer. */
SL_INLINE int take_answer(const struct query *q, struct reply *r, const struct sl_name_record *record,
                          const struct sl_answer *answer)
{
    if (!answer || answer->length > SL_UDP_PAYLOAD_MAX) return SL_REASON_BUG;
    if (answer->flags & SL_ANSWER_PASS) return SL_REASON_UNFIT;
    r->answer = answer;
    r->body_length = answer->length;
    r->body_sum = answer->sum;
    r->rcode = answer->flags & SL_ANSWER_NXDOMAIN ? DNS_NXDOMAIN : 0;
    r->answer_count = answer->count;
    r->scope = choose_scope(q, answer->flags & SL_ANSWER_TAILORED);
    /* A wildcard's bytes follow a name that may end at another parity than its own. */
    if ((q->name_length ^ record->name_length) & 1) r->body_sum = r->body_sum << 8 | r->body_sum >> 8;
    return GO_ON;
}

/* `o` is the record at q->record, if it is open already. */
SL_INLINE int find_answer(struct query *q, struct reply *r, struct object o, const struct sl_epoch *epoch,
                          __u64 generation)
{
    const struct sl_name_record *record;
    const struct sl_answer_list *list;
    const __u16 *directory;
    __u32 variant, at;
    int reason;

    if (!o.page) o = open_object(q->record);
    record = part_of(o, 0);
    if (!record) return SL_REASON_BUG;
    variant = choose_variant(q, epoch, record);
    if (variant >= record->variant_count) return SL_REASON_BUG;
    directory = part_of(o, sizeof(*record) + variant * 2);
    if (!directory) return SL_REASON_BUG;
    list = part_of(o, *directory);
    if (!list) return SL_REASON_BUG;
    r->line = list->line;
    at = find_type(q, list);
    if (at == NO_DATA) {
        r->scope = choose_scope(q, record->profile);
    } else {
        reason = at ? take_answer(q, r, record, part_of(o, at)) : SL_REASON_BUG;
        if (reason != GO_ON) return reason;
        if (!(r->answer->flags & SL_ANSWER_SOA)) return GO_ON;
    }
    return find_soa(q, r, record, generation);
}

/* The reply to a query for a name that does not exist, or is in no zone. */
SL_INLINE int deny(const struct query *q, const struct folded_name *name, struct reply *r, __u64 generation)
{
    if (q->absence == OUTSIDE) {
        r->rcode = DNS_REFUSED;
        r->line = NO_LINE;
        return GO_ON;
    }
    r->rcode = DNS_NXDOMAIN;
    return find_soa(q, r, &name->encloser.head, generation);
}

#endif
