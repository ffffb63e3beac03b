/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stage 6, for names that are not in the table: what is known of them from their closest encloser, the longest of their
 * ancestors that is (RFC 4592 section 3.3.1). It tells whether a wildcard answers, whether the name does not exist,
 * whether it is in no zone at all, or whether the resolver must say.
 *
 * A flood of random names comes through here, so its cost is bounded whatever the name: ancestors in the table are
 * those next to the root (maps/name_table.h), so a binary search over the labels finds it. Names of a flood mostly have
 * one encloser, so that with as many labels as the last one had is looked for first, and then the name right below it,
 * unless nothing lies below: at most nine looks into the table, mostly one or two, and one for the name before.
 *
 * Where the table has no room for all names, those it lacks have nothing below them. So what it finds is still the
 * encloser that decides, but for the two names that may be such a one: the query's, and the one right below an encloser
 * with a wildcard, which if it exists keeps the wildcard from answering. Of both the filter is asked.
 */
#ifndef SPLITLINE_BPF_CLOSEST_ENCLOSER_H
#define SPLITLINE_BPF_CLOSEST_ENCLOSER_H

#include "bpf/name_filter.h"
#include "bpf/name_lookup.h"

#define LABEL_MAX 63
/* Two, and enough to halve SL_LABELS_MAX down to one. */
#define PROBES 9

/*
 * Finds the name's labels; returns how many it has besides the root's, or -1 for what is no name: a compression
 * pointer, a label type of old, a zero inside a label where the name was taken to end.
 */
__attribute__((noinline)) int find_labels(struct query *q, struct folded_name *name)
{
    __u32 at = 0, length;

    if (!q || !name) return -1;
    length = q->name_length;
    for (__u32 i = 0; i < SL_LABELS_MAX; i++) {
        __u32 size = name->bytes[at & SL_NAME_MAX];

        name->label[i] = at;
        if (size == 0) return at + 1 == length ? (int)i : -1;
        at += size + 1;
        if (size > LABEL_MAX || at >= length) return -1;
    }
    return -1;
}

/*
 * Behind a name with several labels below its closest encloser, the next one is mostly such a one too. So what would be
 * its next closer name (RFC 5155 section 1.3) is looked for before the name itself: where that is not in the table the
 * name is not either, left out or not, and needs no look. NOT_FOUND then; GO_ON where nothing is known.
 */
__attribute__((noinline)) int find_next_closer(struct query *q, struct folded_name *name, __u64 generation)
{
    __u32 next;
    int count;

    if (!q || !name) return GO_ON;
    count = find_labels(q, name);
    if (count <= 0 || count >= SL_LABELS_MAX) return GO_ON;
    q->labels = count;
    next = count - name->usual - 1;
    if (next < 1 || next >= SL_LABELS_MAX) return GO_ON;
    if (find_suffix(q, name, name->label[next], 0, generation) != NOT_FOUND) return GO_ON;
    q->denied = next;
    return NOT_FOUND;
}

/* Whether nothing in the table lies below the name found. */
SL_INLINE int is_leaf(const struct query *q)
{
    const struct sl_name_record *record = object_at(q->record, 0);

    return record && record->zone != SL_NO_ZONE && !(record->flags & SL_NAME_INNER);
}

/*
 * Finds the closest encloser of a name of `count` labels: sets q->record and the label it starts with. NOT_FOUND where
 * not even the root is in the table.
 */
