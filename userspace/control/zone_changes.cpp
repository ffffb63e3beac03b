// SPDX-License-Identifier: GPL-3.0-or-later
// Serving: zones loaded and dropped by command.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "control/nearest.h"
#include "control/serving.h"

namespace splitline {
namespace {

std::string canonical(const std::string& path) {
    std::error_code failed;
    const auto found = std::filesystem::weakly_canonical(path, failed);
    return failed ? path : found.string();
}

Error refusal(const char* what) {
    return Error{std::string(what) + "; nothing was changed"};
}

}  // namespace

Result<ZoneChange> Serving::load_zone(const std::string& file, const Fd& opened, Diagnostics& findings) {
    Diagnostics ignored;  // what the patterns themselves lack is told by reload and check
    for (const auto& configured : zone_files(config_.zones, ignored))
        if (canonical(configured) == canonical(file)) return reread_configured(configured, findings);
    return load_stored(file, opened, findings);
}

Result<ZoneChange> Serving::reread_configured(const std::string& file, Diagnostics& findings) {
    std::optional<Result<ZoneSource>> zone;
    run_beside([&] { zone = compile_zone_file(file, lines_->catalog, findings); });
    if (!*zone) return refusal("the zone has errors");
    const DnameView apex = (*zone)->image->apex();
    const auto* other = find_zone(zones_, apex);
    if (other && !other->stored && other->file != file)
        return Error{
            fmt::format("zone {} is served from {} as the configuration says, and {} is in zones.files too; "
                        "take one of the two out, then run `splitline reload`",
                        dname_to_text(apex), other->file, file)};
    auto change = replace_zone({std::move(**zone), false, file});
    if (change) forget_problems(file);
    return change;
}

Result<ZoneChange> Serving::load_stored(const std::string& file, const Fd& opened, Diagnostics& findings) {
    finish_folding(true);
    std::optional<Result<ZoneSource>> zone;
    run_beside([&] {
        zone = opened.get() >= 0 ? compile_zone_file(opened, file, lines_->catalog, findings)
                                 : compile_zone_file(file, lines_->catalog, findings);
    });
    if (!*zone) return refusal("the zone has errors");
    const Dname apex((*zone)->image->apex());
    if (const auto* other = find_zone(zones_, apex); other && !other->stored)
        return Error{
            fmt::format("zone {} is served from {} as the configuration says; edit that file and run "
                        "`splitline reload`, or load that very file",
                        dname_to_text(apex), other->file)};
    // Written before it is served, put into its place after: neither a full disk nor a refused image leaves a trace.
    std::optional<Result<ZoneStore::Pending>> pending;
    run_beside([&] { pending.emplace(store_->prepare((*zone)->image->records(lines_->catalog), file)); });
    if (!*pending) return pending->error();
    auto change = replace_zone({std::move(**zone), true, file});
    if (!change) return change;
    // Until it is kept, a journal would go with the file before: no changes then, and that file's journal stays with
    // it.
    unkept_.insert(apex);
    if (auto kept = (*pending)->commit(); !kept)
        return Error{"served from now on, but lost with the next restart: " + kept.error().text()};
    unkept_.erase(apex);
    store_->drop_journal(apex);
    forget_problems(store_->path_of(apex));
    return change;
}

Result<ZoneChange> Serving::replace_zone(OwnedZone zone) {
    auto zones = zones_;
    const Dname apex(zone.source.image->apex());
    const auto old =
        std::find_if(zones.begin(), zones.end(), [&](const auto& other) { return other.source.image->apex() == apex; });
    const char* action = old == zones.end() ? "loaded" : "replaced";
    if (old == zones.end())
        zones.push_back(std::move(zone));
    else
        *old = std::move(zone);
    if (auto done = commit(lines_, std::move(zones), config_.policy); !done) return done.error();
    return change_of(*image_->zone_at(apex), action);
}

Result<ZoneChange> Serving::drop_zone(const std::string& name) {
    finish_folding(true);
    const auto apex = dname_from_text(name);
    if (!apex) return apex.error();
    const auto* zone = find_zone(zones_, *apex);
    if (zone && !zone->stored)
        return Error{
            fmt::format("zone {} is served from {} as the configuration says; take the file out of zones.files "
                        "and run `splitline reload`",
                        dname_to_text(*apex), zone->file)};
    if (!zone && !std::filesystem::exists(store_->path_of(*apex))) return unknown_zone(name);
    ZoneChange change;
    change.zone = dname_to_text(*apex);
    change.action = "dropped";
    if (zone) {
        change = change_of(zone->source, "dropped");
        auto zones = zones_;
        zones.erase(zones.begin() + (zone - zones_.data()));
        if (auto done = commit(lines_, std::move(zones), config_.policy); !done) return done.error();
    }
    change.generation = image_->generation;
    if (auto removed = store_->remove(*apex); !removed)
        return Error{"no longer served, but back with the next restart: " + removed.error().text()};
    unkept_.erase(*apex);
    forget_problems(store_->path_of(*apex));
    return change;
}

ZoneChange Serving::change_of(const ZoneSource& zone, const char* action) const {
    ZoneChange change;
    change.zone = dname_to_text(zone.image->apex());
    change.action = action;
    change.serial = zone.image->serial();
    change.records = zone.image->record_count();
    change.generation = image_->generation;
    return change;
}

Error Serving::unknown_zone(const std::string& name) const {
    std::vector<std::string> names;
    for (const auto& zone : zones_) names.push_back(dname_to_text(zone.source.image->apex()));
    return Error{fmt::format("zone {} is not served{}", name, did_you_mean(name, names))};
}

void Serving::forget_problems(const std::string& file) {
    problems_.erase(std::remove_if(problems_.begin(), problems_.end(),
                                   [&](const auto& problem) { return problem.place.file == file; }),
                    problems_.end());
}

}  // namespace splitline
