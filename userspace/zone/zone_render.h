// SPDX-License-Identifier: GPL-3.0-or-later
// Prints a zone's records as a master file that zone_reader reads back to the same records.
#pragma once

#include <string>

#include "zone/records.h"

namespace splitline {

/// RDATA of one record in presentation format, as libknot prints it (RFC 3597 form for unknown types).
std::string rdata_to_text(uint16_t type, std::basic_string_view<uint8_t> rdata);
/// "A", "HTTPS", "TYPE65280".
std::string type_to_text(uint16_t type);
/// The inverse, case-insensitive; an error for anything that names no type.
Result<uint16_t> type_from_text(std::string_view text);
/// The whole zone: SOA first, then by line ($LINE blocks in order of first use) in canonical name order.
std::string render_zone(const ZoneRecords& zone);

}  // namespace splitline
