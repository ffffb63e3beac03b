/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The few numbers of DNS itself that the program, its prediction (kernel/path.cpp) and the resolver must take the same
 * way, so that both paths treat a query alike.
 */
#ifndef SPLITLINE_MAPS_DNS_H
#define SPLITLINE_MAPS_DNS_H

#include "maps/schema.h"

/* Longest UDP response without EDNS, and the least an EDNS payload size counts as (RFC 1035 2.3.4, RFC 6891 6.2.3). */
#define SL_UDP_PLAIN_MAX 512

#define SL_TYPE_OPT 41
/* Q and meta types (RFC 6895 section 3.1), ANY and AXFR among them. */
#define SL_TYPE_META_FIRST 128
#define SL_TYPE_META_LAST 255

/* Whether the type, in host byte order, stands in messages only: no record of a zone has it. */
SL_INLINE int sl_is_meta_type(__u16 type) {
    return type == SL_TYPE_OPT || (type >= SL_TYPE_META_FIRST && type <= SL_TYPE_META_LAST);
}

/* Whether only the resolver answers queries for the type; 0 is reserved, the name table uses it as SL_TYPE_OTHER. */
SL_INLINE int sl_is_passed_type(__u16 type) { return type == 0 || sl_is_meta_type(type); }

#endif
