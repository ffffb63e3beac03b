// SPDX-License-Identifier: GPL-3.0-or-later
// A query packet, understood: question, EDNS and TSIG as plain values.
//
// libknot does the parsing, from a block of memory that is reused for every query, so that a query of usual size costs
// no allocation. The Query's views point into that block and into the packet; they end with the next read().
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/dname.h"

namespace splitline {

/// Size of the fixed part of a DNS message (RFC 1035 section 4.1.1).
constexpr size_t kDnsHeaderSize = 12;

/// What the OPT record says (RFC 6891 section 6.1.2); `options` is its RDATA, known to be whole options.
struct QueryEdns {
    uint16_t payload = 0;
    uint8_t version = 0;
    bool dnssec_ok = false;
    std::span<const uint8_t> options;
};

/// What an error response has to repeat of the TSIG record (RFC 8945 section 5.3.2); names in wire format.
struct QueryTsig {
    DnameView key;
    DnameView algorithm;
    uint64_t time_signed = 0;  // seconds, 48 bits
    uint16_t fudge = 0;
    uint16_t original_id = 0;
};

struct Query {
    std::span<const uint8_t> question;  // as received; empty if there is none or it does not parse
    DnameView name;                     // the question's, folded
    uint16_t type = 0;
    uint16_t rclass = 0;
    bool malformed = false;  // not exactly one question, other records than a query has, or records that do not parse
    std::optional<QueryEdns> edns;
    std::optional<QueryTsig> tsig;
};

class QueryReader {
  public:
    QueryReader();
    ~QueryReader();
    QueryReader(const QueryReader&) = delete;
    QueryReader& operator=(const QueryReader&) = delete;

    /// REQUIRES: kDnsHeaderSize to 65535 bytes, opcode QUERY.
    Query read(std::span<const uint8_t> packet);

  private:
    struct Memory;
    std::unique_ptr<Memory> memory_;
};

}  // namespace splitline
