// SPDX-License-Identifier: GPL-3.0-or-later
#include "zone/records.h"

namespace splitline {

DnameView ZoneRecords::owner(const Record& record) const {
    // A wire name ends at its root label; walking its labels is cheaper than a length in every record.
    const auto* start = reinterpret_cast<const char*>(bytes.data()) + record.owner;
    size_t size = 0;
    while (start[size] != 0) size += size_t{1} + static_cast<uint8_t>(start[size]);
    return {start, size + 1};
}

}  // namespace splitline
