// SPDX-License-Identifier: GPL-3.0-or-later
// Reads everything an image is compiled from: the lines with their prefixes, the zones of the configuration, the zones
// of the store. All I/O of a start, a reload and `splitlined --check` is here, so the three find the same things.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compile/image.h"
#include "control/config.h"
#include "store/zone_store.h"

namespace splitline {

/// A zone and whose it is: the configuration's, or one that was loaded by command and is kept by the store.
struct OwnedZone {
    ZoneSource source;
    bool stored = false;
    std::string file;  // it was read from, as the operator knows it
};

/// Where the zones loaded by command are kept.
std::string zone_store_directory(const Config& config);

/// The files that the patterns match, sorted within each pattern, each file once. A plain path that does not exist is
/// an error, a glob that matches nothing a warning.
std::vector<std::string> zone_files(const ZoneFiles& zones, Diagnostics& diagnostics);

/// Every zone that can be served, the configuration's first. What keeps a zone out is an error in `diagnostics`; the
/// others are returned all the same. A stored zone that the configuration serves too is left out with a warning.
std::vector<OwnedZone> load_zones(const ZoneFiles& configured, const std::vector<StoredZone>& stored,
                                  const LineCatalog& catalog, Diagnostics& diagnostics);

/// What an image is compiled from.
struct Inputs {
    std::shared_ptr<const LineSystem> lines;  // the catalog and all prefixes; null when there was an error
    std::vector<OwnedZone> zones;             // as load_zones() returns them
};

/// Lines and zones, beside each other. What is found in the lines goes in front of what is found in the zones, which is
/// left out where the lines have an error.
Inputs read_inputs(const LineConfig& lines, const ZoneFiles& configured, const std::vector<StoredZone>& stored,
                   Diagnostics& line_findings, Diagnostics& zone_findings);

/// The sources alone, as compile_image() takes them.
std::vector<ZoneSource> sources_of(const std::vector<OwnedZone>& zones);

/// The one of that apex, or nullptr.
const OwnedZone* find_zone(const std::vector<OwnedZone>& zones, DnameView apex);

}  // namespace splitline
