// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/query.h"

extern "C" {
#include <libknot/descriptor.h>
#include <libknot/errcode.h>
#include <libknot/packet/pkt.h>
#include <libknot/rrtype/tsig.h>
}

#include <cstddef>
#include <memory_resource>
#include <new>

namespace splitline {

namespace {

// A packet object and the records of an ordinary query need some 2 KiB; only odd queries go past this to the heap.
constexpr size_t kMemorySize = 16384;
// A query carries OPT and TSIG, some old ones SIG(0). Without a bound one datagram could hold 5956 records, and parsing
// them would cost more than answering hundreds of honest queries.
constexpr unsigned kAdditionalMax = 4;

// libknot's allocator interface; C code is above us on the stack, so nothing may be thrown.
void* allocate(void* context, size_t size) {
    try {
        return static_cast<std::pmr::monotonic_buffer_resource*>(context)->allocate(size);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

DnameView view(const knot_dname_t* name) {
    return {reinterpret_cast<const char*>(name), knot_dname_size(name)};
}

QueryEdns edns_of(const knot_rrset_t& opt) {
    return {knot_edns_get_payload(&opt), knot_edns_get_version(&opt), knot_edns_do(&opt),
            std::span<const uint8_t>(opt.rrs.rdata->data, opt.rrs.rdata->len)};
}

QueryTsig tsig_of(const knot_rrset_t& tsig) {
    return {view(tsig.owner), view(knot_tsig_rdata_alg_name(&tsig)), knot_tsig_rdata_time_signed(&tsig),
            knot_tsig_rdata_fudge(&tsig), knot_tsig_rdata_orig_id(&tsig)};
}

// Whether the record counts are a query's. IXFR names its serial in the authority section (RFC 1995 section 3).
bool counts_fit(const uint8_t* wire, uint16_t type) {
    return knot_wire_get_ancount(wire) == 0 && knot_wire_get_nscount(wire) <= (type == KNOT_RRTYPE_IXFR ? 1 : 0) &&
           knot_wire_get_arcount(wire) <= kAdditionalMax;
}

}  // namespace

struct QueryReader::Memory {
    alignas(std::max_align_t) std::array<std::byte, kMemorySize> first;
    std::pmr::monotonic_buffer_resource resource{first.data(), first.size()};
    knot_mm_t context{&resource, allocate, nullptr};  // freeing is the resource's release()
};

QueryReader::QueryReader() : memory_(std::make_unique<Memory>()) {}
QueryReader::~QueryReader() = default;

Query QueryReader::read(std::span<const uint8_t> packet) {
    memory_->resource.release();
    Query query;
    query.malformed = true;
    // libknot takes a mutable packet for its writing half; with KNOT_PF_KEEPWIRE parsing leaves the bytes alone.
    knot_pkt_t* pkt =
        knot_pkt_new(const_cast<uint8_t*>(packet.data()), static_cast<uint16_t>(packet.size()), &memory_->context);
    if (pkt == nullptr || knot_pkt_parse_question(pkt) != KNOT_EOK) return query;
    query.question = packet.subspan(kDnsHeaderSize, knot_pkt_question_size(pkt));
    if (!query.question.empty()) {
        query.name = {reinterpret_cast<const char*>(pkt->lower_qname), pkt->qname_size};
        query.type = knot_pkt_qtype(pkt);
        query.rclass = knot_pkt_qclass(pkt);
    }
    if (!counts_fit(packet.data(), query.type) || knot_pkt_parse(pkt, KNOT_PF_KEEPWIRE | KNOT_PF_NOCANON) != KNOT_EOK)
        return query;
    if (pkt->opt_rr != nullptr) {
        // libknot does not look at OPT's owner; RFC 6891 section 6.1.2 demands the root.
        if (*pkt->opt_rr->owner != 0) return query;
        query.edns = edns_of(*pkt->opt_rr);
    }
    if (pkt->tsig_rr != nullptr) query.tsig = tsig_of(*pkt->tsig_rr);
    query.malformed = query.question.empty();
    return query;
}

}  // namespace splitline
