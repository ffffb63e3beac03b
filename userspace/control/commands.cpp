// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "control/api_json.h"
#include "control/explain.h"
#include "control/nearest.h"
#include "control/notify.h"
#include "control/protocol.h"
#include "control/reports.h"
#include "zone/zone_render.h"

namespace splitline {
namespace {

using Args = std::map<std::string, std::string>;

std::optional<std::string> optional_arg(const Args& args, const std::string& name) {
    const auto found = args.find(name);
    return found == args.end() ? std::nullopt : std::optional(found->second);
}

template <typename T>
Result<std::string> json(const Result<T>& result) {
    if (!result) return result.error();
    return to_json_text(*result);
}

/// A change asked for by command: logged, so that the journal tells who changed what and when.
template <typename T>
Result<std::string> logged(const std::string& what, const Result<T>& result) {
    if (result)
        log_info("{}: generation {}", what, result->generation);
    else
        log_error("{}: {}", what, result.error().text());
    return json(result);
}

bool attached(const Serving& serving) {
    if (!serving.fast_path()) return false;
    const auto interfaces = serving.fast_path()->interfaces();
    return std::any_of(interfaces.begin(), interfaces.end(), [](const auto& each) { return each.attached; });
}

Result<ReloadReport> reload(Serving& serving, Diagnostics& findings) {
    notify_reloading();
    auto report = serving.reload(findings);
    notify_ready();
    return report;
}

Result<std::string> show_zone(Serving& serving, const std::string& name) {
    const auto apex = dname_from_text(name);
    if (!apex) return apex.error();
    const auto* zone = serving.image().zone_at(*apex);
    if (!zone) return Error{"zone " + name + " is not served; see `splitline zone list`"};
    const auto& catalog = serving.image().lines->catalog;
    std::string text;
    serving.run_beside([&] {
        text = to_json_text(ZoneText{dname_to_text(*apex), render_zone(zone->image->records(catalog))});
    });
    return text;
}

Result<XdpReport> switch_xdp(Serving& serving, bool attach) {
    if (!serving.fast_path())
        return Error{"xdp.enabled is false in " + serving.config().path + "; change it and restart splitlined"};
    auto done = attach ? serving.attach_xdp() : serving.detach_xdp();
    if (!done) return done.error();
    log_info("xdp {}", attach ? "attached" : "detached");
    return report_xdp(serving);
}

}  // namespace

/// Everything a command needs, and the table of them.
struct CommandTable {
    struct Call {
        Commands& commands;
        const Args& args;
        Fd& passed;
        Diagnostics& findings;
        [[nodiscard]] Serving& serving() const { return commands.serving_; }
        [[nodiscard]] const std::string& arg(const char* name) const { return args.at(name); }
    };
    struct Row {
        const char* name;
        std::vector<const char*> required;
        std::vector<const char*> optional;
        Result<std::string> (*run)(const Call&);
    };
    static const std::vector<Row>& rows();