SL_INLINE int find_closest(struct query *q, struct folded_name *name, __u32 count, __u32 *label,
                           const struct sl_epoch *epoch, __u64 generation)
{
    __u32 absent = q->denied, present = count; /* labels; at the end they are neighbours. The root counts as present */
    __u32 usual = name->usual < count ? name->usual : 0, probe = usual ? count - usual : 1;
    int reason;

    for (int i = 0; i < PROBES && present - absent > 1; i++) {
        if (i > 0) probe = i == 1 && present < count ? present - 1 : (absent + present) / 2;
        reason =
            find_suffix(q, name, name->label[probe & (SL_LABELS_MAX - 1)], i == 0 && usual ? epoch : 0, generation);
        if (reason != GO_ON && reason != NOT_FOUND) return reason;
        /* Without branches, which the verifier would follow in every combination: 0 and -1 are masks. */
        opaque(reason);
        present ^= (present ^ probe) & ~reason;
        absent ^= (absent ^ probe) & reason;
        if (reason == GO_ON && present - absent > 1 && is_leaf(q)) break;
    }
    *label = present;
    name->absent = present;
    name->usual = count - present;
    return present < count ? GO_ON : find_suffix(q, name, name->label[count & (SL_LABELS_MAX - 1)], 0, generation);
}

/* The name `*.` the closest encloser, which starts at `start`, answers for the query's (RFC 4592 section 3.3.2). */
SL_INLINE int take_wildcard(struct query *q, struct folded_name *name, __u32 start, __u32 zone,
                            const struct sl_epoch *epoch, __u64 generation)
{
    const struct sl_name_record *record;
    __u64 *word = (__u64 *)&name->bytes[(start - 2) & SL_NAME_MAX];
    int reason;

    /* Something stands before an encloser: at least a length and a byte. A whole word, as it is read so at once. */
    *word = (*word & ~0xffffULL) | '*' << 8 | 1;
    reason = find_suffix(q, name, start - 2, epoch, generation);
    if (reason != GO_ON) return reason == NOT_FOUND ? SL_REASON_BUG : reason;
    record = object_at(q->record, 0);
    if (!record) return SL_REASON_BUG;
    return record->zone == zone ? GO_ON : SL_REASON_DELEGATED; /* a zone of its own has that name for apex */
}

/* Whether the query's name from byte `start` on may be one that was left out. */
__attribute__((noinline)) int suffix_may_be_left_out(const struct query *q, const struct folded_name *name, __u32 start,
                                                     const struct sl_epoch *epoch)
{
    if (!q || !name || !epoch) return 1;
    return may_be_left_out(epoch, hash_suffix(name, start, q->name_length - start));
}

/* Sets q->record and q->absence for a name that is not in the table. */
__attribute__((noinline)) int find_encloser(struct query *q, struct folded_name *name, const struct sl_epoch *epoch,
                                            __u64 generation)
{
    const struct sl_name_record *encloser;
    __u32 label = 0;
    int count, reason;

    if (!q || !name || !epoch) return SL_REASON_BUG;
    if (!q->denied && may_be_left_out(epoch, q->hash)) return SL_REASON_LEFT_OUT;
    q->hash = 0;
    count = q->labels ? q->labels : find_labels(q, name);
    if (count < 0 || count >= SL_LABELS_MAX) return SL_REASON_NAME;
    q->absence = OUTSIDE;
    if (count == 0) return GO_ON; /* the root itself */
    reason = find_closest(q, name, count, &label, epoch, generation);
    if (reason != GO_ON) return reason == NOT_FOUND ? GO_ON : reason;
    encloser = object_at(q->record, 0);
    if (!encloser) return SL_REASON_BUG;
    if (encloser->flags & SL_NAME_OUTSIDE) return GO_ON;
    if (encloser->flags & SL_NAME_DELEGATED) return SL_REASON_DELEGATED;
    q->absence = encloser->flags & SL_NAME_WILDCARD ? PRESENT : ABSENT;
    if (q->absence == ABSENT) return GO_ON;
    if (epoch->filter_words && suffix_may_be_left_out(q, name, name->label[(label - 1) & (SL_LABELS_MAX - 1)], epoch))
        return SL_REASON_LEFT_OUT;
    find_class_late(q, epoch->class_page);
    return take_wildcard(q, name, name->label[label & (SL_LABELS_MAX - 1)], encloser->zone, epoch, generation);
}

#endif
