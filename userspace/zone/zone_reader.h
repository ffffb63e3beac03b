// SPDX-License-Identifier: GPL-3.0-or-later
// Reads RFC 1035 master files ($ORIGIN, $TTL, $INCLUDE, RFC 3597 types) with one addition: `$LINE name` puts the records that
// follow on that line until the next $LINE; records before any $LINE are on `default`.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "zone/records.h"

namespace splitline {

/// Reads the zone file at `path`. Relative names before the first $ORIGIN are relative to the zone the file is named after
/// (`example.com.zone` or `example.com`). All syntax errors are put into `diagnostics`, each with file:line; the records that
/// were read are returned even then, so that one run can report more than syntax.
ZoneRecords read_zone_file(const std::string& path, Diagnostics& diagnostics);

/// The same for text already in memory; `path` only names it in messages and anchors relative $INCLUDEs.
ZoneRecords read_zone_text(std::string_view text, const std::string& path, Diagnostics& diagnostics);

}  // namespace splitline
