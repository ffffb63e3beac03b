// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/api_json.h"

#include <nlohmann/json.hpp>

#include "control/protocol.h"

namespace splitline {

// Both directions of every struct from one list of its fields.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Finding, severity, message, file, line)
NLOHMANN_JSON_SERIALIZE_ENUM(HostFinding::Severity, {{HostFinding::Severity::kOk, "ok"},
                                                     {HostFinding::Severity::kInfo, "info"},
                                                     {HostFinding::Severity::kWarning, "warning"},
                                                     {HostFinding::Severity::kError, "error"}})
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(HostFinding, severity, subject, text, fix)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(XdpInterface, interface, attached, mode, method, note, program_id, link_id, handoff)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(XdpReport, enabled, interfaces, listen, generation, names, max_names, zones,
                                   max_zones, arena_bytes, max_arena_bytes, unfit_names, left_out_names,
                                   verified_instructions, stale_after_seconds, pin_directory)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(StatusReport, version, pid, started, uptime_seconds, config, state_directory, listen,
                                   udp_workers, generation, zones, names, records, memory_bytes, lines_in_use, classes,
                                   prefixes, line_order, problems, xdp)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PathCount, path, answered)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ReasonCount, reason, text, count)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RcodeCount, path, rcode, count)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LineCount, path, line, count)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(StatsReport, paths, reasons, rcodes, lines, udp_queries, tcp_queries, truncated,
                                   unanswered, lost, tcp_open, tcp_accepted, tcp_evicted, tcp_timed_out, tcp_refused)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ReloadReport, generation, zones, restart_needed)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(StopReport, keep_xdp)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ZoneReport, zone, serial, names, records, lines, origin, file, memory_bytes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ZoneList, zones)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ZoneText, zone, text)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ZoneChange, zone, action, serial, records, generation)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(CheckedFile, file, ok, zone, serial, names, records, findings)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ZoneCheck, lines, files)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ConfigCheck, config, ok, zones, names, records, classes, findings)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LineReport, line, group, rank, in_use, ipv4_prefixes, ipv6_prefixes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LineList, order, lines)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LineHit, line, group, prefix, source, wins_group, in_use)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LineWhich, address, winner, class_id, chain, lines)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Explanation, name, type, from, zone, class_id, chain, line, group, prefix, source,
                                   rcode, authoritative, tailored, scope, answer, authority, additional, path, reason,
                                   reason_text)

namespace {

using Json = nlohmann::json;

std::string dump(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// The parsed object, or an error; nesting is no danger: the parser keeps its own stack.
Result<Json> parse_object(std::string_view text) {
    auto json = Json::parse(text.begin(), text.end(), nullptr, false);
    if (json.is_discarded()) return Error{"not JSON; send one object a line"};
    if (!json.is_object()) return Error{"not a JSON object; send one object a line"};
    return json;
}

}  // namespace

template <typename T>
std::string to_json_text(const T& report) {
    return dump(Json(report));
}

template <typename T>
Result<T> from_json_text(std::string_view text) {
    const auto json = parse_object(text);
    if (!json) return json.error();
    try {
        return json->template get<T>();
    } catch (const Json::exception& failure) {
        return Error{std::string("unexpected JSON: ") + failure.what()};
    }
}

#define SPLITLINE_API(T)                            \
    template std::string to_json_text<T>(const T&); \
    template Result<T> from_json_text<T>(std::string_view);
SPLITLINE_API(StatusReport)
SPLITLINE_API(StatsReport)
SPLITLINE_API(ReloadReport)
SPLITLINE_API(StopReport)
SPLITLINE_API(ZoneList)
SPLITLINE_API(ZoneText)
SPLITLINE_API(ZoneChange)
SPLITLINE_API(ZoneCheck)
SPLITLINE_API(ConfigCheck)
SPLITLINE_API(LineList)
SPLITLINE_API(LineWhich)
SPLITLINE_API(Explanation)
SPLITLINE_API(XdpReport)
template std::string to_json_text(const std::vector<HostFinding>&);
#undef SPLITLINE_API

std::string encode(const ControlRequest& request) {
    return dump(Json{{"command", request.command}, {"args", request.args}});
}

std::string encode(const ControlResponse& response) {
    // The result is JSON text already: spliced in, so that a large one is not parsed once more.
    std::string line = dump(Json{{"ok", response.ok}, {"findings", response.findings}});
    line.pop_back();
    if (response.ok)
        line += ",\"result\":" + (response.result.empty() ? "{}" : response.result);
    else
        line += ",\"error\":" + dump(Json(response.error));
    return line + "}";
}

Result<ControlRequest> decode_request(std::string_view line) {
    const auto json = parse_object(line);
    if (!json) return json.error();
    ControlRequest request;
    for (const auto& [key, value] : json->items()) {
        if (key == "command" && value.is_string()) {
            request.command = value.get<std::string>();
        } else if (key == "args" && value.is_object()) {
            for (const auto& [name, text] : value.items()) {
                if (!text.is_string()) return Error{"args." + name + ": must be a string"};
                request.args[name] = text.get<std::string>();
            }
        } else if (key == "command" || key == "args") {
            return Error{key + ": must be " + (key == "args" ? "an object" : "a string")};
        } else {
            return Error{"'" + key + "' is no key of a request; use command and args"};
        }
    }
    if (request.command.empty()) return Error{R"(command: missing; name one, as {"command": "status"})"};
    return request;
}

Result<ControlResponse> decode_response(std::string_view line) {
    const auto json = parse_object(line);
    if (!json) return json.error();
    try {
        ControlResponse response;
        response.ok = json->at("ok").get<bool>();
        response.findings = json->at("findings").get<std::vector<Finding>>();
        if (response.ok)
            response.result = dump(json->at("result"));
        else
            response.error = json->at("error").get<std::string>();
        return response;
    } catch (const Json::exception& failure) {
        return Error{std::string("unexpected response: ") + failure.what()};
    }
}

std::vector<Finding> findings_of(const Diagnostics& diagnostics) {
    std::vector<Finding> findings;
    for (const auto& finding : diagnostics.all())
        findings.push_back({finding.severity == Diagnostic::Severity::kError ? "error" : "warning", finding.message,
                            finding.place.file, finding.place.line});
    return findings;
}

std::string text_of(const Finding& finding) {
    return Place{finding.file, finding.line}.prefix() + finding.severity + ": " + finding.message;
}

}  // namespace splitline
