/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The class table: client address -> client class, for IPv4 and IPv6 at once, as a multibit trie of byte strides.
 *
 * It is an array of nodes, 256 cells each. The first two bytes of an address index a root of 65536 cells (256 nodes):
 * IPv4's root is nodes 0-255, IPv6's is nodes 256-511. Every further byte indexes one node. A cell is either a leaf
 * (class and the length of the largest uniform block, RFC 7871's scope) or the number of the next node. An address
 * always ends in a leaf, so a walk cannot fail. Node numbers are relative to the table, which can therefore be copied
 * anywhere.
 *
 * Some IPv6 blocks stand for IPv4 addresses (RFC 4291 mapped, RFC 6052 NAT64, RFC 3056 6to4). They end in a leaf whose
 * class is one of the two markers below, and the walk starts again with the embedded IPv4 address.
 */
#ifndef SPLITLINE_MAPS_CLASS_TABLE_H
#define SPLITLINE_MAPS_CLASS_TABLE_H

#include "maps/arena.h"

#define SL_NODE_CELLS 256
#define SL_NODE_SIZE (SL_NODE_CELLS * 4)
#define SL_NODES_PER_PAGE (SL_PAGE_SIZE / SL_NODE_SIZE)
#define SL_ROOT_NODES 256
#define SL_ROOT_IPV4 0
#define SL_ROOT_IPV6 SL_ROOT_NODES
#define SL_FIRST_NODE (2 * SL_ROOT_NODES)

/* Cell: bit 31 set = bits 30..0 are the next node; clear = bits 30..23 prefix length 0..128, bits 22..0 class. */
#define SL_CELL_NODE 0x80000000U
#define SL_CELL_LENGTH_SHIFT 23
#define SL_CELL_CLASS_MASK ((1U << SL_CELL_LENGTH_SHIFT) - 1)
/* 6to4: the IPv4 address is bytes 2..5, its bits start at bit 16. */
#define SL_CLASS_6TO4 (SL_CELL_CLASS_MASK - 1)
/* Mapped and NAT64's well-known prefix: the IPv4 address is bytes 12..15, its bits start at bit 96. */
#define SL_CLASS_LOW32 SL_CELL_CLASS_MASK
#define SL_CLASS_MAX (SL_CLASS_6TO4 - 1)

SL_INLINE __u32 sl_leaf(__u32 class_id, __u32 length) { return (length << SL_CELL_LENGTH_SHIFT) | class_id; }
SL_INLINE __u32 sl_leaf_class(__u32 cell) { return cell & SL_CELL_CLASS_MASK; }
SL_INLINE __u32 sl_leaf_length(__u32 cell) { return cell >> SL_CELL_LENGTH_SHIFT; }

#endif
