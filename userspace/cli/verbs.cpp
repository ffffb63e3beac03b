// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/verbs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <limits>
#include <optional>
#include <sstream>
#include <vector>

#include "cli/client.h"
#include "cli/doctor.h"
#include "cli/record_batch.h"
#include "cli/render.h"
#include "cli/table.h"
#include "cli/zone_check.h"
#include "control/api_json.h"
#include "control/config.h"
#include "control/config_check.h"

namespace splitline {
namespace {

constexpr size_t kAny = std::numeric_limits<size_t>::max();

void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
}

void complain(const std::string& text) {
    std::fprintf(stderr, "splitline: %s\n", text.c_str());
}

void print_findings(const std::vector<Finding>& findings) {
    for (const auto& finding : findings) std::fprintf(stderr, "%s\n", text_of(finding).c_str());
}

/// --socket, or what the configuration says; a configuration that cannot be read must not keep anybody from the daemon.
std::string socket_path(const Invocation& call) {
    if (!call.socket.empty()) return call.socket;
    if (access(call.config.c_str(), R_OK) != 0) return kDefaultControlSocket;
    Diagnostics ignored;
    return read_config_file(call.config, ignored).control_socket;
}

/// Findings go to stderr, the result's JSON or text to stdout.
template <typename T>
ExitCode show(const Invocation& call, const ControlResponse& response) {
    print_findings(response.findings);
    if (!response.ok) {
        complain(response.error);
        if (call.json) print(encode(response) + "\n");
        return kRefused;
    }
    if (call.json) {
        print(response.result + "\n");
        return kDone;
    }
    const auto report = from_json_text<T>(response.result);
    if (!report) {
        complain(report.error().text() + "; is splitlined of another version?");
        return kRefused;
    }
    print(render(*report));
    return kDone;
}

template <typename T>
ExitCode ask(const Invocation& call, const ControlRequest& request, const Fd& file = Fd(), bool until_end = false) {
    auto client = ControlClient::connect(socket_path(call));
    const auto response = client ? client->exchange(request, file) : Result<ControlResponse>(client.error());
    if (!response) {
        complain(response.error().text());
        return kUnreachable;
    }
    if (until_end && response->ok) client->wait_for_end();
    return show<T>(call, *response);
}

template <typename T>
ExitCode ask_plain(const Invocation& call, const char* command) {
    return ask<T>(call, ControlRequest{command, {}});
}

/// A copy of the file in memory, be it a pipe or on a file system that may hang.
Result<Fd> copy_of(const std::string& name) {
    const auto cannot_read = [&] { return Error{fmt::format("cannot read {}: {}", name, std::strerror(errno))}; };
    const Fd file(open(name.c_str(), O_RDONLY | O_CLOEXEC));
    Fd copy(memfd_create("zone", MFD_CLOEXEC));
    if (file.get() < 0 || copy.get() < 0) return cannot_read();
    std::vector<char> bytes(size_t{1} << 20);
    while (true) {
        const ssize_t size = read(file.get(), bytes.data(), bytes.size());
        if (size == 0) return copy;
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 || !write_all(copy.get(), {bytes.data(), static_cast<size_t>(size)})) return cannot_read();
    }
}

/// The daemon may not see the operator's files, or may not read them, and must not wait for them: a copy goes along.
ExitCode zone_load(const Invocation& call) {
    const auto& name = call.args[0];
    const auto copy = copy_of(name);
    if (!copy) {
        complain(copy.error().text());
        return kRefused;
    }
    const auto path = std::filesystem::absolute(name).lexically_normal().string();
    return ask<ZoneChange>(call, ControlRequest{"zone load", {{"file", path}, {"contents", "passed"}}}, *copy);
}

ExitCode zone_check(const Invocation& call) {
    const auto check = check_zone_files(call.args, call.config, call.config_is_default);
    if (!check) {
        complain(check.error().text());
        return kRefused;
    }
    for (const auto& file : check->files) print_findings(file.findings);
    print(call.json ? to_json_text(*check) + "\n" : render(*check));
    const auto& files = check->files;
    return std::all_of(files.begin(), files.end(), [](const auto& file) { return file.ok; }) ? kDone : kRefused;
}

ExitCode check(const Invocation& call) {
    const auto checked = check_config(call.config);
    print_findings(checked.findings);
    print(call.json ? to_json_text(checked) + "\n" : render(checked));
    return checked.ok ? kDone : kRefused;
}

ExitCode doctor(const Invocation& call) {
    const auto findings = diagnose(call.config, call.config_is_default, call.socket, call.interfaces);
    print(call.json ? to_json_text(findings) + "\n" : render(findings));
    const auto is_error = [](const auto& finding) { return finding.severity == HostFinding::Severity::kError; };
    return std::any_of(findings.begin(), findings.end(), is_error) ? kRefused : kDone;
}

ExitCode explain(const Invocation& call) {
    if (call.from.empty()) {
        complain("explain needs --from ADDRESS or --from ADDRESS/LENGTH");
        return kUsage;
    }
    ControlRequest request{"explain", {{"name", call.args[0]}, {"from", call.from}}};
    if (call.args.size() > 1) request.args["type"] = call.args[1];
    return ask<Explanation>(call, request);
}

ExitCode stop(const Invocation& call) {
    return ask<StopReport>(call, ControlRequest{"stop", {{"keep_xdp", call.keep_xdp ? "yes" : "no"}}}, Fd(), true);
}

