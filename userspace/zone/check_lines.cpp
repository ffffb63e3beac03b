// SPDX-License-Identifier: GPL-3.0-or-later
// Lines as such: do they exist, and what do clients miss because the line is chosen per name, not per type
// (DESIGN 4.2)?
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "zone/checks.h"
#include "zone/zone_render.h"

extern "C" {
#include <libknot/descriptor.h>
}

namespace splitline {

namespace {

void check_known(ZoneFindings& findings, const KnownLine& known_line) {
    const ZoneRecords& zone = findings.zone();
    // Where in the order of records a line was first named: not behind the first record of any line named later.
    std::vector<uint32_t> first_record(zone.lines.size() + 1, static_cast<uint32_t>(zone.records.size()));
    for (auto i = static_cast<uint32_t>(zone.records.size()); i-- > 0;) first_record[zone.records[i].line] = i;
    for (size_t line = zone.lines.size(); line-- > 0;)
        first_record[line] = std::min(first_record[line], line == 0 ? UINT32_MAX : first_record[line + 1]);
    for (size_t line = 1; line < zone.lines.size(); ++line)
        if (!known_line(zone.lines[line]))
            findings.error_at(
                first_record[line], zone.line_places[line],
                fmt::format("line '{}' is neither built in nor configured; correct the name, or define the line in "
                            "the configuration",
                            zone.lines[line]));
}

// Types that a line may well lack on purpose: other addresses, or none of one family. The SOA, NS, DS and DNAME have
// rules of their own.
bool may_be_missing(uint16_t type) {
    switch (type) {
        case KNOT_RRTYPE_A:
        case KNOT_RRTYPE_AAAA:
        case KNOT_RRTYPE_CNAME:
        case KNOT_RRTYPE_HTTPS:
        case KNOT_RRTYPE_SVCB:
        case KNOT_RRTYPE_SOA:
        case KNOT_RRTYPE_NS:
        case KNOT_RRTYPE_DS:
        case KNOT_RRTYPE_DNAME:
            return true;
        default:
            return false;
    }
}

bool has_type(const ZoneFindings& findings, const RecordsOnLine& group, uint16_t type) {
    const auto at = std::lower_bound(group.records.begin(), group.records.end(), type,
                                     [&](uint32_t record, uint16_t t) { return findings.record(record).type < t; });
    return at != group.records.end() && findings.record(*at).type == type;
}

void check_missing_types(ZoneFindings& findings, const RecordsOnLine& base, const RecordsOnLine& group) {
    if (has_type(findings, group, KNOT_RRTYPE_CNAME)) return;  // it answers every type
    std::string missing;
    uint32_t example = ZoneIndex::kNone;
    uint16_t last = 0;
    for (const uint32_t record : base.records) {
        const uint16_t type = findings.record(record).type;
        if (type == last || may_be_missing(type)) continue;
        last = type;
        if (has_type(findings, group, type)) continue;
        missing += (missing.empty() ? "" : ", ") + type_to_text(type);
        example = std::min(example, record);
    }
    if (missing.empty()) return;
    const uint32_t first = *std::min_element(group.records.begin(), group.records.end());
    findings.warning(
        first, fmt::format("{} on line {} lacks the {} that `default` has ({}): the line is chosen for the whole "
                           "name, so its clients get no such data; repeat the records under `$LINE {}`",
                           findings.owner_text(first), findings.line_text(first), missing, findings.place_text(example),
                           findings.line_text(first)));
}

void check_name(ZoneFindings& findings, const ZoneNode& node) {
    const ZoneIndex& index = findings.index();
    if (!node.has(ZoneNode::kOnDefault)) {
        const auto records = index.records(node);
        const uint32_t first = *std::min_element(records.begin(), records.end());
        findings.warning(
            first, fmt::format("{} has records on lines only: clients of no such line get an empty answer (NODATA); "
                               "add records under `$LINE default`",
                               findings.owner_text(first)));
        return;
    }
    RecordsOnLine base;
    index.for_each_line(node, [&](const RecordsOnLine& group) {
        if (group.line == 0)
            base = group;
        else
            check_missing_types(findings, base, group);
    });
}

}  // namespace

void check_lines(ZoneFindings& findings, const KnownLine& known_line) {
    check_known(findings, known_line);
    const ZoneIndex& index = findings.index();
    for (uint32_t i = 0; i < index.nodes().size(); ++i) {
        const ZoneNode& node = index.node(i);
        // Delegations and what they hide do not vary by line at all: check_delegations() speaks of them.
        const bool is_hidden = node.cover != ZoneIndex::kNone || index.is_cut(i);
        if (node.has(ZoneNode::kOnOtherLine) && !is_hidden) check_name(findings, node);
    }
}

}  // namespace splitline
