// SPDX-License-Identifier: GPL-3.0-or-later
#include "compile/above_apex.h"

#include "compile/name_record.h"
#include "maps/name_table.h"

namespace splitline {

std::optional<uint8_t> flags_above_apex(const Image& image, DnameView ancestor) {
    const ZoneImage* zone = image.zone_of(ancestor, 0);
    if (zone == nullptr) return SL_NAME_OUTSIDE;
    const Node* node = zone->find(ancestor);
    if (node != nullptr && in_name_table(*node)) return std::nullopt;
    return SL_NAME_DELEGATED;
}

std::map<Dname, uint8_t> names_above_apexes(const Image& image) {
    std::map<Dname, uint8_t> found;
    for (const ZoneSource& zone : image.zones) {
        DnameView apex = zone.image->apex();
        if (apex.size() == 1) continue;
        for (DnameView up = dname_parent(apex); up.size() > 1; up = dname_parent(up)) {
            const auto flags = flags_above_apex(image, up);
            if (flags && !found.try_emplace(Dname(up), *flags).second) break;  // those above it are known
        }
    }
    return found;
}

}  // namespace splitline
