// SPDX-License-Identifier: GPL-3.0-or-later
// The top of the zone: exactly one SOA, NS, no CNAME, nothing outside; the same for every line.
#include <fmt/format.h>

#include <algorithm>

#include "zone/checks.h"
#include "zone/rdata_view.h"

extern "C" {
#include <libknot/descriptor.h>
}

namespace splitline {

namespace {

void check_soa_records(ZoneFindings& findings, uint32_t soa) {
    for (uint32_t i = 0; i < findings.zone().records.size(); ++i) {
        const Record& record = findings.record(i);
        if (record.type != KNOT_RRTYPE_SOA || i == soa) continue;
        const std::string first = findings.place_text(soa);
        if (findings.index().node_of(i) != findings.index().apex())
            findings.error(
                i, fmt::format("SOA at {}, but the zone is {} by the SOA in {}: a zone has one SOA, at its top; "
                               "remove one, or make two zone files of it",
                               findings.owner_text(i), findings.owner_text(soa), first));
        else if (record.line == 0 && findings.rdata(i) != findings.rdata(soa))
            findings.error(
                i, fmt::format("a second SOA for {}, besides the one in {}; keep one", findings.owner_text(i), first));
    }
}

// Zonemaster's limits (ZONE02 to ZONE06), and RFC 1912 section 2.2 behind them.
void check_timers(ZoneFindings& findings, uint32_t soa) {
    constexpr uint32_t kMinRefresh = 14400;
    constexpr uint32_t kMinRetry = 3600;
    constexpr uint32_t kMinExpire = 604800;
    constexpr uint32_t kMinMinimum = 300;
    constexpr uint32_t kMaxMinimum = 86400;
    const SoaTimers timers = soa_timers(findings.rdata(soa));
    const auto warn = [&](const std::string& what) { findings.warning(soa, "SOA: " + what); };
    if (timers.refresh < kMinRefresh)
        warn(fmt::format("refresh {} is below {}; raise it", timers.refresh, kMinRefresh));
    if (timers.retry < kMinRetry) warn(fmt::format("retry {} is below {}; raise it", timers.retry, kMinRetry));
    if (timers.retry >= timers.refresh)
        warn(fmt::format("retry {} is not below refresh {}; lower it", timers.retry, timers.refresh));
    if (timers.expire < kMinExpire) warn(fmt::format("expire {} is below {}; raise it", timers.expire, kMinExpire));
    if (timers.expire <= timers.refresh)
        warn(fmt::format("expire {} is not above refresh {}; raise it", timers.expire, timers.refresh));
    if (timers.minimum < kMinMinimum)
        warn(
            fmt::format("minimum {} (the TTL of negative answers) is below {}; raise it", timers.minimum, kMinMinimum));
    if (timers.minimum > kMaxMinimum)
        warn(
            fmt::format("minimum {} (the TTL of negative answers) is above {}; lower it", timers.minimum, kMaxMinimum));
}

void check_same_for_all_lines(ZoneFindings& findings, const ZoneNode& apex) {
    for (const uint32_t i : findings.index().records(apex)) {
        const uint16_t type = findings.record(i).type;
        if (findings.record(i).line == 0 || (type != KNOT_RRTYPE_SOA && type != KNOT_RRTYPE_NS)) continue;
        findings.error(
            i, fmt::format("{} of the zone on line {}: SOA and NS of a zone are the same for all clients; move it in "
                           "front of the first $LINE, or under `$LINE default`",
                           findings.type_text(i), findings.line_text(i)));
    }
}

void check_apex_cname(ZoneFindings& findings, const ZoneNode& apex, uint32_t soa) {
    for (const uint32_t i : findings.index().records(apex)) {
        if (findings.record(i).type != KNOT_RRTYPE_CNAME) continue;
        findings.error(
            i, fmt::format("CNAME at {}, the top of the zone, where the SOA in {} and the NS stand, on line {}: no "
                           "line allows that. Instead of an ALIAS (there is no CNAME flattening) give the addresses "
                           "(A, AAAA), or `HTTPS 0 target.` for browsers (RFC 9460 AliasMode)",
                           findings.owner_text(i), findings.place_text(soa), findings.line_text(i)));
    }
}

bool ends_in_apex_twice(DnameView name, DnameView apex) {
    const size_t tail = apex.size() - 1;  // the apex's labels without the root
    if (name.size() < tail + apex.size()) return false;
    const size_t at = name.size() - tail - apex.size();
    if (name.substr(at, tail) != apex.substr(0, tail)) return false;
    while (name.size() > tail + apex.size()) name = dname_parent(name);
    return name.size() == tail + apex.size();
}

void check_owners(ZoneFindings& findings) {
    const DnameView apex = findings.zone().apex;
    const bool may_be_doubled = dname_labels(apex) > 1;  // com.com is a name like any other
    for (const auto& node : findings.index().nodes()) {
        if (node.count == 0) continue;
        const auto records = findings.index().records(node);
        const uint32_t first = *std::min_element(records.begin(), records.end());
        if (!node.has(ZoneNode::kInZone)) {
            findings.error(first,
                           fmt::format("{} is not in the zone {}; move it to its own zone file, or correct $ORIGIN",
                                       findings.name_text(node), dname_to_text(apex)));
        } else if (may_be_doubled && ends_in_apex_twice(findings.index().name(node), apex)) {
            findings.warning(first, fmt::format("owner {} has the zone's name twice: is the trailing dot missing?",
                                                findings.name_text(node)));
        }
    }
}

}  // namespace

void check_apex(ZoneFindings& findings) {
    const ZoneIndex& index = findings.index();
    const ZoneNode& apex = index.node(index.apex());
    const uint32_t soa = index.first_of_type(apex, KNOT_RRTYPE_SOA);
    check_soa_records(findings, soa);
    check_timers(findings, soa);
    check_same_for_all_lines(findings, apex);
    check_apex_cname(findings, apex, soa);
    if (!apex.has_ns())
        findings.error(soa, fmt::format("the zone {} has no NS records; add the names of its servers, as in `@ NS ns1`",
                                        findings.name_text(apex)));
    check_owners(findings);
}

}  // namespace splitline
