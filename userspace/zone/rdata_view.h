// SPDX-License-Identifier: GPL-3.0-or-later
// What the reader and the checks look up inside RDATA: the name a record points at, the timers of a SOA, and whether
// the bytes are well formed for their type at all.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/dname.h"

namespace splitline {

/// Timers of a SOA in seconds (RFC 1035 section 3.3.13).
struct SoaTimers {
    uint32_t serial = 0;
    uint32_t refresh = 0;
    uint32_t retry = 0;
    uint32_t expire = 0;
    uint32_t minimum = 0;
};

/// REQUIRES: well-formed SOA RDATA.
SoaTimers soa_timers(std::string_view rdata);

/// The host or service name that RDATA of the type points at (CNAME, DNAME, NS, PTR, MX, SRV, SVCB, HTTPS and the like;
/// MNAME of a SOA), as written in the RDATA, not folded. Empty for types that point at none. REQUIRES: well-formed
/// RDATA.
DnameView rdata_target(uint16_t type, std::string_view rdata);

/// Whether the RDATA has the structure of its type, as libknot knows it; types it does not know, and
/// meta types, which the checks refuse anyway, may hold anything.
bool rdata_well_formed(uint16_t type, std::string_view rdata);

}  // namespace splitline
