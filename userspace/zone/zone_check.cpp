// SPDX-License-Identifier: GPL-3.0-or-later
#include "zone/zone_check.h"

#include "zone/checks.h"
#include "zone/zone_findings.h"
#include "zone/zone_index.h"

namespace splitline {

void check_zone(const ZoneRecords& zone, const KnownLine& known_line, Diagnostics& diagnostics) {
    check_zone(zone, ZoneIndex(zone), known_line, diagnostics);
}

namespace {

void run_checks(ZoneFindings& findings, const KnownLine& known_line, Diagnostics& diagnostics) {
    const ZoneRecords& zone = findings.zone();
    check_lines(findings, known_line);
    check_types(findings);
    check_conflicts(findings);
    if (zone.apex.empty()) {
        const Place whole_file{zone.files.empty() ? "" : zone.files[0], 0};
        diagnostics.error(
            whole_file, "the zone has no SOA record: add `@ SOA ns1 hostmaster 1 4h 1h 2w 5m` for its name, in front");
        return;
    }
    check_apex(findings);
    check_delegations(findings);
    check_targets(findings);
    check_cname_loops(findings);
}

}  // namespace

void check_zone(const ZoneRecords& zone, const ZoneIndex& index, const KnownLine& known_line,
                Diagnostics& diagnostics) {
    ZoneFindings findings(zone, index);
    run_checks(findings, known_line, diagnostics);
    findings.move_to(diagnostics);
}

void check_part(const ZoneRecords& part, std::span<const uint32_t> existing,
                const std::function<bool(uint32_t)>& of_interest, Diagnostics& diagnostics) {
    const ZoneIndex index(part, existing);
    ZoneFindings findings(part, index);
    const auto every_line = [](std::string_view) { return true; };  // its lines come from the catalog
    run_checks(findings, every_line, diagnostics);
    findings.drop_warnings([&](uint32_t record) { return !of_interest(record); });
    findings.move_to(diagnostics);
}

}  // namespace splitline
