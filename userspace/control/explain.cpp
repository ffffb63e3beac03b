// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/explain.h"

#include <fmt/format.h>

#include <memory>
#include <stdexcept>

#include "compile/answer.h"
#include "control/rcode.h"
#include "kernel/fast_path.h"
#include "resolver/respond.h"
#include "zone/zone_render.h"

extern "C" {
#include <libknot/packet/pkt.h>
}

namespace splitline {
namespace {

constexpr size_t kLargestMessage = 65535;

struct FreePacket {
    void operator()(knot_pkt_t* packet) const { knot_pkt_free(packet); }
};
using Packet = std::unique_ptr<knot_pkt_t, FreePacket>;

/// The query as a client that can use TCP would send it, so that nothing is cut off.
std::vector<uint8_t> query_packet(const ExplainQuery& query) {
    const Packet packet(knot_pkt_new(nullptr, KNOT_WIRE_MIN_PKTSIZE, nullptr));
    const auto* name = reinterpret_cast<const uint8_t*>(query.name.data());
    if (!packet || knot_pkt_put_question(packet.get(), name, KNOT_CLASS_IN, query.type) != KNOT_EOK)
        throw std::runtime_error("cannot build a query of " + dname_to_text(query.name));
    return {packet->wire, packet->wire + packet->size};
}

std::vector<std::string> section_text(const knot_pkt_t* packet, knot_section_t which) {
    std::vector<std::string> records;
    const auto* section = knot_pkt_section(packet, which);
    for (uint16_t i = 0; i < section->count; ++i) {
        const auto* record = knot_pkt_rr(section, i);
        const auto* rdata = record->rrs.rdata;
        records.push_back(fmt::format(
            "{} {} IN {} {}",
            dname_to_text({reinterpret_cast<const char*>(record->owner), knot_dname_size(record->owner)}), record->ttl,
            type_to_text(record->type), rdata_to_text(record->type, {rdata->data, rdata->len})));
    }
    return records;
}

std::vector<std::string> chain_of(const Image& image, ClassId class_id) {
    std::vector<std::string> names;
    for (const LineId line : image.classes->chains[class_id]) names.push_back(image.lines->catalog.name(line));
    return names;
}

std::string group_of(const Image& image, LineId line) {
    return std::string(line_group_name(image.lines->catalog.line(line).group));
}

/// Why the client is on the line.
void explain_line(const Image& image, const Address& client, LineId line, Explanation& explanation) {
    explanation.line = image.lines->catalog.name(line);
    explanation.group = group_of(image, line);
    for (const auto& match : lines_of(client, image.lines->catalog, image.lines->prefixes)) {
        if (match.line != line) continue;
        explanation.prefix = match.prefix.text();
        explanation.source = match.source;
    }
}

// An OPT with the longest ECS option: what a response needs beside its sections.
constexpr size_t kLargestOpt = 11 + 8 + 16;

void explain_path(const Image& image, const ExplainQuery& query, ExplainedPath path, uint16_t udp_payload,
                  Explanation& explanation) {
    const auto verdict = path_of(image, query.name, query.type, explanation.class_id, udp_payload - kLargestOpt);
    explanation.path = "resolver";
    explanation.reason = reason_label(verdict.reason);
    explanation.reason_text = verdict.text;
    if (!verdict.fast) return;
    if (!path.attached) {
        explanation.reason = "xdp_off";
        explanation.reason_text = "the XDP program is not attached";
    } else if (path.left_out) {
        explanation.reason = reason_label(SL_REASON_LEFT_OUT);
        explanation.reason_text = reason_text(SL_REASON_LEFT_OUT);
    } else {
        explanation.path = "xdp";
    }
}

}  // namespace

Result<ExplainQuery> parse_explain_query(std::string_view name, std::string_view type, std::string_view from) {
    const auto dname = dname_from_text(name);
    if (!dname) return Error{"name: " + dname.error().message};
    const auto rrtype = type_from_text(type.empty() ? "A" : type);
    if (!rrtype) return Error{"type: " + rrtype.error().message};
    const auto prefix = Prefix::parse(from);
    if (!prefix) return Error{"from: " + prefix.error().message};
    return ExplainQuery{*dname, *rrtype, *prefix};
}

Explanation explain(const Image& image, const ExplainQuery& query, ExplainedPath path, uint16_t udp_payload) {
    Explanation explanation;
    const Address& client = query.from.address;
    explanation.name = dname_to_text(query.name);
    explanation.type = type_to_text(query.type);
    explanation.from = query.from.length == client.bits() ? client.text() : query.from.text();
    const ClassHit hit = image.classes->lookup(client);
    explanation.class_id = hit.class_id;
    explanation.chain = chain_of(image, hit.class_id);
    if (const auto* zone = image.zone_of(query.name, query.type)) explanation.zone = dname_to_text(zone->apex());

    std::vector<uint8_t> response(kLargestMessage);
    const auto responded =
        Responder().respond(image, ResponsePolicy{}, Transport::kTcp, client, query_packet(query), response);
    if (responded.line) {
        explain_line(image, client, *responded.line, explanation);
        Answer answer;
        answer_query(image, query.name, query.type, hit.class_id, answer);
        explanation.tailored = answer.tailored;
        explanation.scope = answer.tailored ? hit.length : 0;
    }
    explanation.rcode = rcode_name(responded.rcode);
    const Packet packet(knot_pkt_new(response.data(), static_cast<uint16_t>(responded.size), nullptr));
    if (!packet || knot_pkt_parse(packet.get(), 0) != KNOT_EOK)
        throw std::runtime_error("our own response to " + explanation.name + " does not parse");
    explanation.authoritative = knot_wire_get_aa(packet->wire) != 0;
    explanation.answer = section_text(packet.get(), KNOT_ANSWER);
    explanation.authority = section_text(packet.get(), KNOT_AUTHORITY);
    explanation.additional = section_text(packet.get(), KNOT_ADDITIONAL);
    explain_path(image, query, path, udp_payload, explanation);
    return explanation;
}

LineWhich which_lines(const Image& image, const Address& address) {
    LineWhich which;
    which.address = address.text();
    which.class_id = image.classes->lookup(address).class_id;
    which.chain = chain_of(image, which.class_id);
    which.winner = which.chain.front();
    for (const auto& match : lines_of(address, image.lines->catalog, image.lines->prefixes))
        which.lines.push_back({image.lines->catalog.name(match.line), group_of(image, match.line), match.prefix.text(),
                               match.source, match.in_chain, static_cast<bool>(image.classes->used[match.line])});
    return which;
}

}  // namespace splitline
