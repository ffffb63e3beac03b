// SPDX-License-Identifier: GPL-3.0-or-later
// Judges the records of one zone: conflicts per (name, line) and what commonly goes wrong (DESIGN 4.2, RFC 1034/2181/6672).
#pragma once

#include <functional>
#include <string_view>

#include "base/result.h"
#include "zone/records.h"

namespace splitline {

/// Whether a line of that name is configured or built in.
using KnownLine = std::function<bool(std::string_view)>;

/// Appends every finding, in file order. An error keeps the zone from being served; a warning says what to look at.
void check_zone(const ZoneRecords& zone, const KnownLine& known_line, Diagnostics& diagnostics);

}  // namespace splitline
