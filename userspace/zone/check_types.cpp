// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "maps/dns.h"
#include "zone/checks.h"

extern "C" {
#include <libknot/descriptor.h>
}

namespace splitline {

namespace {

// Meta types and QTYPEs exist in messages only (RFC 6895 section 3.1); NULL is barred by RFC 1035 section 3.3.10.
bool is_barred(uint16_t type) {
    return type == 0 || type == 0xFFFF || type == KNOT_RRTYPE_NULL || sl_is_meta_type(type) != 0;
}

bool is_signing_product(uint16_t type) {
    return type == KNOT_RRTYPE_RRSIG || type == KNOT_RRTYPE_NSEC || type == KNOT_RRTYPE_NSEC3 ||
           type == KNOT_RRTYPE_NSEC3PARAM;
}

}  // namespace

void check_types(ZoneFindings& findings) {
    uint32_t first_signed = ZoneIndex::kNone;
    size_t signing_records = 0;
    for (uint32_t i = 0; i < findings.zone().records.size(); ++i) {
        const uint16_t type = findings.record(i).type;
        if (is_barred(type))
            findings.error(i, fmt::format("{} at {} is no type a zone can hold; remove the record",
                                          findings.type_text(i), findings.owner_text(i)));
        if (is_signing_product(type) && signing_records++ == 0) first_signed = i;
    }
    // A signed zone has one or two of them a record: one finding says it all.
    if (signing_records != 0)
        findings.error(
            first_signed,
            fmt::format("{} at {}: zones signed elsewhere are not served, this one has {} records of "
                        "RRSIG, NSEC, NSEC3 or NSEC3PARAM; load the unsigned zone",
                        findings.type_text(first_signed), findings.owner_text(first_signed), signing_records));
}

}  // namespace splitline
