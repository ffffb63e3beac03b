// SPDX-License-Identifier: GPL-3.0-or-later
// The image: everything one generation answers from, on both paths. Immutable.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "compile/profile.h"
#include "compile/zone_image.h"
#include "line/class_table.h"
#include "line/line.h"
#include "zone/records.h"

namespace splitline {

/// A zone, compiled by itself, and where it came from; kept for compiling the next generation.
struct ZoneSource {
    std::string path;  // the master file
    std::shared_ptr<const ZoneImage> image;
    std::shared_ptr<const std::vector<ProfileId>> profiles = nullptr;  // per node; set by compile_image()
};

/// The lines with all their prefixes: input of the class table, kept for `line which`.
struct LineSystem {
    LineCatalog catalog;
    PrefixTable prefixes;
};

struct Image {
    uint64_t generation = 0;  // 1 and up once published
    std::shared_ptr<const LineSystem> lines;
    std::shared_ptr<const ClassTable> classes;
    std::shared_ptr<const ProfileTable> profiles;
    std::vector<ZoneSource> zones;

    /// Zone with the longest apex that `name` lies in, nullptr if none (REFUSED). For type DS the child's apex itself
    /// belongs to the parent zone where that is served too (RFC 4035 section 3.1.4.1).
    [[nodiscard]] const ZoneImage* zone_of(DnameView name, uint16_t type) const;
    /// The zone of exactly that apex, nullptr if none.
    [[nodiscard]] const ZoneSource* zone_at(DnameView apex) const;

    std::unordered_map<std::string_view, size_t> by_apex;  // views into the zones' own apex names
};

/// Compiles all zones over the lines into one image: pure, no I/O. `previous` (may be null) lends what did not change:
/// its class table when lines and lines in use are the same, its profiles, its zones' profile numbers. The generation
/// is one more than previous's. Errors: too many classes, two zones of one apex.
Result<std::shared_ptr<const Image>> compile_image(std::shared_ptr<const LineSystem> lines,
                                                   std::vector<ZoneSource> zones, const Image* previous);

/// read -> check -> build for one zone file; nothing is returned when `diagnostics` got an error.
Result<ZoneSource> compile_zone_file(const std::string& path, const LineCatalog& catalog, Diagnostics& diagnostics);

/// The same for text already in memory; `path` only names it in messages and anchors relative $INCLUDEs.
Result<ZoneSource> compile_zone_text(std::string_view text, const std::string& path, const LineCatalog& catalog,
                                     Diagnostics& diagnostics);

}  // namespace splitline
