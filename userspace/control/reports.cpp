// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/reports.h"

#include <unistd.h>

#include <algorithm>

#include "control/protocol.h"
#include "control/rcode.h"

namespace splitline {
namespace {

std::vector<std::string> texts(const std::vector<Endpoint>& endpoints) {
    std::vector<std::string> result;
    result.reserve(endpoints.size());
    for (const auto& endpoint : endpoints) result.push_back(endpoint.text());
    return result;
}

void count_fast_path(const Serving& serving, StatsReport& report) {
    const auto counters = serving.fast_path()->counters();
    const auto* reasons = counters.reasons;
    for (unsigned i = 0; i < SL_REASON_COUNT; ++i) {
        const auto reason = static_cast<sl_reason>(i);
        report.reasons.push_back({reason_label(reason), reason_text(reason), reasons[i]});
    }
    const uint64_t found = reasons[SL_REASON_ANSWER] + reasons[SL_REASON_NODATA];
    const uint64_t absent = reasons[SL_REASON_NXDOMAIN], refused = reasons[SL_REASON_REFUSED];
    report.paths.push_back({"xdp", found + absent + refused});
    if (found > 0) report.rcodes.push_back({"xdp", "NOERROR", found});
    if (absent > 0) report.rcodes.push_back({"xdp", "NXDOMAIN", absent});
    if (refused > 0) report.rcodes.push_back({"xdp", "REFUSED", refused});
    for (const auto& [line, count] : serving.fast_path_lines()) report.lines.push_back({"xdp", line, count});
}

void count_resolver(const Serving& serving, StatsReport& report) {
    const auto counters = serving.resolver().counters();
    uint64_t answered = 0;
    for (unsigned rcode = 0; rcode < counters.rcodes.size(); ++rcode) {
        answered += counters.rcodes[rcode];
        if (counters.rcodes[rcode] > 0)
            report.rcodes.push_back({"resolver", rcode_name(rcode), counters.rcodes[rcode]});
    }
    report.paths.push_back({"resolver", answered});
    for (const auto& [line, count] : serving.resolver_lines()) report.lines.push_back({"resolver", line, count});
    report.udp_queries = counters.udp_queries;
    report.tcp_queries = counters.tcp_queries;
    report.truncated = counters.truncated;
    report.unanswered = counters.unanswered;
    report.lost = counters.lost;
    report.tcp_open = counters.tcp_open;
    report.tcp_accepted = counters.tcp_accepted;
    report.tcp_evicted = counters.tcp_evicted;
    report.tcp_timed_out = counters.tcp_timed_out;
    report.tcp_refused = counters.tcp_refused;
}

ZoneReport report_zone(const OwnedZone& zone, const LineCatalog& catalog) {
    const auto& image = *zone.source.image;
    ZoneReport report;
    report.zone = dname_to_text(image.apex());
    report.serial = image.serial();
    report.names = image.nodes().size();
    report.records = image.record_count();
    for (const LineId line : image.used_lines()) report.lines.push_back(catalog.name(line));
    report.origin = zone.stored ? "command" : "configuration";
    report.file = zone.file;
    report.memory_bytes = image.memory();
    return report;
}

}  // namespace

StatusReport report_status(const Serving& serving, std::time_t started) {
    const auto& image = serving.image();
    StatusReport report;
    report.version = SPLITLINE_VERSION;
    report.pid = getpid();
    report.started = started;
    report.uptime_seconds = std::time(nullptr) - started;
    report.config = serving.config().path;
    report.state_directory = serving.config().state_directory;
    report.listen = texts(serving.resolver().endpoints());
    report.udp_workers = serving.config().resolver.udp_workers;
    report.generation = image.generation;
    report.zones = image.zones.size();
    for (const auto& zone : image.zones) {
        report.names += zone.image->nodes().size();
        report.records += zone.image->record_count();
        report.memory_bytes += zone.image->memory();
    }
    const auto& used = image.classes->used;
    report.lines_in_use = static_cast<uint64_t>(std::count(used.begin(), used.end(), true) - 1);
    report.classes = image.classes->chains.size();
    report.prefixes = image.lines->prefixes.ipv4.size() + image.lines->prefixes.ipv6.size();
    report.line_order = serving.config().lines.order;
    Diagnostics problems;
    for (const auto& problem : serving.problems()) problems.error(problem.place, problem.message);
    report.problems = findings_of(problems);
    report.xdp = report_xdp(serving);
    return report;
}

StatsReport report_stats(const Serving& serving) {
    StatsReport report;
    if (serving.fast_path()) count_fast_path(serving, report);
    count_resolver(serving, report);
    return report;
}

XdpReport report_xdp(const Serving& serving) {
    XdpReport report;
    const auto* fast_path = serving.fast_path();
    if (!fast_path) return report;
    report.enabled = true;
    for (const auto& status : fast_path->interfaces())
        report.interfaces.push_back({status.interface, status.attached, status.mode, status.method, status.note,
                                     status.program_id, status.link_id, status.handoff});
    report.listen = texts(serving.fast_path_endpoints());
    report.generation = fast_path->generation();
    const auto usage = fast_path->usage();
    report.names = usage.names;
    report.max_names = usage.max_names;
    report.zones = usage.zones;
    report.max_zones = usage.max_zones;
    report.arena_bytes = usage.arena_bytes;
    report.max_arena_bytes = usage.max_arena_bytes;
    report.unfit_names = usage.unfit_names;
    report.left_out_names = usage.left_out_names;
    report.verified_instructions = fast_path->verified_instructions();
    report.stale_after_seconds = serving.config().fast_path.stale_after_seconds;
    report.pin_directory = serving.config().fast_path.pin_directory;
    return report;
}

ZoneList report_zones(const Serving& serving) {
    ZoneList list;
    for (const auto& zone : serving.zones()) list.zones.push_back(report_zone(zone, serving.image().lines->catalog));
    std::sort(list.zones.begin(), list.zones.end(), [](const auto& a, const auto& b) { return a.zone < b.zone; });
    return list;
}

LineList report_lines(const Serving& serving) {
    const auto& [catalog, prefixes] = *serving.image().lines;
    std::vector<LineReport> lines(catalog.size());
    for (const auto& prefix : prefixes.ipv4) ++lines[prefix.line].ipv4_prefixes;
    for (const auto& prefix : prefixes.ipv6) ++lines[prefix.line].ipv6_prefixes;
    LineList list;
    list.order = serving.config().lines.order;
    for (size_t i = 0; i < lines.size(); ++i) {
        auto& line = lines[i];
        const auto id = static_cast<LineId>(i);
        line.line = catalog.name(id);
        line.group = line_group_name(catalog.line(id).group);
        line.rank = catalog.rank(id);
        line.in_use = serving.image().classes->used[i];
        if (line.in_use || line.ipv4_prefixes > 0 || line.ipv6_prefixes > 0) list.lines.push_back(line);
    }
    std::stable_sort(list.lines.begin(), list.lines.end(),
                     [](const auto& a, const auto& b) { return a.rank < b.rank; });
    return list;
}

}  // namespace splitline
