/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The maps' names, as the program declares them and as they are pinned below the configured bpffs folder. */
#ifndef SPLITLINE_MAPS_MAPS_H
#define SPLITLINE_MAPS_MAPS_H

#define SL_MAP_CONTROL "control"
#define SL_MAP_BUCKETS "buckets"
#define SL_MAP_ZONES "zones"
#define SL_MAP_ARENA "arena"
#define SL_MAP_REASONS "reasons"
#define SL_MAP_LINES "lines"
#define SL_MAP_SAMPLES "samples"
#define SL_MAP_ECS_TRUST "ecs_trust"
#define SL_MAP_EXPIRY "expiry"
#define SL_MAP_RESOLVER "resolver"

#endif
