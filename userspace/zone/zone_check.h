// SPDX-License-Identifier: GPL-3.0-or-later
// Judges the records of one zone: conflicts per (name, line) and what commonly goes wrong (DESIGN 4.2, RFC
// 1034/2181/6672).
//
// Errors are what makes answers undefined or wrong: SOA and NS of the zone, CNAME and DNAME beside what they exclude,
// CNAME loops, delegations that vary by line or cannot work, records outside the zone, types no zone can hold, unknown
// lines. Warnings are what works, but most likely not as meant: unequal TTLs (the lowest is served), repeated records
// (served once), targets that do not exist, a forgotten trailing dot, hidden records, and clients left without data by
// the rule that the line is chosen per name.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "zone/records.h"
#include "zone/zone_index.h"

namespace splitline {

/// Whether a line of that name is configured or built in.
using KnownLine = std::function<bool(std::string_view)>;

/// Appends every finding, in file order. An error keeps the zone from being served; a warning says what to look at.
/// Linear in the records but for sorting those of each name. REQUIRES: RDATA well formed, as the reader ensures.
void check_zone(const ZoneRecords& zone, const KnownLine& known_line, Diagnostics& diagnostics);
/// The same with an index of `zone` that the caller has further use for.
void check_zone(const ZoneRecords& zone, const ZoneIndex& index, const KnownLine& known_line, Diagnostics& diagnostics);

/// Judges a part of a zone instead, by the same rules: what a change can have broken, with everything that depends on,
/// the apex included. `existing` are offsets of names in it that exist by records outside of it. Of warnings only those
/// are wanted about records for which `of_interest` says so.
void check_part(const ZoneRecords& part, std::span<const uint32_t> existing,
                const std::function<bool(uint32_t record)>& of_interest, Diagnostics& diagnostics);

}  // namespace splitline
