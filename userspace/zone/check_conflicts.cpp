// SPDX-License-Identifier: GPL-3.0-or-later
// What may not stand together at one name on one line (RFC 1034 section 3.6.2, RFC 2181 section 5, RFC 6672
// section 2.4).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "zone/checks.h"
#include "zone/rdata_view.h"

extern "C" {
#include <libknot/descriptor.h>
}

namespace splitline {

namespace {

using Records = std::span<const uint32_t>;

// Equal strings mean equal records: names inside RDATA compare without case, all else by byte.
std::string comparable_rdata(const ZoneFindings& findings, uint32_t record) {
    const std::string_view rdata = findings.rdata(record);
    std::string key(rdata);
    const DnameView target = rdata_target(findings.record(record).type, rdata);
    if (!target.empty()) {
        const auto at = static_cast<size_t>(target.data() - rdata.data());
        dname_fold(reinterpret_cast<uint8_t*>(key.data()) + at, target.size());
    }
    return key;
}

// The records of one type in `group`, which is ordered by type.
Records of_type(const ZoneFindings& findings, Records group, uint16_t type) {
    const auto type_of = [&](uint32_t record) { return findings.record(record).type; };
    const auto first = std::find_if(group.begin(), group.end(), [&](uint32_t r) { return type_of(r) == type; });
    const auto last = std::find_if(first, group.end(), [&](uint32_t r) { return type_of(r) != type; });
    return {first, last};
}

// Warns of repeated records and returns the second distinct one, or kNone if all are the same.
uint32_t find_duplicates(ZoneFindings& findings, Records rrset) {
    std::vector<std::pair<std::string, uint32_t>> keys;
    keys.reserve(rrset.size());
    for (const uint32_t record : rrset) keys.emplace_back(comparable_rdata(findings, record), record);
    std::sort(keys.begin(), keys.end());
    uint32_t original = 0;
    uint32_t second = ZoneIndex::kNone;
    for (size_t i = 0; i < keys.size(); ++i) {
        if (i == 0 || keys[i].first != keys[original].first) {
            original = static_cast<uint32_t>(i);
            if (keys[i].second != rrset[0]) second = std::min(second, keys[i].second);
        } else {
            findings.warning(
                keys[i].second,
                fmt::format("{} {} repeats {}; it is served once, remove this one", findings.owner_text(keys[i].second),
                            findings.type_text(keys[i].second), findings.place_text(keys[original].second)));
        }
    }
    return second;
}

void check_ttls(ZoneFindings& findings, Records rrset) {
    const auto ttl_of = [&](uint32_t record) { return findings.record(record).ttl; };
    const auto odd =
        std::find_if(rrset.begin(), rrset.end(), [&](uint32_t r) { return ttl_of(r) != ttl_of(rrset[0]); });
    if (odd == rrset.end()) return;
    uint32_t lowest = ttl_of(rrset[0]);
    for (const uint32_t record : rrset) lowest = std::min(lowest, ttl_of(record));
    findings.warning(
        *odd, fmt::format("{} {} has TTL {}, but {} in {}: records of one name, type and line share one TTL (RFC "
                          "2181 section 5.2), the lowest, {}, is served; make them equal",
                          findings.owner_text(*odd), findings.type_text(*odd), ttl_of(*odd), ttl_of(rrset[0]),
                          findings.place_text(rrset[0]), lowest));
}

void check_size(ZoneFindings& findings, Records rrset) {
    constexpr size_t kRecordHeader = 12;  // compressed owner, type, class, TTL, length
    constexpr size_t kRoom =
        65535 - 12 - 255 - 4 - 512;  // a TCP message without header, question, and OPT with options
    size_t size = 0;
    for (const uint32_t record : rrset) size += kRecordHeader + findings.record(record).rdata_length;
    if (size > kRoom)
        findings.error(
            rrset[0],
            fmt::format("the {} records of {} {} take {} bytes: more than any DNS message carries ({}); "
                        "remove some",
                        rrset.size(), findings.owner_text(rrset[0]), findings.type_text(rrset[0]), size, kRoom));
}

void conflict(ZoneFindings& findings, uint32_t a, uint32_t b, const std::string& rule) {
    const auto [first, second] = std::minmax(a, b);
    findings.error(second,
                   fmt::format("{} {} conflicts with {} in {}, both on line {}: {}", findings.owner_text(second),
                               findings.type_text(second), findings.type_text(first), findings.place_text(first),
                               findings.line_text(second), rule));
}

void check_cname(ZoneFindings& findings, Records group, Records cnames, uint32_t second_cname) {
    if (second_cname != ZoneIndex::kNone)
        conflict(findings, cnames[0], second_cname,
                 "a name has one CNAME a line; keep one, or put one under another $LINE");
    if (cnames.size() == group.size()) return;
    const auto other = std::find_if(group.begin(), group.end(),
                                    [&](uint32_t record) { return findings.record(record).type != KNOT_RRTYPE_CNAME; });
    conflict(findings, cnames[0], *other,
             "a CNAME stands alone (RFC 1034 section 3.6.2); delete one of the two, put one under another $LINE, or "
             "give the "
             "addresses instead of the CNAME");
}

void check_group(ZoneFindings& findings, const RecordsOnLine& group, bool is_apex) {
    uint32_t second_cname = ZoneIndex::kNone;
    for (size_t from = 0; from < group.records.size();) {
        const uint16_t type = findings.record(group.records[from]).type;
        const Records rrset = of_type(findings, group.records.subspan(from), type);
        from += rrset.size();
        check_size(findings, rrset);
        if (rrset.size() == 1) continue;
        check_ttls(findings, rrset);
        const uint32_t second = find_duplicates(findings, rrset);
        if (type == KNOT_RRTYPE_CNAME) second_cname = second;
        if (type == KNOT_RRTYPE_DNAME && second != ZoneIndex::kNone)
            conflict(findings, rrset[0], second, "a name has one DNAME a line (RFC 6672 section 2.4); keep one");
    }
    const Records cnames = of_type(findings, group.records, KNOT_RRTYPE_CNAME);
    if (!cnames.empty() && !is_apex) check_cname(findings, group.records, cnames, second_cname);
}

}  // namespace

void check_conflicts(ZoneFindings& findings) {
    const ZoneIndex& index = findings.index();
    for (uint32_t i = 0; i < index.nodes().size(); ++i) {
        const bool is_apex = i == index.apex();
        index.for_each_line(index.node(i), [&](const RecordsOnLine& group) { check_group(findings, group, is_apex); });
    }
}

}  // namespace splitline
