// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/zone_check.h"

#include <unistd.h>

#include <memory>

#include "compile/image.h"
#include "control/config.h"
#include "control/protocol.h"

namespace splitline {
namespace {

CheckedFile check_file(const std::string& file, const std::shared_ptr<const LineSystem>& lines) {
    CheckedFile checked;
    checked.file = file;
    Diagnostics diagnostics;
    auto zone = compile_zone_file(file, lines->catalog, diagnostics);
    if (zone) {
        const auto image = zone->image;
        const auto compiled = compile_image(lines, {std::move(*zone)}, nullptr);
        if (!compiled) diagnostics.error(compiled.error().place, compiled.error().message);
        checked.zone = dname_to_text(image->apex());
        checked.serial = image->serial();
        checked.names = image->nodes().size();
        checked.records = image->record_count();
    }
    checked.ok = !diagnostics.has_errors();
    checked.findings = findings_of(diagnostics);
    return checked;
}

/// The lines without their addresses, which no zone's check depends on.
Result<std::shared_ptr<const LineSystem>> line_names(const LineConfig& config) {
    auto catalog = LineCatalog::build(config);
    if (!catalog) return catalog.error();
    return std::make_shared<const LineSystem>(LineSystem{std::move(*catalog), PrefixTable()});
}

}  // namespace

Result<ZoneCheck> check_zone_files(const std::vector<std::string>& files, const std::string& config_path,
                                   bool config_is_default) {
    ZoneCheck check;
    LineConfig config;
    check.lines = "built-in";
    if (!config_is_default || access(config_path.c_str(), R_OK) == 0) {
        Diagnostics diagnostics;
        config = read_config_file(config_path, diagnostics).lines;
        if (diagnostics.has_errors())
            return Error{diagnostics.text() + "\nthe configuration says which lines there are; mend it first"};
        check.lines = config_path;
    }
    const auto lines = line_names(config);
    if (!lines) return lines.error();
    for (const auto& file : files) check.files.push_back(check_file(file, *lines));
    return check;
}

}  // namespace splitline
