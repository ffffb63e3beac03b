// SPDX-License-Identifier: GPL-3.0-or-later
#include "zone/zone_check.h"

#include <utility>
#include <vector>

#include "base/parallel.h"
#include "base/phase.h"
#include "zone/checks.h"
#include "zone/zone_findings.h"
#include "zone/zone_index.h"

namespace splitline {

void check_zone(const ZoneRecords& zone, const KnownLine& known_line, Diagnostics& diagnostics) {
    check_zone(zone, ZoneIndex(zone), known_line, diagnostics);
}

namespace {

// Below that threads cost more than they save.
constexpr size_t kManyRecords = 10'000;

// Each looks at the whole zone by itself, so they run beside each other; the findings come in the order of this table.
void run_checks(ZoneFindings& findings, const KnownLine& known_line, Diagnostics& diagnostics) {
    const ZoneRecords& zone = findings.zone();
    std::vector<std::function<void(ZoneFindings&)>> checks = {
        [&](ZoneFindings& found) { check_lines(found, known_line); }, check_types, check_conflicts};
    if (zone.apex.empty()) {
        const Place whole_file{zone.files.empty() ? "" : zone.files[0], 0};
        diagnostics.error(
            whole_file, "the zone has no SOA record: add `@ SOA ns1 hostmaster 1 4h 1h 2w 5m` for its name, in front");
    } else {
        checks.insert(checks.end(), {check_apex, check_delegations, check_targets, check_cname_loops});
    }
    if (zone.records.size() < kManyRecords) {
        for (const auto& check : checks) check(findings);
        return;
    }
    std::vector<ZoneFindings> found(checks.size(), ZoneFindings(zone, findings.index()));
    for_each_part(checks.size(), [&](size_t check) { checks[check](found[check]); });
    for (ZoneFindings& each : found) findings.append(std::move(each));
}

}  // namespace

void check_zone(const ZoneRecords& zone, const ZoneIndex& index, const KnownLine& known_line,
                Diagnostics& diagnostics) {
    const Phase phase("check");
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
