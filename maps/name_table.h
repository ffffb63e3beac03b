/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The name table: query name -> name record -> answer.
 *
 * map "buckets": ARRAY, MMAPABLE; key __u32 index; value struct sl_bucket (one cache line).
 * A name lives in its first bucket (hash & mask) or, when that is full, in its second one. A slot's tag only filters; a
 * hit is confirmed by comparing the whole folded name, so no crafted name can ever reach another name's answer.
 *
 * map "zones": ARRAY, MMAPABLE; key __u32 zone number; value sl_ref of the zone's struct sl_zone_record, 8 bytes apart.
 *
 * Versions: a record answers for generations >= begin. To change a name the daemon writes a new record with the coming
 * generation and prev = the old one, and stores its reference into the slot with one 64-bit store. A packet of an older
 * generation follows prev; without prev, or with a record of no variants, the name is not in the table.
 *
 * What the table does not hold does not exist: it has every name that its zones are authoritative for, empty
 * non-terminals included, every delegation, and every name above a zone's apex, the root alone left out. So of the
 * names on the way from the root to any name those that are in the table come first, and the last of them is its
 * closest encloser (RFC 4592 section 3.3.1), whose flags tell what answers.
 *
 * Where there is no room for all names, some that decide about no other name are left out: then the epoch has a filter
 * (name_filter.h), and what the filter does not deny may be one of those. Such names come into the table and leave it
 * at any time, without a new generation.
 */
#ifndef SPLITLINE_MAPS_NAME_TABLE_H
#define SPLITLINE_MAPS_NAME_TABLE_H

#include "maps/arena.h"
#include "maps/dns.h"

#define SL_BUCKET_SLOTS 7
/* Most versions of one record a packet may have to step over; deeper chains pass. */
#define SL_VERSIONS_MAX 4

/* One slot: tag << 32 | reference; 0 = free. Stored and loaded as one 64-bit word. */
struct sl_bucket {
    __u64 slot[SL_BUCKET_SLOTS];
    __u32 spilled; /* names whose first bucket is this one and that live in their second; 0 = no need to look there */
    __u32 pad;
};
SL_ASSERT(sizeof(struct sl_bucket) == 64);

/*
 * A name's record, laid out so that an answer touches few cache lines, for a line that is not in cache costs more than
 * everything else: header, directory and a name of usual length share the first, a variant's list and its first answer
 * lie together behind them.
 *
 *   header | directory: __u16 list[variant_count], zero-padded to 8 | folded name, zero-padded to 8 | lists and answers
 *
 * Offsets are in bytes from the record's start. A list is struct sl_answer_list; offsets in it lead to answers, which
 * lists share where they are equal.
 */
struct sl_name_record {
    __u64 begin;         /* first generation this record answers for */
    sl_ref prev;         /* the version before, 0 = none */
    __u32 zone : 24;     /* key into map "zones"; SL_NO_ZONE */
    __u32 flags : 8;     /* SL_NAME_* */
    __u16 profile;       /* row of the profile table */
    __u16 size;          /* of the whole record in units of SL_UNIT */
    __u16 variant_count; /* 0 = the name left the table with this generation */
    __u8 name_length;    /* 1..255 */
    __u8 apex_offset;    /* where the zone's apex starts in the name */
};
SL_ASSERT(sizeof(struct sl_name_record) == 24);

/* begin and prev, which records of either kind start with; behind them is what a version is about. */
#define SL_VERSION_SIZE 12

#define SL_NO_ZONE 0xffffffU /* a name above a zone's apex, in no zone or not known to the one it lies in */
#define SL_NAME_WILDCARD 1   /* the name `*.` this one exists */
#define SL_NAME_DELEGATED 2  /* names below that are not in the table are the resolver's: a delegation, a DNAME */
#define SL_NAME_OUTSIDE 4    /* in no zone, nor is what lies below and is not in the table */
#define SL_NAME_INNER 8      /* others are found by it: names below it, those a wildcard answers for; never left out */

/* Where the name starts. */
SL_INLINE __u32 sl_name_offset(__u32 variant_count) {
    return sizeof(struct sl_name_record) + ((variant_count * 2 + 7) & ~7U);
}

/* One type of one variant. */
struct sl_answer_entry {
    __u16 type;   /* network order: compared with the packet's bytes as they are */
    __u16 answer; /* offset of a struct sl_answer */
};

/*
 * One variant; behind it its entries, sorted by nothing: the last is of type SL_TYPE_OTHER, which stands for every type
 * not named before it. Where that answer is NODATA from the name itself, which is nothing but the zone's SOA, and is
 * tailored if the record has a profile, the type SL_TYPE_NO_DATA alone stands there instead. Two-byte aligned.
 */
struct sl_answer_list {
    __u16 line; /* whose counter to raise (counters.h) */
};

/* An answer; behind it `length` bytes: answer and authority section, the SOA of SL_ANSWER_SOA left out. Two-byte
 * aligned. */
