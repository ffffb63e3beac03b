/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The arena: one ARRAY map of 256 KiB pages, contiguous in memory, holding every object of the image.
 *
 * An object never crosses a page, so a reader needs one array lookup and one bound check to reach any byte of it. A
 * reference is the object's position in cache lines from the start of the arena; 0 (the first line, never used) is
 * "none". Tables larger than a page (classes, profiles) occupy runs of whole pages instead and are named by their first
 * page.
 *
 * map "arena": ARRAY, MMAPABLE; key __u32 page; value SL_PAGE_SIZE bytes.
 * Written by the daemon's publisher only, read by the program. Bytes that a served generation can reach never change;
 * they are reused only after one RCU grace period has passed since the last generation that could reach them. Seeds are
 * the exception (homes.h): there any bytes will do.
 */
#ifndef SPLITLINE_MAPS_ARENA_H
#define SPLITLINE_MAPS_ARENA_H

#include "maps/schema.h"

#define SL_PAGE_SHIFT 18
#define SL_PAGE_SIZE (1U << SL_PAGE_SHIFT)
#define SL_UNIT_SHIFT 6
#define SL_UNIT (1U << SL_UNIT_SHIFT)
#define SL_UNITS_PER_PAGE (SL_PAGE_SIZE / SL_UNIT)
/*
 * Objects end before the last SL_PAGE_RESERVE bytes of a page. A read of up to that many bytes may therefore start
 * anywhere inside an object, which is what lets the verifier accept a copy of variable start and length.
 */
#define SL_PAGE_RESERVE 1408U
#define SL_OBJECT_END (SL_PAGE_SIZE - SL_PAGE_RESERVE)
/* Largest object: offsets inside one are 16 bits wide. */
#define SL_OBJECT_MAX ((1U << 16) - SL_UNIT)
SL_ASSERT(SL_UDP_PAYLOAD_MAX <= SL_PAGE_RESERVE);

/* Position of an object in units of SL_UNIT bytes; 0 is none. 32 bits reach 256 GiB. */
typedef __u32 sl_ref;

SL_INLINE __u32 sl_ref_page(sl_ref ref) { return ref >> (SL_PAGE_SHIFT - SL_UNIT_SHIFT); }
SL_INLINE __u32 sl_ref_offset(sl_ref ref) { return (ref & (SL_UNITS_PER_PAGE - 1)) << SL_UNIT_SHIFT; }

#endif
