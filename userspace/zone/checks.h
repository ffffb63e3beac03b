// SPDX-License-Identifier: GPL-3.0-or-later
// The checks of a zone, one per concern and file. Each looks at the whole zone by itself and knows nothing of the
// others; only check_types() and check_conflicts() do without an apex.
#pragma once

#include "zone/zone_check.h"
#include "zone/zone_findings.h"

namespace splitline {

/// Types that no master file may hold, and those of zones signed elsewhere.
void check_types(ZoneFindings& findings);
/// One (name, line): CNAME and DNAME beside others, duplicates, TTLs and sizes of RRsets.
void check_conflicts(ZoneFindings& findings);
/// SOA and NS of the apex, timers, records outside the zone. REQUIRES: an apex.
void check_apex(ZoneFindings& findings);
/// Delegations, glue, DNAMEs, and what they hide. REQUIRES: an apex.
void check_delegations(ZoneFindings& findings);
/// Names that records point at. REQUIRES: an apex.
void check_targets(ZoneFindings& findings);
/// Lines that exist, and what clients of a line miss.
void check_lines(ZoneFindings& findings, const KnownLine& known_line);
/// CNAMEs that lead back to themselves. REQUIRES: an apex.
void check_cname_loops(ZoneFindings& findings);

}  // namespace splitline
