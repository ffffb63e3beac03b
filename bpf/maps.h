/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps of the program. What is in them, who writes and who reads is said in maps/; sizes of 1 here are replaced by
 * the loader from the configured capacity. The kernel does not let a map be both mapped writable and read-only to
 * programs, so that the program never writes buckets, zones and arena is its own discipline: it only ever takes const
 * pointers into them.
 */
#ifndef SPLITLINE_BPF_MAPS_H
#define SPLITLINE_BPF_MAPS_H

#include <linux/bpf.h>
/* (bpf_helpers.h needs the types of linux/bpf.h) */
#include <bpf/bpf_helpers.h>

#include "maps/arena.h"
#include "maps/config.h"
#include "maps/control.h"
#include "maps/counters.h"
#include "maps/name_table.h"

const volatile struct sl_config config = {};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct sl_control);
} control SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct sl_bucket);
} buckets SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, sl_ref);
} zones SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, SL_PAGE_SIZE);
} arena SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, SL_REASON_COUNT);
    __type(key, __u32);
    __type(value, __u64);
} reasons SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} lines SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 1);
    __type(key, struct sl_ecs_sender);
    __type(value, __u8);
} ecs_trust SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct sl_samples);
} samples SEC(".maps");

/* Headers and question on their way to the front of a frame that can only grow there (reply.h). */
struct moved_bytes {
    __u8 bytes[384];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct moved_bytes);
} moving SEC(".maps");

/*
 * The closest encloser found last on this CPU, copied so that it can be used again in its generation, whatever becomes
 * of the record meanwhile.
 */
struct last_encloser {
    __u64 generation; /* 0 = there is none */
    struct sl_name_record head;
    __u64 words[(SL_NAME_MAX + 1) / 8]; /* its name, folded, zero behind it up to a whole word */
};

/* The name asked, folded, as it is compared with the table, and what is kept of those before it on this CPU. */
struct folded_name {
    __u8 bytes[SL_NAME_MAX + 1 + 8]; /* zero behind the name up to a whole word; a word can be read from any byte */
    __u8 label[SL_LABELS_MAX];       /* where each label starts, the root's last; only for names that are not found */
    __u32 absent;                    /* 0 = the last name here was found, 1 = it was not, 2 = nor was its parent */
    __u32 usual;                     /* labels of the closest encloser found last here */
    struct last_encloser encloser;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct folded_name);
} folded_names SEC(".maps");

#endif
