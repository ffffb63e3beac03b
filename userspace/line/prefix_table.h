// SPDX-License-Identifier: GPL-3.0-or-later
// Every prefix of every line with its source, as read from databases, lists and the configuration.
//
// This is the I/O half of lines: read_prefixes() reads files; class_table.h compiles the result without touching any.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "line/line.h"

namespace splitline {

/// One IPv4 prefix of a line. `address` is in host byte order.
struct LinePrefix4 {
    uint32_t address;
    uint8_t length;
    LineId line;
    uint16_t source;  // index into PrefixTable::sources
};

__extension__ typedef unsigned __int128 uint128;

/// One IPv6 prefix of a line. `address` is the 128-bit number in host byte order.
struct LinePrefix6 {
    uint128 address;
    uint8_t length;
    LineId line;
    uint16_t source;
};

struct PrefixTable {
    std::vector<LinePrefix4> ipv4;
    std::vector<LinePrefix6> ipv6;
    std::vector<std::string> sources;  // "geoip: country CN", "lists/chinanet.txt", "splitline.toml:12"
};

/// Reads all sources of all lines. Every unreadable file or malformed line is an error with file:line in `diagnostics`;
/// a line whose sources yield no address at all is a warning.
PrefixTable read_prefixes(const LineCatalog& catalog, const GeoDatabases& databases, Diagnostics& diagnostics);

}  // namespace splitline
