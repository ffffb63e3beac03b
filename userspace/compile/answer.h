// SPDX-License-Identifier: GPL-3.0-or-later
// What the image answers: the sections of the response to (name, type, class), as wire bytes.
//
// This is the one place that decides contents. The resolver calls it for each query; the compiler of the fast path's
// records calls it once for each (name, type, variant) and stores the bytes. That is how the two paths cannot disagree.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/dname.h"
#include "compile/image.h"

namespace splitline {

/// Sections of a response, built for a message whose question is (qname, type) at offset 12: compression pointers are
/// final. Reuse one object for many answers; clear() keeps its memory.
struct Answer {
    std::vector<uint8_t> body;  // answer, authority, additional (without OPT)
    uint16_t answer_count = 0;
    uint16_t authority_count = 0;
    uint16_t additional_count = 0;
    uint16_t rcode = 0;          // NOERROR, NXDOMAIN, REFUSED, YXDOMAIN (RFC 6672)
    bool authoritative = false;  // AA; false in referrals and REFUSED
    bool tailored = false;  // some name on the chain has records on a line other than default: scope is the class block
    bool soa = false;       // the authority section is the negative SOA; it is in body, as its last record
    bool exact = false;     // the name asked exists, is a wildcard's or is denied, and no DNAME was met on the way
    LineId line = kDefaultLine;  // the line the first name was answered on
    const ZoneImage* zone = nullptr;

    /// Where body may be cut for truncation (RFC 2181 section 9: whole RRsets): end offset and counts at each RRset's
    /// end.
    struct Cut {
        uint32_t end;
        uint16_t answer_count, authority_count, additional_count;
        bool required;  // leaving this RRset out needs TC: answer, authority, in-domain glue (RFC 9471)
    };
    std::vector<Cut> cuts;

    void clear();
};

/// Fills `answer` for an IN query. `name` is folded. Names outside all zones give REFUSED. ANY gives one HINFO
/// "RFC8482". AXFR, IXFR and other meta types are the caller's business.
void answer_query(const Image& image, DnameView name, uint16_t type, ClassId class_id, Answer& answer);

/// The same for the name of `node`, by who knows that image.zone_of(name, type) is `zone`.
void answer_for_node(const Image& image, const ZoneImage& zone, const Node& node, uint16_t type, ClassId class_id,
                     Answer& answer);

/// Most aliases followed inside a zone; a longer chain is answered as far as this, and the client goes on from there.
constexpr unsigned kChainMax = 16;

}  // namespace splitline
