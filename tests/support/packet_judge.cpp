// SPDX-License-Identifier: GPL-3.0-or-later
#include <linux/bpf.h>

#include <algorithm>

#include "support/packet_dns.h"
#include "support/packet_native.h"

namespace splitline::testing_support {

namespace {

constexpr size_t kUdpMax = 65535;

std::string judge_addresses(const ParsedFrame& in, const ParsedFrame& out) {
    if (out.source != in.destination || out.destination != in.source) return "addresses are not swapped";
    if (out.source_port != in.destination_port || out.destination_port != in.source_port)
        return "ports are not swapped";
    if (out.source_mac != in.destination_mac || out.destination_mac != in.source_mac) return "MACs are not swapped";
    const auto same_tag = [](const VlanTag& a, const VlanTag& b) {
        return a.protocol == b.protocol && a.control == b.control;
    };
    if (!std::equal(in.tags.begin(), in.tags.end(), out.tags.begin(), out.tags.end(), same_tag))
        return "VLAN tags differ";
    if (out.padding != 0) return "bytes behind the datagram";
    return "";
}

std::string judge_reason(const Outcome& outcome, const ResponseHead& response) {
    if (!outcome.reason) return "not exactly one reason counted";
    const bool nodata = response.rcode == 0 && response.has_soa;
    const sl_reason due = response.rcode == 5   ? SL_REASON_REFUSED
                          : response.rcode == 3 ? SL_REASON_NXDOMAIN
                          : nodata              ? SL_REASON_NODATA
                                                : SL_REASON_ANSWER;
    if (*outcome.reason != due) return std::string("counted as ") + reason_label(*outcome.reason);
    if (!outcome.line && due != SL_REASON_REFUSED) return "no line counted";
    return "";
}

}  // namespace

std::string judge(const Outcome& outcome, std::span<const uint8_t> frame, const Image& image,
                  const ResponsePolicy& policy, Responder& responder) {
    if (outcome.verdict == XDP_PASS) {
        if (!std::equal(frame.begin(), frame.end(), outcome.bytes.begin(), outcome.bytes.end()))
            return "passed, but changed:\n" + hex(outcome.bytes);
        if (!outcome.reason) return "not exactly one reason counted";
        return sl_is_answer(*outcome.reason) != 0 ? "passed, but counted as an answer" : "";
    }
    if (outcome.verdict != XDP_TX) return "verdict " + verdict_name(outcome.verdict);
    const ParsedFrame in = parse_frame(frame), out = parse_frame(outcome.bytes);
    if (!out.faults.empty()) return out.faults.front() + " is wrong in\n" + hex(outcome.bytes);
    if (auto fault = judge_addresses(in, out); !fault.empty()) return fault;
    const ResponseHead response = read_head(out.payload);
    if (!response.fault.empty()) return "libknot: " + response.fault + " in\n" + hex(out.payload);
    static thread_local Bytes room(kUdpMax);  // kept: clearing 64 KiB takes longer than the packet
    std::fill_n(room.begin(), std::min(out.payload.size(), room.size()), 0xa5);  // a byte left out must not look right
    const Responded responded = responder.respond(image, policy, Transport::kUdp, in.source, in.payload, room);
    const auto expected = std::span(room).first(responded.size);
    if (responded.truncated) return "the resolver truncates this answer";
    if (!std::ranges::equal(out.payload, expected)) return "fast:\n" + hex(out.payload) + "\nslow:\n" + hex(expected);
    if (outcome.line != responded.line) return "another line counted than the resolver's";
    return judge_reason(outcome, response);
}

}  // namespace splitline::testing_support
