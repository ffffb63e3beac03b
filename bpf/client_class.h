/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The client's class, by walking the class table (maps/class_table.h). Only names with several variants, and tailored
 * answers to ECS, need it; name_lookup.h says when it is looked up.
 */
#ifndef SPLITLINE_BPF_CLIENT_CLASS_H
#define SPLITLINE_BPF_CLIENT_CLASS_H

#include "bpf/query.h"
#include "maps/class_table.h"

/* Steps below an IPv6 root: bytes 2 to 15. */
#define CLASS_STEPS6 14
#define CLASS_STEPS4 2

/* Cell `index` of node `node` of the table that starts at page `table`; 0 (class 0) where no such page is. */
SL_INLINE __u32 class_cell(__u32 table, __u32 node, __u8 index)
{
    __u32 page = table + node / SL_NODES_PER_PAGE;
    __u8 *base = bpf_map_lookup_elem(&arena, &page);

    if (!base) return 0;
    return *(__u32 *)(base + (node % SL_NODES_PER_PAGE) * SL_NODE_SIZE + index * 4);
}

SL_INLINE __u32 class_of4(__u32 table, const __u8 *address)
{
    __u32 cell = class_cell(table, SL_ROOT_IPV4 + address[0], address[1]);

    for (int i = 2; i < 2 + CLASS_STEPS4; i++) {
        if (!(cell & SL_CELL_NODE)) return cell;
        cell = class_cell(table, cell & ~SL_CELL_NODE, address[i]);
    }
    return cell;
}

SL_INLINE __u32 class_of6(__u32 table, const __u8 *address)
{
    __u32 cell = class_cell(table, SL_ROOT_IPV6 + address[0], address[1]);

    for (int i = 2; i < 2 + CLASS_STEPS6; i++) {
        if (!(cell & SL_CELL_NODE)) return cell;
        cell = class_cell(table, cell & ~SL_CELL_NODE, address[i]);
    }
    return cell;
}

/* The leaf of q->client in the class table at page `table`, embedded IPv4 addresses resolved. */
SL_INLINE int find_class(struct query *q, __u32 table)
{
    const __u8 *address;
    __u32 cell, leaf;

    if (!q) return SL_REASON_BUG;
    address = (const __u8 *)q->client;
    if (!q->client_ipv6) {
        q->class_cell = class_of4(table, address);
        return GO_ON;
    }
    cell = class_of6(table, address);
    if (sl_leaf_class(cell) == SL_CLASS_6TO4) {
        leaf = class_of4(table, address + 2);
        cell = sl_leaf(sl_leaf_class(leaf), sl_leaf_length(leaf) + 16);
    } else if (sl_leaf_class(cell) == SL_CLASS_LOW32) {
        leaf = class_of4(table, address + 12);
        cell = sl_leaf(sl_leaf_class(leaf), sl_leaf_length(leaf) + 96);
    }
    q->class_cell = cell;
    return GO_ON;
}

/* The same as a function of its own, for the rarer searches. */
__attribute__((noinline)) int find_class_late(struct query *q, __u32 table) { return find_class(q, table); }

#endif
