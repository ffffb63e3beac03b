// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/config_check.h"

#include "control/config.h"
#include "control/inputs.h"
#include "control/protocol.h"

namespace splitline {
namespace {

void compile_all(const Config& config, ConfigCheck& check, Diagnostics& findings) {
    Diagnostics in_zones;
    const auto stored = list_stored_zones(zone_store_directory(config), in_zones);
    const auto [lines, zones] = read_inputs(config.lines, config.zones, stored, findings, in_zones);
    if (!lines) return;
    findings.append(in_zones);
    const auto image = compile_image(lines, sources_of(zones), nullptr);
    if (!image) return findings.error(image.error().place, image.error().message);
    check.zones = zones.size();
    check.classes = (*image)->classes->chains.size();
    for (const auto& zone : zones) {
        check.names += zone.source.image->nodes().size();
        check.records += zone.source.image->record_count();
    }
}

}  // namespace

ConfigCheck check_config(const std::string& config_path) {
    ConfigCheck check;
    check.config = config_path;
    Diagnostics findings;
    const auto config = read_config_file(config_path, findings);
    if (!findings.has_errors()) compile_all(config, check, findings);
    check.ok = !findings.has_errors();
    check.findings = findings_of(findings);
    return check;
}

}  // namespace splitline
