// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/render.h"

#include <fmt/format.h>

#include <array>

#include "cli/table.h"
#include "control/protocol.h"

namespace splitline {
namespace {

std::string duration(int64_t seconds) {
    if (seconds < 60) return fmt::format("{} s", seconds);
    if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
    if (seconds < 86400) return fmt::format("{} h {} min", seconds / 3600, seconds % 3600 / 60);
    return fmt::format("{} d {} h", seconds / 86400, seconds % 86400 / 3600);
}

std::string bytes(uint64_t count) {
    constexpr double kKib = 1024, kMib = kKib * 1024;
    const auto value = static_cast<double>(count);
    if (value < kKib) return fmt::format("{} B", count);
    return value < kMib ? fmt::format("{:.1f} KiB", value / kKib) : fmt::format("{:.1f} MiB", value / kMib);
}

/// "1 zone", "2 zones".
std::string counted(uint64_t count, const std::string& noun, const std::string& plural) {
    return fmt::format("{} {}", count, count == 1 ? noun : plural);
}
std::string counted(uint64_t count, const std::string& noun) {
    return counted(count, noun, noun + "s");
}

std::string yes_no(bool value) {
    return value ? "yes" : "no";
}

void add_xdp(const XdpReport& xdp, TextTable& table) {
    if (!xdp.enabled) {
        table.add({"xdp", "off (xdp.enabled = false): the resolver answers everything"});
        return;
    }
    std::string label = "xdp";
    for (const auto& each : xdp.interfaces) {
        table.add({label, fmt::format("{}: {}{}{}", each.interface,
                                      each.attached ? fmt::format("{}, attached by {}, program {}", each.mode,
                                                                  each.method, each.program_id)
                                                    : "not attached",
                                      each.note.empty() ? "" : "; ", each.note)});
        label.clear();
        if (!each.handoff.empty()) table.add({"", fmt::format("the rest by {}", each.handoff)});
    }
    table.add(
        {"", fmt::format("generation {}; {} of {} names, {} of {} zones, {} of {}", xdp.generation, xdp.names,
                         xdp.max_names, xdp.zones, xdp.max_zones, bytes(xdp.arena_bytes), bytes(xdp.max_arena_bytes))});
    if (xdp.left_out_names > 0)
        table.add({"", fmt::format("no room for {}, those asked least: they are the resolver's; raise xdp.max_names or "
                                   "xdp.arena_mib and restart to have all answered from XDP",
                                   counted(xdp.left_out_names, "name"))});
    if (xdp.unfit_names > 0) table.add({"", counted(xdp.unfit_names, "name") + " left to the resolver"});
    table.add({"", fmt::format("answering on {}", fmt::join(xdp.listen, ", "))});
    table.add({"", fmt::format("{} verified instructions; pinned in {}; {}", xdp.verified_instructions,
                               xdp.pin_directory.empty() ? "nothing" : xdp.pin_directory,
                               xdp.stale_after_seconds == 0
                                   ? "never stale"
                                   : fmt::format("stale {} s after the daemon died", xdp.stale_after_seconds))});
}

void add_records(const char* section, const std::vector<std::string>& records, TextTable& table) {
    for (const auto& record : records) {
        table.add({section, record});
        section = "";
    }
}

}  // namespace

std::string render(const StatusReport& status) {
    TextTable table;
    table.add(
        {"splitlined", fmt::format("{}, pid {}, up {}", status.version, status.pid, duration(status.uptime_seconds))});
    table.add({"generation", std::to_string(status.generation)});
    table.add({"zones", fmt::format("{} ({}, {}, {})", status.zones, counted(status.names, "name"),
                                    counted(status.records, "record"), bytes(status.memory_bytes))});
    table.add(
        {"lines", fmt::format("{} in use, {}, {}; order {}", status.lines_in_use,
                              counted(status.classes, "client class", "client classes"),
                              counted(status.prefixes, "prefix", "prefixes"), fmt::join(status.line_order, ", "))});
    table.add({"resolver",
               fmt::format("{} ({})", fmt::join(status.listen, ", "), counted(status.udp_workers, "UDP worker"))});
    add_xdp(status.xdp, table);
    table.add({"config", status.config});
    table.add({"state", status.state_directory});
    std::string text = table.text();
    if (!status.problems.empty()) text += "\nNot served because of:\n";
    for (const auto& problem : status.problems) text += "  " + text_of(problem) + "\n";
    return text;
}

std::string render(const StatsReport& stats) {
    const auto section = [](const TextTable& table) { return table.empty() ? "" : table.text() + "\n"; };
    TextTable paths({"PATH", "ANSWERED"});
    for (const auto& each : stats.paths) paths.add({each.path, std::to_string(each.answered)});
    TextTable rcodes({"PATH", "RCODE", "COUNT"});
    for (const auto& each : stats.rcodes) rcodes.add({each.path, each.rcode, std::to_string(each.count)});
    TextTable lines({"PATH", "LINE", "COUNT"});
    for (const auto& each : stats.lines) lines.add({each.path, each.line, std::to_string(each.count)});
    TextTable reasons({"XDP REASON", "COUNT", "MEANING"});
    for (const auto& each : stats.reasons) reasons.add({each.reason, std::to_string(each.count), each.text});
    TextTable resolver({"RESOLVER", "COUNT"});
    for (const auto& [name, count] : {std::pair{"udp queries", stats.udp_queries},
                                      {"tcp queries", stats.tcp_queries},
                                      {"truncated", stats.truncated},
                                      {"unanswered", stats.unanswered},
                                      {"lost", stats.lost},
                                      {"tcp open", stats.tcp_open},
                                      {"tcp accepted", stats.tcp_accepted},
                                      {"tcp evicted", stats.tcp_evicted},
                                      {"tcp timed out", stats.tcp_timed_out},
                                      {"tcp refused", stats.tcp_refused}})
        resolver.add({name, std::to_string(count)});
    return section(paths) + section(rcodes) + section(lines) + section(reasons) + resolver.text();
}

std::string render(const ReloadReport& reload) {
    std::string text = fmt::format("reloaded: generation {}, {}\n", reload.generation, counted(reload.zones, "zone"));
    for (const auto& field : reload.restart_needed) text += "needs a restart to take effect: " + field + "\n";
    return text;
}

std::string render(const StopReport& stop) {
    return stop.keep_xdp ? "stopped; XDP stays attached and answers from the last image\n" : "stopped\n";
}

std::string render(const ZoneList& zones) {
    TextTable table({"ZONE", "SERIAL", "NAMES", "RECORDS", "LINES", "ORIGIN", "FILE"});
    for (const auto& zone : zones.zones)
        table.add({zone.zone, std::to_string(zone.serial), std::to_string(zone.names), std::to_string(zone.records),
                   fmt::format("{}", fmt::join(zone.lines, ",")), zone.origin, zone.file});
    return table.empty() ? "no zones are served; load one with `splitline zone load FILE`\n" : table.text();
}

std::string render(const ZoneText& zone) {
    return zone.text;
}

std::string render(const ZoneChange& change) {
    if (change.action == "unchanged") return change.zone + " is so already: nothing was changed\n";
    return fmt::format("{} {}: serial {}, {}, generation {}\n", change.action, change.zone, change.serial,
                       counted(change.records, "record"), change.generation);
}

std::string render(const ZoneCheck& check) {
    std::string text;
    for (const auto& file : check.files) {
        if (file.ok)
            text += fmt::format("{}: ok, {} serial {}, {}, {}\n", file.file, file.zone, file.serial,
                                counted(file.names, "name"), counted(file.records, "record"));
        else
            text += file.file + ": refused\n";
    }
    return text;
}

std::string render(const ConfigCheck& check) {
    if (!check.ok) return check.config + ": refused\n";
    return fmt::format("{}: ok, {}, {}, {}, {}\n", check.config, counted(check.zones, "zone"),
                       counted(check.names, "name"), counted(check.records, "record"),
                       counted(check.classes, "client class", "client classes"));
}

std::string render(const LineList& lines) {
    TextTable table({"RANK", "LINE", "GROUP", "IN USE", "IPV4", "IPV6"});
    for (const auto& line : lines.lines)
        table.add({std::to_string(line.rank), line.line, line.group, yes_no(line.in_use),
                   std::to_string(line.ipv4_prefixes), std::to_string(line.ipv6_prefixes)});
    return fmt::format("order {}; a smaller rank wins\n", fmt::join(lines.order, ", ")) + table.text();
}

std::string render(const LineWhich& which) {
    std::string text = fmt::format("{} is answered by {} (class {}, lines in use: {})\n", which.address, which.winner,
                                   which.class_id, fmt::join(which.chain, " > "));
    if (which.lines.empty()) return text + "no line has this address\n";
    TextTable table({"LINE", "GROUP", "PREFIX", "IN USE", "WINS GROUP", "SOURCE"});
    for (const auto& line : which.lines)
        table.add({line.line, line.group, line.prefix, yes_no(line.in_use), yes_no(line.wins_group), line.source});
    return text + table.text();
}

std::string render(const Explanation& e) {
    TextTable table;
    table.add({"query", fmt::format("{} {} from {}", e.name, e.type, e.from)});
    table.add({"class", fmt::format("{}: {}", e.class_id, fmt::join(e.chain, " > "))});
    table.add({"zone", e.zone.empty() ? "none of ours" : e.zone});
    if (!e.line.empty()) {
        const std::string why = e.prefix.empty() ? "" : fmt::format(": {} in {}", e.prefix, e.source);
        table.add({"line", fmt::format("{} ({}){}", e.line, e.group, why)});
    }
    table.add({"rcode", e.rcode + (e.authoritative ? ", authoritative" : "")});
    add_records("answer", e.answer, table);
    add_records("authority", e.authority, table);
    add_records("additional", e.additional, table);
    table.add({"scope", fmt::format("/{}{}", e.scope, e.tailored ? "" : ": the same for every client")});
    table.add({"path", fmt::format("{}: {} ({})", e.path, e.reason_text, e.reason)});
    return table.text();
}

std::string render(const XdpReport& xdp) {
    TextTable table;
    add_xdp(xdp, table);
    return table.text();
}

std::string render(const std::vector<HostFinding>& findings) {
    static constexpr std::array kWords = {"ok", "info", "warning", "error"};
    std::array<uint64_t, kWords.size()> counts{};
    TextTable table;
    for (const auto& finding : findings) {
        const auto severity = static_cast<size_t>(finding.severity);
        ++counts[severity];
        table.add({kWords[severity], finding.subject, finding.text});
        if (!finding.fix.empty()) table.add({"", "", "  fix: " + finding.fix});
    }
    return table.text() + fmt::format("{}, {}\n", counted(counts[3], "error"), counted(counts[2], "warning"));
}

}  // namespace splitline
