/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stage 6, for names that are not in the table: what is known of them from their closest encloser, the longest of their
 * ancestors that is (RFC 4592 section 3.3.1). It tells whether a wildcard answers, whether the name does not exist,
 * whether it is in no zone at all, or whether the resolver must say.
 *
 * A flood of random names comes through here, so its cost is bounded whatever the name: ancestors in the table are
 * those next to the root (maps/name_table.h), so a binary search over the labels finds it. Names of a flood mostly have
 * one encloser, so the last one is kept and compared first: then one look tells, for the name right below it. If it is
 * another one, that with as many labels is looked for first, and then the name right below that, unless nothing lies
 * below: at most twelve looks into the table, with those for the name itself, what would be its next closer name, and a
 * wildcard.
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
 * Where the name right below the closest encloser found last on this CPU starts, which is the query's or an ancestor of
 * it; -1 if the query's does not lie below that one. Names of a flood mostly do: then neither are their labels counted
 * nor is the encloser looked for.
 */
__attribute__((noinline)) int find_below_last(const struct query *q, const struct folded_name *name, __u64 generation)
{
    const struct last_encloser *last;
    __u32 length, start, at = 0, below = 0;

    if (!q || !name) return -1;
    last = &name->encloser;
    length = last->head.name_length;
    if (last->generation != generation || q->name_length <= length) return -1;
    start = q->name_length - length;
    if (!ends_in(name, start, length, last->words)) return -1;
    for (__u32 i = 0; i < SL_LABELS_MAX && at < start; i++) {
        __u32 size = name->bytes[at & SL_NAME_MAX];

        if (size > LABEL_MAX) return -1;
        below = at;
        at += size + 1;
    }
    return at == start ? (int)below : -1;
}

/*
 * Behind a name with several labels below its closest encloser, the next one is mostly such a one too. So what would be
 * its next closer name (RFC 5155 section 1.3) is looked for before the name itself: where that is not in the table the
 * name is not either, left out or not, and needs no look. NOT_FOUND then; GO_ON where nothing is known.
 */
__attribute__((noinline)) int deny_next_closer(struct query *q, struct folded_name *name, __u64 generation)
{
    int below;

    if (!q || !name) return GO_ON;
    below = find_below_last(q, name, generation);
    if (below <= 0 || find_suffix(q, name, below, 0, generation) != NOT_FOUND) return GO_ON;
    q->closer = below;
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
    __u32 absent = 0, present = count; /* labels; at the end they are neighbours. The root counts as present */
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

/* Copies the record at q->record, that of the closest encloser. */
SL_INLINE int keep_encloser(const struct query *q, struct folded_name *name, __u64 generation)
{
    struct last_encloser *last = &name->encloser;
    struct object o = open_object(q->record);
    const struct sl_name_record *record = part_of(o, 0);
    const __u64 *stored = stored_name(o);

    if (!record || !stored) return SL_REASON_BUG;
    last->head = *record;
    for (__u32 i = 0; i < NAME_WORDS && i * 8 < last->head.name_length; i++) last->words[i] = stored[i];
    last->generation = generation;
    return GO_ON;
}

/* Not even the root is in the table, so that no zone lies below a first label that is not either: a root outside. */
SL_INLINE void keep_root(struct folded_name *name, __u64 generation)
{
    struct last_encloser *last = &name->encloser;

    last->head = (struct sl_name_record){.zone = SL_NO_ZONE, .flags = SL_NAME_OUTSIDE, .name_length = 1};
    last->words[0] = 0;
    last->generation = generation;
}

/*
 * Looks for the closest encloser among all ancestors; keeps it, and sets where the name right below it starts.
 * NOT_FOUND for the root, which has none.
 */
SL_INLINE int search_encloser(struct query *q, struct folded_name *name, __u32 *closer, const struct sl_epoch *epoch,
                              __u64 generation)
{
    int count = find_labels(q, name), reason;
    __u32 label = 0;

    if (count < 0 || count >= SL_LABELS_MAX) return SL_REASON_NAME;
    if (count == 0) return NOT_FOUND;
    reason = find_closest(q, name, count, &label, epoch, generation);
    if (reason != GO_ON && reason != NOT_FOUND) return reason;
    *closer = name->label[(label - 1) & (SL_LABELS_MAX - 1)];
    if (reason == GO_ON) return keep_encloser(q, name, generation);
    keep_root(name, generation);
    return GO_ON;
}

/* The same, but looks first whether the last one is it. */
SL_INLINE int find_closest_encloser(struct query *q, struct folded_name *name, __u32 *closer,
                                    const struct sl_epoch *epoch, __u64 generation)
{
    int below = find_below_last(q, name, generation);

    if (below < 0 || (below > 0 && find_suffix(q, name, below, 0, generation) != NOT_FOUND))
        return search_encloser(q, name, closer, epoch, generation);
    *closer = below;
    return GO_ON;
}

/* Sets q->absence, and for a wildcard q->record, for a name that is not in the table. */
__attribute__((noinline)) int find_encloser(struct query *q, struct folded_name *name, const struct sl_epoch *epoch,
                                            __u64 generation)
{
    const struct sl_name_record *encloser;
    __u32 closer;
    int reason;

    if (!q || !name || !epoch) return SL_REASON_BUG;
    closer = q->closer;
    if (!closer && may_be_left_out(epoch, q->hash)) return SL_REASON_LEFT_OUT;
    q->hash = 0;
    q->absence = OUTSIDE;
    reason = closer ? GO_ON : find_closest_encloser(q, name, &closer, epoch, generation);
    if (reason != GO_ON) return reason == NOT_FOUND ? GO_ON : reason;
    name->absent = closer ? 2 : 1;
    encloser = &name->encloser.head;
    if (encloser->flags & SL_NAME_OUTSIDE) return GO_ON;
    if (encloser->flags & SL_NAME_DELEGATED) return SL_REASON_DELEGATED;
    q->absence = encloser->flags & SL_NAME_WILDCARD ? PRESENT : ABSENT;
    if (q->absence == ABSENT) return GO_ON;
    if (closer && epoch->filter_words && suffix_may_be_left_out(q, name, closer, epoch)) return SL_REASON_LEFT_OUT;
    find_class_late(q, epoch->class_page);
    return take_wildcard(q, name, q->name_length - encloser->name_length, encloser->zone, epoch, generation);
}

#endif
