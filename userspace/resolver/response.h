// SPDX-License-Identifier: GPL-3.0-or-later
// A response as plain values, and the one function that turns it into bytes.
//
// The bytes follow the rules the fast path keeps too (DESIGN 4.1): the question as received, the sections as compiled,
// OPT behind them, and TSIG last of all.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "compile/answer.h"
#include "resolver/client_subnet.h"
#include "resolver/query.h"

namespace splitline {

/// The OPT record of a response.
struct ResponseEdns {
    uint16_t payload = 0;  // what we receive
    bool dnssec_ok = false;
    std::optional<ClientSubnet> subnet;  // echoed
    uint8_t scope = 0;                   // of that subnet
};

struct Response {
    std::span<const uint8_t> query;     // the packet answered; id, opcode, RD and CD are taken from it
    std::span<const uint8_t> question;  // as received; may be empty
    uint16_t rcode = 0;                 // above 15 only with edns
    bool authoritative = false;
    bool bare = false;               // RD and CD are not copied: an opcode we do not know may mean others by these bits
    const Answer* answer = nullptr;  // its body and counts; rcode and AA are those above
    std::optional<ResponseEdns> edns;
    const QueryTsig* refused_key = nullptr;  // closes with an unsigned TSIG record of error BADKEY
};

/// What write_response() made of it.
struct Written {
    size_t size = 0;
    bool truncated = false;
};

/// Writes at most out.size() bytes. What does not fit is left out by whole RRsets from the end, and TC is set where
/// that loses more than optional additional records (RFC 2181 section 9, RFC 9471). REQUIRES: out.size() >= 512, so
/// that header, question and OPT always fit.
Written write_response(const Response& response, std::span<uint8_t> out);

}  // namespace splitline
