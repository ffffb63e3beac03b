// SPDX-License-Identifier: GPL-3.0-or-later
// What must hold for every response to any bytes at all; the property test and the fuzzer judge by the same rules.
#pragma once

extern "C" {
#include <libknot/libknot.h>
}

#include <algorithm>
#include <span>
#include <string>

#include "resolver/respond.h"
#include "support/packet_dns.h"

namespace splitline::testing_support {

/// The largest response the rules allow, from libknot's own reading of the query.
inline size_t response_limit(std::span<const uint8_t> query, const ResponsePolicy& policy, Transport transport) {
    if (transport == Transport::kTcp) return 65535;
    Bytes copy(query.begin(), query.end());
    knot_pkt_t* packet = knot_pkt_new(copy.data(), static_cast<uint16_t>(copy.size()), nullptr);
    size_t limit = 512;
    if (knot_pkt_parse(packet, KNOT_PF_KEEPWIRE) == KNOT_EOK && packet->opt_rr != nullptr)
        limit = std::max<size_t>(limit, std::min(knot_edns_get_payload(packet->opt_rr), policy.udp_payload));
    knot_pkt_free(packet);
    return limit;
}

/// "" if `response` keeps the rules, else the one it breaks.
inline std::string broken_rule(std::span<const uint8_t> query, std::span<const uint8_t> response,
                               const ResponsePolicy& policy, Transport transport) {
    const bool due = query.size() >= 12 && (query[2] & 0x80) == 0;
    if (response.empty()) return due ? "a response is due" : "";
    if (!due) return "no response is due";
    if (response.size() > response_limit(query, policy, transport)) return "larger than the limit";
    const DnsResponse parsed = read_response(response);
    if (!parsed.fault.empty()) return "libknot: " + parsed.fault;
    if (!std::equal(response.begin(), response.begin() + 2, query.begin())) return "another id";
    if ((response[2] & 0xf8) != (0x80 | (query[2] & 0x78))) return "QR or opcode";
    if ((response[3] & 0xe0) != 0) return "RA, Z or AD set";
    if (!parsed.question.empty() && (query.size() < 12 + parsed.question.size() ||
                                     !std::equal(parsed.question.begin(), parsed.question.end(), query.begin() + 12)))
        return "the question is not the one asked";
    if (parsed.question.empty() && (response[7] | response[9]) != 0) return "records without a question";
    return "";
}

}  // namespace splitline::testing_support
