/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the XDP program and the daemon agree on. Every header in this folder compiles as BPF C11 and as C++20 and is
 * included verbatim by both sides. Multi-byte fields are in host byte order unless a comment says "network order".
 *
 * All data the program answers from is in four array maps that the daemon writes through mmap and the program only
 * reads:
 *
 *   control (1 cell)      which generation is served, where its class and profile tables are        control.h
 *   buckets (2^n cells)   the name hash table: tags and references                                  name_table.h
 *   zones   (n cells)     one reference a zone, to its SOA record                                   name_table.h
 *   arena   (256 KiB pages) name records, SOAs, class and profile tables, name filter, seeds         arena.h
 *
 * Besides them: per-CPU counters (counters.h) and an LPM trie of the senders whose ECS is believed.
 */
#ifndef SPLITLINE_MAPS_SCHEMA_H
#define SPLITLINE_MAPS_SCHEMA_H

#include <linux/types.h>

#ifdef __cplusplus
#include <cstddef>
#define SL_ASSERT(condition) static_assert(condition, #condition)
#else
#include <stddef.h>
#define SL_ASSERT(condition) _Static_assert(condition, #condition)
#endif

#ifdef __bpf__
#define SL_INLINE static __attribute__((always_inline)) inline
#else
#define SL_INLINE static inline
#endif

/* Longest wire name, root label included (RFC 1035 section 2.3.4). */
#define SL_NAME_MAX 255
/* Most labels of such a name, the root's included. */
#define SL_LABELS_MAX 128
/* Largest UDP response the fast path makes, and the largest that may be configured (RFC 9715). */
#define SL_UDP_PAYLOAD_MAX 1400

#endif
