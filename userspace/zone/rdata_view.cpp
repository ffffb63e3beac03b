// SPDX-License-Identifier: GPL-3.0-or-later
#include "zone/rdata_view.h"

#include <array>

#include "zone/rdata_text.h"

extern "C" {
#include <libknot/descriptor.h>
}

namespace splitline {

namespace {

const uint8_t* bytes_of(std::string_view text) {
    return reinterpret_cast<const uint8_t*>(text.data());
}

uint32_t read_u32(std::string_view bytes, size_t at) {
    const uint8_t* p = bytes_of(bytes) + at;
    return uint32_t{p[0]} << 24 | uint32_t{p[1]} << 16 | uint32_t{p[2]} << 8 | p[3];
}

// Bytes before the target name; negative for types without one.
int target_offset(uint16_t type) {
    switch (type) {
        case KNOT_RRTYPE_NS:
        case KNOT_RRTYPE_CNAME:
        case KNOT_RRTYPE_DNAME:
        case KNOT_RRTYPE_PTR:
        case KNOT_RRTYPE_SOA:
            return 0;
        case KNOT_RRTYPE_MX:
        case KNOT_RRTYPE_AFSDB:
        case KNOT_RRTYPE_RT:
        case KNOT_RRTYPE_KX:
        case KNOT_RRTYPE_LP:
        case KNOT_RRTYPE_SVCB:
        case KNOT_RRTYPE_HTTPS:
            return 2;
        case KNOT_RRTYPE_SRV:
            return 6;
        default:
            return -1;
    }
}

}  // namespace

SoaTimers soa_timers(std::string_view rdata) {
    const size_t at = rdata.size() - 5 * sizeof(uint32_t);  // they are the last five fields
    return {read_u32(rdata, at), read_u32(rdata, at + 4), read_u32(rdata, at + 8), read_u32(rdata, at + 12),
            read_u32(rdata, at + 16)};
}

DnameView rdata_target(uint16_t type, std::string_view rdata) {
    const int offset = target_offset(type);
    if (offset < 0) return {};
    rdata.remove_prefix(static_cast<size_t>(offset));
    return rdata.substr(0, dname_wire_size(bytes_of(rdata), rdata.size()));
}

bool rdata_well_formed(uint16_t type, std::string_view rdata) {
    const bool may_be_anything =
        knot_get_rdata_descriptor(type)->type_name == nullptr || knot_rrtype_is_metatype(type) != 0;
    return may_be_anything || dump_rdata(type, rdata).has_value();
}

}  // namespace splitline