    static Result<std::string> load(const Call& call) {
        const auto& file = call.arg("file");
        Fd opened;
        if (const auto contents = optional_arg(call.args, "contents")) {
            if (*contents != "passed") return Error{"args.contents: must be passed, not '" + *contents + "'"};
            std::swap(opened, call.passed);
            if (opened.get() < 0)
                return Error{"args.contents: no file came with the request; send its descriptor (SCM_RIGHTS)"};
        }
        return logged("zone load " + file, call.serving().load_zone(file, opened, call.findings));
    }
    static Result<std::string> explain_name(const Call& call) {
        const auto query =
            parse_explain_query(call.arg("name"), optional_arg(call.args, "type").value_or("A"), call.arg("from"));
        if (!query) return query.error();
        const auto& serving = call.serving();
        const ExplainedPath path{attached(serving),
                                 serving.fast_path() != nullptr && serving.fast_path()->leaves_out(query->name)};
        return to_json_text(explain(serving.image(), *query, path, serving.config().policy.udp_payload));
    }
    static Result<std::string> which(const Call& call) {
        const auto address = Address::parse(call.arg("address"));
        if (!address) return Error{"address: " + address.error().message};
        return to_json_text(which_lines(call.serving().image(), *address));
    }
    static Result<std::string> stop(const Call& call) {
        const auto keep = optional_arg(call.args, "keep_xdp").value_or("no");
        if (keep != "yes" && keep != "no") return Error{"args.keep_xdp: must be yes or no, not '" + keep + "'"};
        if (auto stopped = call.commands.stop_(keep == "yes"); !stopped) return stopped.error();
        return to_json_text(StopReport{keep == "yes"});
    }
};

const std::vector<CommandTable::Row>& CommandTable::rows() {
    static const std::vector<Row> kRows = {
        {"status",
         {},
         {},
         [](const Call& call) -> Result<std::string> {
             return to_json_text(report_status(call.serving(), call.commands.started_));
         }},
        {"stats",
         {},
         {},
         [](const Call& call) -> Result<std::string> { return to_json_text(report_stats(call.serving())); }},
        {"reload", {}, {}, [](const Call& call) { return logged("reload", reload(call.serving(), call.findings)); }},
        {"stop", {}, {"keep_xdp"}, stop},
        {"zone load", {"file"}, {"contents"}, load},
        {"zone list",
         {},
         {},
         [](const Call& call) -> Result<std::string> { return to_json_text(report_zones(call.serving())); }},
        {"zone show", {"zone"}, {}, [](const Call& call) { return show_zone(call.serving(), call.arg("zone")); }},
        {"zone drop",
         {"zone"},
         {},
         [](const Call& call) {
             return logged("zone drop " + call.arg("zone"), call.serving().drop_zone(call.arg("zone")));
         }},
        {"record change",
         {"zone", "changes"},
         {},
         [](const Call& call) {
             return logged("record change in " + call.arg("zone"),
                           call.serving().change_records(call.arg("zone"), call.arg("changes"), call.findings));
         }},
        {"line list",
         {},
         {},
         [](const Call& call) -> Result<std::string> { return to_json_text(report_lines(call.serving())); }},
        {"line which", {"address"}, {}, which},
        {"explain", {"name", "from"}, {"type"}, explain_name},
        {"xdp attach", {}, {}, [](const Call& call) { return json(switch_xdp(call.serving(), true)); }},
        {"xdp detach", {}, {}, [](const Call& call) { return json(switch_xdp(call.serving(), false)); }},
        {"xdp status",
         {},
         {},
         [](const Call& call) -> Result<std::string> { return to_json_text(report_xdp(call.serving())); }},
    };
    return kRows;
}

namespace {

Result<const CommandTable::Row*> find_command(const std::string& name) {
    std::vector<std::string> names;
    for (const auto& row : CommandTable::rows()) {
        if (name == row.name) return &row;
        names.emplace_back(row.name);
    }
    return Error{"'" + name + "' is no command" + did_you_mean(name, names)};
}

Result<void> check_args(const CommandTable::Row& row, const Args& args) {
    for (const auto* name : row.required)
        if (!args.contains(name)) return Error{fmt::format("args.{}: missing; {} needs it", name, row.name)};
    const auto known = [](const std::vector<const char*>& names, const std::string& name) {
        return std::any_of(names.begin(), names.end(), [&](const char* each) { return name == each; });
    };
    for (const auto& [name, value] : args)
        if (!known(row.required, name) && !known(row.optional, name))
            return Error{fmt::format("args.{}: {} has no such argument", name, row.name)};
    return {};
}

}  // namespace

void log_findings(const Diagnostics& findings) {
    for (const auto& finding : findings.all())
        log_line(finding.severity == Diagnostic::Severity::kError ? LogLevel::kError : LogLevel::kWarning,
                 finding.place.prefix() + finding.message);
}

Commands::Commands(Serving& serving, std::function<Result<void>(bool)> stop)
    : serving_(serving), stop_(std::move(stop)), started_(std::time(nullptr)) {}

std::string Commands::answer(std::string_view line, Fd& passed) noexcept {
    ControlResponse response;
    Diagnostics findings;
    const auto run = [&]() -> Result<std::string> {
        const auto request = decode_request(line);
        if (!request) return request.error();
        const auto row = find_command(request->command);
        if (!row) return row.error();
        if (auto checked = check_args(**row, request->args); !checked) return checked.error();
        return (*row)->run({*this, request->args, passed, findings});
    };
    try {
        const auto result = run();
        response.ok = result.has_value();
        if (result)
            response.result = *result;
        else
            response.error = result.error().text();
    } catch (const std::exception& failure) {
        log_error("a control request failed: {}", failure.what());
        response.error = std::string("internal failure: ") + failure.what();
    }
    response.findings = findings_of(findings);
    return encode(response);
}

void Commands::reload_and_log() try {
    Diagnostics findings;
    const auto report = reload(serving_, findings);
    log_findings(findings);
    if (!report) return log_error("reload: {}", report.error().text());
    log_info("reload: generation {}, {} zones", report->generation, report->zones);
    if (!report->restart_needed.empty())
        log_warning("reload: only a restart applies {}", fmt::join(report->restart_needed, ", "));
} catch (const std::exception& failure) {
    // What was served before still is: the daemon goes on.
    log_error("reload: internal failure: {}", failure.what());
}

}  // namespace splitline
