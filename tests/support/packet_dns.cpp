// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/packet_dns.h"

// Debian's libknot headers do not say that they are C.
extern "C" {
#include <libknot/libknot.h>
}

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <stdexcept>

namespace splitline::testing_support {

namespace {

struct PacketFree {
    void operator()(knot_pkt_t* packet) const { knot_pkt_free(packet); }
};
using Packet = std::unique_ptr<knot_pkt_t, PacketFree>;

std::string in_presentation(const knot_rrset_t& rrset) {
    size_t size = 1024;
    char* buffer = static_cast<char*>(std::malloc(size));
    knot_dump_style_t style = KNOT_DUMP_STYLE_DEFAULT;
    style.show_class = true;
    const int written = knot_rrset_txt_dump(&rrset, &buffer, &size, &style);
    std::string text(buffer, written > 0 ? static_cast<size_t>(written) : 0);
    std::free(buffer);
    std::string line;
    for (const char c : text) {
        const bool blank = c == '\t' || c == ' ' || c == '\n';
        if (!blank) line += c;
        if (blank && !line.empty() && line.back() != ' ') line += ' ';
    }
    if (!line.empty() && line.back() == ' ') line.pop_back();
    return line;
}

std::vector<std::string> section(const knot_pkt_t& packet, knot_section_t which) {
    std::vector<std::string> lines;
    const knot_pktsection_t* records = knot_pkt_section(&packet, which);
    for (uint16_t i = 0; i < records->count; ++i) {
        const knot_rrset_t* rrset = knot_pkt_rr(records, i);
        if (rrset->type != KNOT_RRTYPE_OPT) lines.push_back(in_presentation(*rrset));
    }
    return lines;
}

/// A message and what libknot made of it.
struct Parsed {
    explicit Parsed(std::span<const uint8_t> message)
        : wire(message.begin(), message.end()),
          packet(knot_pkt_new(wire.data(), static_cast<uint16_t>(wire.size()), nullptr)) {
        if (packet == nullptr) throw std::bad_alloc();
        code = knot_pkt_parse(packet.get(), KNOT_PF_KEEPWIRE | KNOT_PF_NOCANON);
    }
    [[nodiscard]] ResponseHead head() const;

    Bytes wire;
    Packet packet;
    int code = 0;
};

ResponseHead Parsed::head() const {
    ResponseHead head;
    if (code != KNOT_EOK) {
        head.fault = knot_strerror(code);
        return head;
    }
    if (packet->parsed != packet->size) head.fault = "bytes behind the message";
    head.id = knot_wire_get_id(wire.data());
    head.flags = static_cast<uint16_t>(knot_wire_read_u16(wire.data() + 2) & ~0xf);
    head.rcode = knot_pkt_ext_rcode(packet.get());
    const knot_pktsection_t* authority = knot_pkt_section(packet.get(), KNOT_AUTHORITY);
    for (uint16_t i = 0; i < authority->count; ++i)
        if (knot_pkt_rr(authority, i)->type == KNOT_RRTYPE_SOA) head.has_soa = true;
    return head;
}

Edns edns_of(const knot_rrset_t& opt) {
    Edns edns;
    edns.payload = knot_edns_get_payload(&opt);
    edns.extended_rcode = knot_edns_get_ext_rcode(&opt);
    edns.version = knot_edns_get_version(&opt);
    edns.flags = static_cast<uint16_t>(opt.ttl & 0xffff);
    edns.owner.assign(opt.owner, opt.owner + knot_dname_size(opt.owner));
    const uint8_t* data = opt.rrs.rdata->data;
    for (size_t left = opt.rrs.rdata->len; left >= 4;) {
        const uint16_t length = knot_wire_read_u16(data + 2);
        edns.options.push_back({knot_wire_read_u16(data), Bytes(data + 4, data + 4 + length), std::nullopt});
        data += 4 + length;
        left -= size_t{4} + length;
    }
    return edns;
}

}  // namespace

Bytes wire_name(std::string_view text) {
    knot_dname_storage_t storage;
    const std::string terminated(text);
    if (knot_dname_from_str(storage, terminated.c_str(), sizeof storage) == nullptr)
        throw std::invalid_argument("not a domain name: " + terminated);
    return {storage, storage + knot_dname_size(storage)};
}

EdnsOption ecs(const Address& client, unsigned source, uint8_t scope) {
    EdnsOption option{kOptionEcs, {}, std::nullopt};
    put16(option.data, client.family == Address::Family::kIpv4 ? 1 : 2);
    option.data.push_back(static_cast<uint8_t>(source));
    option.data.push_back(scope);
    const Address cut = mask(client, std::min(source, client.bits()));
    option.data.insert(option.data.end(), cut.bytes.begin(), cut.bytes.begin() + (source + 7) / 8);
    return option;
}

Bytes Edns::bytes() const {
    Bytes data;
    for (const EdnsOption& option : options) {
        put16(data, option.code);
        put16(data, option.length.value_or(static_cast<uint16_t>(option.data.size())));
        data.insert(data.end(), option.data.begin(), option.data.end());
    }
    Bytes out = owner;
    put16(out, kOpt);
    put16(out, payload);
    put32(out, uint32_t{extended_rcode} << 24 | uint32_t{version} << 16 | flags);
    put16(out, length.value_or(static_cast<uint16_t>(data.size())));
    out.insert(out.end(), data.begin(), data.end());
    return out;
}

Bytes DnsQuery::bytes() const {
    Bytes out;
    put16(out, id);
    put16(out, flags);
    put16(out, questions.value_or(1));
    put16(out, answers.value_or(0));
    put16(out, authorities.value_or(0));
    put16(out, additionals.value_or(static_cast<uint16_t>(opts.size())));
    out.insert(out.end(), name.begin(), name.end());
    put16(out, type);
    put16(out, rclass);
    for (const Edns& edns : opts) {
        const Bytes opt = edns.bytes();
        out.insert(out.end(), opt.begin(), opt.end());
    }
    out.insert(out.end(), trailing.begin(), trailing.end());
    return out;
}

ResponseHead read_head(std::span<const uint8_t> message) {
    return Parsed(message).head();
}

DnsResponse read_response(std::span<const uint8_t> message) {
    const Parsed parsed(message);
    DnsResponse response{parsed.head(), {}, {}, {}, {}, {}, message.size()};
    if (parsed.code != KNOT_EOK) return response;
    const knot_pkt_t* packet = parsed.packet.get();
    const auto question = message.subspan(KNOT_WIRE_HEADER_SIZE, knot_pkt_question_size(packet));
    response.question.assign(question.begin(), question.end());
    response.answer = section(*packet, KNOT_ANSWER);
    response.authority = section(*packet, KNOT_AUTHORITY);
    response.additional = section(*packet, KNOT_ADDITIONAL);
    if (packet->opt_rr != nullptr) response.edns = edns_of(*packet->opt_rr);
    return response;
}

}  // namespace splitline::testing_support