/// ZONE NAME and what follows, as one line of zone/record_change.h.
ExitCode change_record(const Invocation& call, const char* action) {
    // "del ZONE www A ''" would be about all records of the type, where a script meant one.
    const auto blank = [](const std::string& arg) { return arg.find_first_not_of(" \t\r\n") == std::string::npos; };
    if (std::any_of(call.args.begin(), call.args.end(), blank)) {
        complain("an empty argument; leave it out if that is what you mean, and write an empty text as '\"\"'");
        return kUsage;
    }
    std::string change = std::string(action) + " " + call.args[1];
    if (!call.line.empty()) change += " --line " + call.line;
    for (size_t i = 2; i < call.args.size(); ++i) change += " " + call.args[i];
    if (change.find('\n') != std::string::npos) {
        complain("a line break in a change; write one line, or use record batch");
        return kUsage;
    }
    return ask<ZoneChange>(call, {"record change", {{"zone", call.args[0]}, {"changes", change}}});
}

ExitCode record_batch(const Invocation& call) {
    auto client = ControlClient::connect(socket_path(call));
    if (!client) {
        complain(client.error().text());
        return kUnreachable;
    }
    const auto report = [&](size_t line, const ControlResponse& response) {
        print_findings(response.findings);
        if (!response.ok) complain("line " + std::to_string(line) + ": " + response.error);
        if (call.json) print((response.ok ? response.result : encode(response)) + "\n");
    };
    RecordBatch batch([&](const ControlRequest& request) { return client->exchange(request); }, report);
    const auto outcome = batch.run(std::cin);
    if (!call.json) print(fmt::format("{} commits, {} refused\n", outcome.commits, outcome.refused));
    if (!outcome.broken.empty()) {
        complain(outcome.broken);
        return kUnreachable;
    }
    return outcome.refused == 0 ? kDone : kRefused;
}

std::vector<std::string> split_words(const std::string& text) {
    std::istringstream stream(text);
    return {std::istream_iterator<std::string>(stream), {}};
}

}  // namespace

const std::vector<Verb>& verbs() {
    using Call = const Invocation&;
    static const std::vector<Verb> kVerbs = {
        {"status", "", "what is served, by which paths, since when", 0, 0, "",
         [](Call call) { return ask_plain<StatusReport>(call, "status"); }},
        {"stats", "", "counters by path, reason, rcode and line", 0, 0, "",
         [](Call call) { return ask_plain<StatsReport>(call, "stats"); }},
        {"reload", "", "read configuration, lines and all zones again", 0, 0, "",
         [](Call call) { return ask_plain<ReloadReport>(call, "reload"); }},
        {"stop", "[--keep-xdp]", "stop the daemon; XDP is detached unless kept", 0, 0, "keep-xdp", stop},
        {"check", "", "check the configuration and all it names, without a daemon", 0, 0, "", check},
        {"doctor", "[--interface NAME]...", "check what the fast path needs of this host, without a daemon", 0, 0,
         "interface", doctor},
        {"zone check", "FILE...", "check zone files as the daemon would, without one", 1, kAny, "", zone_check},
        {"zone load", "FILE", "serve a zone from now on, restarts included", 1, 1, "", zone_load},
        {"zone list", "", "every zone with serial, lines and origin", 0, 0, "",
         [](Call call) { return ask_plain<ZoneList>(call, "zone list"); }},
        {"zone show", "ZONE", "print a served zone as a master file", 1, 1, "",
         [](Call call) {
             return ask<ZoneText>(call, {"zone show", {{"zone", call.args[0]}}});
         }},
        {"zone drop", "ZONE", "stop serving a zone that was loaded by command", 1, 1, "",
         [](Call call) {
             return ask<ZoneChange>(call, {"zone drop", {{"zone", call.args[0]}}});
         }},
        {"record set", "ZONE NAME [--line LINE] TTL TYPE RDATA...", "make this the only record of its type", 5, kAny,
         "line", [](Call call) { return change_record(call, "set"); }},
        {"record add", "ZONE NAME [--line LINE] TTL TYPE RDATA...", "add a record", 5, kAny, "line",
         [](Call call) { return change_record(call, "add"); }},
        {"record del", "ZONE NAME [--line LINE] [TYPE [RDATA...]]", "delete a record, a type or a name", 2, kAny,
         "line", [](Call call) { return change_record(call, "del"); }},
        {"record batch", "", "changes from standard input: one a line, or blocks of begin ... commit", 0, 0, "",
         record_batch},
        {"line list", "", "lines with addresses or records, by rank", 0, 0, "",
         [](Call call) { return ask_plain<LineList>(call, "line list"); }},
        {"line which", "ADDRESS", "every line an address is on, the winner, and why", 1, 1, "",
         [](Call call) {
             return ask<LineWhich>(call, {"line which", {{"address", call.args[0]}}});
         }},
        {"explain", "NAME [TYPE] --from ADDRESS[/LENGTH]", "the answer a client gets, and why", 1, 2, "from", explain},
        {"xdp attach", "", "attach the XDP program to its interfaces", 0, 0, "",
         [](Call call) { return ask_plain<XdpReport>(call, "xdp attach"); }},
        {"xdp detach", "", "detach it: the resolver answers everything", 0, 0, "",
         [](Call call) { return ask_plain<XdpReport>(call, "xdp detach"); }},
        {"xdp status", "", "what is really attached, and how full the tables are", 0, 0, "",
         [](Call call) { return ask_plain<XdpReport>(call, "xdp status"); }},
    };
    return kVerbs;
}

const Verb* find_verb(const std::vector<std::string>& words) {
    for (const auto& verb : verbs()) {
        const auto own = split_words(verb.words);
        if (words.size() >= own.size() && std::equal(own.begin(), own.end(), words.begin())) return &verb;
    }
    return nullptr;
}

std::string verb_help() {
    TextTable table;
    for (const auto& verb : verbs())
        table.add({fmt::format("  {}{}{}", verb.words, *verb.arguments ? " " : "", verb.arguments), verb.summary});
    return table.text();
}

}  // namespace splitline
