// SPDX-License-Identifier: GPL-3.0-or-later
#include "zone/zone_check.h"

#include "zone/checks.h"
#include "zone/zone_findings.h"
#include "zone/zone_index.h"

namespace splitline {

void check_zone(const ZoneRecords& zone, const KnownLine& known_line, Diagnostics& diagnostics) {
    const ZoneIndex index(zone);
    ZoneFindings findings(zone, index);
    check_lines(findings, known_line);
    check_types(findings);
    check_conflicts(findings);
    if (zone.apex.empty()) {
        const Place whole_file{zone.files.empty() ? "" : zone.files[0], 0};
        diagnostics.error(
            whole_file, "the zone has no SOA record: add `@ SOA ns1 hostmaster 1 4h 1h 2w 5m` for its name, in front");
    } else {
        check_apex(findings);
        check_delegations(findings);
        check_targets(findings);
        check_cname_loops(findings);
    }
    findings.move_to(diagnostics);
}

}  // namespace splitline
