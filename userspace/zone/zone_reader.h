// SPDX-License-Identifier: GPL-3.0-or-later
// Reads RFC 1035 master files ($ORIGIN, $TTL, $INCLUDE, RFC 3597 types) with one addition:
//
//     $LINE name      the records that follow are on that line, until the next $LINE; before any, and after
//                     `$LINE default`, they are on `default`
//
// `$LINE` stands at the start of a line like every directive, in any case; a comment may follow. The name is taken in
// lower case, and whether such a line exists is left to check_zone(). An entry that begins with a blank has the last
// owner, across $LINEs too. An included file starts with the origin, TTL and line of the place that includes it, and
// what it changes of them (or states as owner) ends with it.
//
// A record without TTL has the one of $TTL (RFC 2308 section 4), or without $TTL the one last stated in the file (RFC
// 1035 section 5.1), or before any the MINIMUM of the SOA, with a warning; before the SOA that is an error, as in BIND.
#pragma once

#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"
#include "zone/records.h"

namespace splitline {

/// Reads the zone file at `path`. Relative names before the first $ORIGIN are relative to the zone the file is named
/// after (`example.com.zone` or `example.com`; the root if that is no domain name). All syntax errors are put into
/// `diagnostics`, each with file:line; the records that were read are returned even then, so that one run can report
/// more than syntax. A record's line number is that of its first line. After 1000 errors the rest is not read. Included
/// files are read from disk: regular files only, each no longer than it is when opened, at most 32 deep, never within
/// themselves.
ZoneRecords read_zone_file(const std::string& path, Diagnostics& diagnostics);

/// The same for a file that somebody has opened to be read; `path` only names it in messages and anchors relative
/// $INCLUDEs.
ZoneRecords read_zone_file(const Fd& file, const std::string& path, Diagnostics& diagnostics);

/// The same for text already in memory.
ZoneRecords read_zone_text(std::string_view text, const std::string& path, Diagnostics& diagnostics);

}  // namespace splitline
