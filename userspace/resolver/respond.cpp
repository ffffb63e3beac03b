// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/respond.h"

extern "C" {
#include <libknot/consts.h>
#include <libknot/descriptor.h>
#include <libknot/packet/wire.h>
#include <libknot/rrtype/opt.h>
}

#include <algorithm>

#include "compile/answer.h"
#include "maps/dns.h"
#include "resolver/chaos.h"
#include "resolver/client_subnet.h"
#include "resolver/query.h"
#include "resolver/response.h"

namespace splitline {

namespace {

constexpr size_t kTcpLimit = 65535;
constexpr size_t kOptionHeaderSize = 4;
constexpr uint16_t kMailB = 253, kMailA = 254;  // RFC 1035 section 3.2.3

/// The client subnet of a query: absent, usable or malformed.
struct SubnetOption {
    std::optional<ClientSubnet> subnet;
    bool malformed = false;
};

// `options` is whole options: libknot has checked it.
SubnetOption find_subnet(std::span<const uint8_t> options) {
    SubnetOption found;
    while (options.size() >= kOptionHeaderSize) {
        const uint16_t code = knot_wire_read_u16(options.data());
        const auto data = options.subspan(kOptionHeaderSize, knot_wire_read_u16(options.data() + 2));
        options = options.subspan(kOptionHeaderSize + data.size());
        if (code != KNOT_EDNS_OPTION_CLIENT_SUBNET) continue;
        auto subnet = ClientSubnet::parse(data);
        if (!subnet || found.subnet) return {std::nullopt, true};
        found.subnet = subnet;
    }
    return found;
}

bool subnet_is_believed(const ResponsePolicy& policy, const Address& sender) {
    if (!policy.ecs) return false;
    return policy.ecs_trust.empty() || std::any_of(policy.ecs_trust.begin(), policy.ecs_trust.end(),
                                                   [&](const Prefix& prefix) { return prefix.contains(sender); });
}

// What a type that no record can have is answered with; nothing for types that are looked up (ANY is answered as
// RFC 8482 says).
std::optional<uint16_t> meta_type_rcode(uint16_t type) {
    switch (type) {
        case KNOT_RRTYPE_ANY:
            return std::nullopt;
        case KNOT_RRTYPE_AXFR:
        case KNOT_RRTYPE_IXFR:
            return KNOT_RCODE_REFUSED;
        case kMailA:
        case kMailB:
        case KNOT_RRTYPE_TKEY:
            return KNOT_RCODE_NOTIMPL;
        default:
            break;
    }
    return sl_is_meta_type(type) != 0 ? std::optional<uint16_t>(KNOT_RCODE_FORMERR) : std::nullopt;
}

size_t size_limit(const ResponsePolicy& policy, Transport transport, const Query& query) {
    if (transport == Transport::kTcp) return kTcpLimit;
    if (!query.edns) return SL_UDP_PLAIN_MAX;
    return std::max<size_t>(SL_UDP_PLAIN_MAX, std::min(query.edns->payload, policy.udp_payload));
}

}  // namespace

struct Responder::Scratch {
    QueryReader reader;
    Answer answer;
};

namespace {

/// One query of opcode QUERY on its way to its response.
class Exchange {
  public:
    Exchange(const Image& image, const ResponsePolicy& policy, const Address& sender, const Query& query,
             Answer& answer)
        : image_(image), policy_(policy), sender_(sender), query_(query), answer_(answer) {}

    // The order of the checks is what clients can rely on: format, EDNS version, key, type, class, then contents.
    void decide(Response& response) {
        response.question = query_.question;
        if (query_.edns) response.edns = ResponseEdns{policy_.udp_payload, query_.edns->dnssec_ok, std::nullopt, 0};
        if (query_.malformed) return fail(response, KNOT_RCODE_FORMERR);
        if (query_.edns && query_.edns->version != 0) return fail(response, KNOT_RCODE_BADVERS);
        if (!take_subnet(response)) return fail(response, KNOT_RCODE_FORMERR);
        if (query_.tsig) {
            response.refused_key = &*query_.tsig;
            return fail(response, KNOT_RCODE_NOTAUTH);
        }
        if (const auto rcode = meta_type_rcode(query_.type)) return fail(response, *rcode);
        answer_.clear();
        if (query_.rclass == KNOT_CLASS_IN) return answer_in(response);
        if (query_.rclass != KNOT_CLASS_CH || !answer_chaos(policy_, query_.name, query_.type, answer_))
            return fail(response, KNOT_RCODE_REFUSED);
        take_answer(response);
    }

  private:
    static void fail(Response& response, uint16_t rcode) { response.rcode = rcode; }

    // False if the option is malformed; it is echoed on errors too, as every option understood is.
    bool take_subnet(Response& response) {
        if (!query_.edns || !subnet_is_believed(policy_, sender_)) return true;
        const SubnetOption option = find_subnet(query_.edns->options);
        response.edns->subnet = option.subnet;
        return !option.malformed;
    }

    void answer_in(Response& response) {
        const ClientSubnet* subnet = response.edns && response.edns->subnet ? &*response.edns->subnet : nullptr;
        const auto named = subnet != nullptr ? subnet->client() : std::nullopt;
        const ClassHit hit = image_.classes->lookup(named.value_or(sender_));
        answer_query(image_, query_.name, query_.type, hit.class_id, answer_);
        if (named && answer_.tailored) response.edns->scope = hit.length;
        take_answer(response);
    }

    void take_answer(Response& response) {
        response.rcode = answer_.rcode;
        response.authoritative = answer_.authoritative;
        response.answer = &answer_;
    }

    const Image& image_;
    const ResponsePolicy& policy_;
    const Address& sender_;
    const Query& query_;
    Answer& answer_;
};

}  // namespace

Responder::Responder() : scratch_(std::make_unique<Scratch>()) {}
Responder::~Responder() = default;

Responded Responder::respond(const Image& image, const ResponsePolicy& policy, Transport transport,
                             const Address& client, std::span<const uint8_t> query, std::span<uint8_t> out) {
    // A response is never answered: two servers would answer each other for ever.
    if (query.size() < kDnsHeaderSize || query.size() > kTcpLimit || knot_wire_get_qr(query.data()) != 0) return {};
    Response response;
    response.query = query;
    Query parsed;
    if (knot_wire_get_opcode(query.data()) == KNOT_OPCODE_QUERY) {
        parsed = scratch_->reader.read(query);
        Exchange(image, policy, client, parsed, scratch_->answer).decide(response);
    } else {
        response.rcode = KNOT_RCODE_NOTIMPL;
        response.bare = true;
    }
    const size_t limit = std::min(size_limit(policy, transport, parsed), out.size());
    const Written written = write_response(response, out.first(limit));
    Responded responded{written.size, response.rcode, std::nullopt, written.truncated};
    if (response.answer != nullptr && response.answer->zone != nullptr) responded.line = response.answer->line;
    return responded;
}

}  // namespace splitline
