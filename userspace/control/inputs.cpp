// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/inputs.h"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <unordered_map>

#include "base/parallel.h"
#include "base/phase.h"

namespace splitline {
namespace {

bool is_glob(const std::string& path) {
    return path.find_first_of("*?[") != std::string::npos;
}

/// Collects zones of distinct names.
class ZoneCollector {
  public:
    explicit ZoneCollector(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

    void add(OwnedZone zone) {
        const auto [other, added] = file_of_.try_emplace(Dname(zone.source.image->apex()), zone.file);
        if (added)
            zones_.push_back(std::move(zone));
        else
            report(zone, other->second);
    }
    std::vector<OwnedZone> take() { return std::move(zones_); }

  private:
    void report(const OwnedZone& zone, const std::string& other) {
        const Place place{zone.source.path, 0};
        const auto name = dname_to_text(zone.source.image->apex());
        if (zone.stored)
            diagnostics_.warning(place, fmt::format("zone {} is served from {} as the configuration says; remove this "
                                                    "copy, which was loaded by command",
                                                    name, other));
        else
            diagnostics_.error(
                place, fmt::format("zone {} is also in {}; take one of the two out of zones.files", name, other));
    }

    Diagnostics& diagnostics_;
    std::vector<OwnedZone> zones_;
    std::unordered_map<Dname, std::string> file_of_;
};

}  // namespace

std::string zone_store_directory(const Config& config) {
    return config.state_directory + "/zones";
}

Inputs read_inputs(const LineConfig& lines, const ZoneFiles& configured, const std::vector<StoredZone>& stored,
                   Diagnostics& line_findings, Diagnostics& zone_findings) {
    const auto catalog = LineCatalog::build(lines);
    if (!catalog) {
        line_findings.error(catalog.error().place, catalog.error().message);
        return {};
    }
    Diagnostics in_lines, in_zones;
    auto prefixes = run_behind([&] {
        const Phase phase("prefixes");
        return read_prefixes(*catalog, lines.databases, in_lines);
    });
    Inputs inputs;
    inputs.zones = load_zones(configured, stored, *catalog, in_zones);
    auto read = prefixes.get();
    line_findings.append(in_lines);
    if (in_lines.has_errors()) return {};
    zone_findings.append(in_zones);
    inputs.lines = std::make_shared<const LineSystem>(LineSystem{*catalog, std::move(read)});
    return inputs;
}

std::vector<std::string> zone_files(const ZoneFiles& zones, Diagnostics& diagnostics) {
    std::vector<std::string> files;
    std::set<std::string> seen;
    for (const auto& [pattern, place] : zones.patterns) {
        glob_t matches{};
        const int result = glob(pattern.c_str(), GLOB_ERR | GLOB_MARK, nullptr, &matches);
        for (size_t i = 0; i < matches.gl_pathc; ++i) {
            const std::string file = matches.gl_pathv[i];
            if (file.back() != '/' && seen.insert(file).second) files.push_back(file);
        }
        globfree(&matches);
        if (result == GLOB_ABORTED || result == GLOB_NOSPACE)
            diagnostics.error(place, "zones.files: cannot read a folder of " + pattern + ": " + std::strerror(errno));
        else if (result == GLOB_NOMATCH && !is_glob(pattern))
            diagnostics.error(place, "zones.files: no such file: " + pattern);
        else if (result == GLOB_NOMATCH)
            diagnostics.warning(place, "zones.files: no file matches " + pattern);
    }
    return files;
}

std::vector<OwnedZone> load_zones(const ZoneFiles& configured, const std::vector<StoredZone>& stored,
                                  const LineCatalog& catalog, Diagnostics& diagnostics) {
    ZoneCollector zones(diagnostics);
    for (const auto& file : zone_files(configured, diagnostics))
        if (auto zone = compile_zone_file(file, catalog, diagnostics)) zones.add({std::move(*zone), false, file});
    for (const auto& each : stored) {
        Diagnostics found;
        const ZoneRecords records = read_stored_zone(each, found);
        if (auto zone = compile_read_zone(records, each.path, catalog, found, diagnostics))
            zones.add({std::move(*zone), true, each.origin.empty() ? each.path : each.origin});
    }
    return zones.take();
}

std::vector<ZoneSource> sources_of(const std::vector<OwnedZone>& zones) {
    std::vector<ZoneSource> sources;
    sources.reserve(zones.size());
    for (const auto& zone : zones) sources.push_back(zone.source);
    return sources;
}

const OwnedZone* find_zone(const std::vector<OwnedZone>& zones, DnameView apex) {
    const auto found =
        std::find_if(zones.begin(), zones.end(), [&](const auto& zone) { return zone.source.image->apex() == apex; });
    return found == zones.end() ? nullptr : &*found;
}

}  // namespace splitline