struct sl_answer {
    __u16 length;
    __u16 sum;  /* RFC 1071 sum of those bytes, folded, as they lie at their place in the message */
    __u8 count; /* RRs in the answer section */
    __u8 flags; /* SL_ANSWER_* */
};
SL_ASSERT(sizeof(struct sl_answer) == 6);
SL_ASSERT(sizeof(struct sl_answer) + SL_UDP_PAYLOAD_MAX <= SL_PAGE_RESERVE);

#define SL_TYPE_OTHER 0 /* no such RR type (RFC 6895 reserves 0) */
/* 254 (MAILA) in network order, a meta type: no zone has it, and no query for it is looked up. */
#define SL_TYPE_NO_DATA 0xfe00
SL_ASSERT(SL_TYPE_NO_DATA >> 8 >= SL_TYPE_META_FIRST && SL_TYPE_NO_DATA >> 8 <= SL_TYPE_META_LAST);
#define SL_ANSWER_SOA 1      /* the authority section is the zone's SOA, appended behind the bytes */
#define SL_ANSWER_TAILORED 2 /* the answer depends on the client: scope is the class block's length, else 0 */
#define SL_ANSWER_PASS 4     /* left to the resolver (does not fit) */
#define SL_ANSWER_NXDOMAIN 8 /* a name on the chain does not exist */
#define SL_ANSWERS_MAX 64    /* entries a list may have; names with more stay with the resolver */

/*
 * A zone's SOA as the authority section of negative answers carries it (RFC 2308 section 3: TTL is the negative TTL).
 * Its owner is a compression pointer to the apex in the question, and names in its RDATA that are the apex or below it
 * end in the same pointer (RFC 1035 section 4.1.4), which is zero here: where it points depends on the question. In the
 * root zone, a pointer to whose apex would take more bytes than the apex, those names are in full.
 */
struct sl_zone_record {
    __u64 begin; /* as in sl_name_record */
    sl_ref prev;
    __u16 size;   /* of the whole record in units of SL_UNIT */
    __u16 length; /* bytes of the RR behind this header, its owner included */
    __u16 sum;    /* RFC 1071 sum of those bytes, folded, as if they started at an even offset */
    /* Offsets in the RR of the pointers that end MNAME and RNAME; 0, the owner's, where a name is in full. */
    __u16 pointers[2];
    /*
     * What the pointer's value is multiplied by in the RR's sum: 1 for each at an even offset, 256 for each at an odd
     * one (256 * p is p with its bytes swapped, modulo 0xffff).
     */
    __u16 weight;
};
SL_ASSERT(sizeof(struct sl_zone_record) == 24);

/* Smallest and largest such SOA: owner, 10 bytes of header, two names (the smallest is the root), five counters. */
#define SL_SOA_MIN (2 + 10 + 2 * 1 + 20)
#define SL_SOA_MAX (2 + 10 + 2 * SL_NAME_MAX + 20)

/*
 * Names are folded and hashed by 8-byte words. Length bytes (at most 63) lie below 'A', so folding never touches them,
 * and the name ends at its first zero byte. A name with a zero byte inside a label is cut there; what is left cannot
 * equal a stored name's bytes, because the confirmed length and the bytes behind it differ.
 */
SL_INLINE __u64 sl_fold_word(__u64 word) {
    /* Per byte: 0x80 where 'A' <= byte <= 'Z', computed on the low seven bits so that no carry crosses bytes. */
    __u64 low = word & 0x7f7f7f7f7f7f7f7fULL;
    __u64 upper = (low + 0x3f3f3f3f3f3f3f3fULL) & ~(low + 0x2525252525252525ULL) & ~word & 0x8080808080808080ULL;
    return word | (upper >> 2);
}

/* Has 0x80 << 8k for the first zero byte k of the word (memory order on little-endian machines), and maybe such marks
 * above it; 0 if it has none. */
SL_INLINE __u64 sl_zero_bytes(__u64 word) { return (word - 0x0101010101010101ULL) & ~word & 0x8080808080808080ULL; }

/* The first of such marks alone. */
SL_INLINE __u64 sl_first_mark(__u64 marks) { return marks & (~marks + 1); }

SL_INLINE __u64 sl_hash_word(__u64 hash, __u64 folded) {
    hash = (hash ^ folded) * 0x9fb21c651e98df25ULL;
    return hash ^ (hash >> 32);
}

/* Spreads the last word over all bits; the result's low half picks the bucket, its high half is the tag. */
SL_INLINE __u64 sl_hash_finish(__u64 hash) {
    hash *= 0xd6e8feb86659fd93ULL;
    return hash ^ (hash >> 32);
}

SL_INLINE __u32 sl_hash_tag(__u64 hash) {
    __u32 tag = hash >> 32;
    return tag | 1; /* never 0, so a used slot is never 0 */
}

SL_INLINE __u32 sl_first_bucket(__u64 hash, __u32 mask) {
    __u32 low = hash & 0xffffffffU;
    return low & mask;
}

/* Depends on the tag, so that two names sharing a first bucket rarely share the second; never the first bucket itself.
 */
SL_INLINE __u32 sl_second_bucket(__u64 hash, __u32 mask) {
    return sl_first_bucket(hash, mask) ^ (((sl_hash_tag(hash) * 0x5bd1e995U) | 1) & mask);
}

#endif
