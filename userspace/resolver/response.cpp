// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/response.h"

extern "C" {
#include <libknot/consts.h>
#include <libknot/descriptor.h>
#include <libknot/packet/wire.h>
#include <libknot/rrtype/opt.h>
}

#include <algorithm>

namespace splitline {

namespace {

constexpr size_t kRrFixedSize = 10;     // type, class, TTL, RDLENGTH
constexpr size_t kSubnetFixedSize = 8;  // option code and length, family, SOURCE, SCOPE
constexpr size_t kTsigFixedSize = 16;   // time, fudge, MAC size, original id, error, other length
constexpr uint8_t kHeaderCd = 0x10;     // of the second flags byte (RFC 4035 section 4.9.2)
constexpr uint8_t kHeaderOpcode = 0x78, kHeaderRd = 0x01, kHeaderAa = 0x04, kHeaderTc = 0x02, kHeaderQr = 0x80;

/// Appends network-order values. The caller has measured: nothing here can run past the end.
class Cursor {
  public:
    explicit Cursor(std::span<uint8_t> out) : out_(out) {}

    void u8(uint8_t value) { out_[size_++] = value; }
    void u16(uint16_t value) {
        knot_wire_write_u16(&out_[size_], value);
        size_ += 2;
    }
    void u32(uint32_t value) {
        knot_wire_write_u32(&out_[size_], value);
        size_ += 4;
    }
    void u48(uint64_t value) {
        u16(static_cast<uint16_t>(value >> 32));
        u32(static_cast<uint32_t>(value));
    }
    void bytes(const uint8_t* data, size_t size) {
        std::copy_n(data, size, out_.begin() + static_cast<std::ptrdiff_t>(size_));
        size_ += size;
    }
    void name(DnameView name) { bytes(reinterpret_cast<const uint8_t*>(name.data()), name.size()); }
    [[nodiscard]] size_t size() const { return size_; }

  private:
    std::span<uint8_t> out_;
    size_t size_ = 0;
};

/// How much of an answer is sent.
struct Fit {
    Answer::Cut kept{};
    bool truncated = false;
};

size_t edns_size(const ResponseEdns& edns) {
    return 1 + kRrFixedSize + (edns.subnet ? kSubnetFixedSize + edns.subnet->octets() : 0);
}

size_t tsig_size(const QueryTsig& tsig) {
    return tsig.key.size() + kRrFixedSize + tsig.algorithm.size() + kTsigFixedSize;
}

Fit fit_answer(const Answer& answer, size_t room) {
    Fit fit;
    for (const auto& cut : answer.cuts) {
        if (cut.end > room) {
            fit.truncated = std::any_of(&cut, answer.cuts.data() + answer.cuts.size(),
                                        [](const Answer::Cut& left_out) { return left_out.required; });
            break;
        }
        fit.kept = cut;
    }
    return fit;
}

void write_edns(const ResponseEdns& edns, uint16_t rcode, Cursor& cursor) {
    cursor.u8(0);  // the root
    cursor.u16(KNOT_RRTYPE_OPT);
    cursor.u16(edns.payload);
    cursor.u32(uint32_t{rcode} >> 4 << 24 | (edns.dnssec_ok ? uint32_t{KNOT_EDNS_DO_MASK} : 0));
    if (!edns.subnet) return cursor.u16(0);
    const ClientSubnet& subnet = *edns.subnet;
    const auto octets = static_cast<uint16_t>(subnet.octets());
    cursor.u16(static_cast<uint16_t>(kSubnetFixedSize + octets));
    cursor.u16(KNOT_EDNS_OPTION_CLIENT_SUBNET);
    cursor.u16(static_cast<uint16_t>(4 + octets));
    cursor.u16(subnet.family);
    cursor.u8(subnet.source);
    cursor.u8(edns.scope);
    cursor.bytes(subnet.address.data(), octets);
}

// RFC 8945 section 5.3.2: an error about the key is not signed. Time is the query's: nothing vouches for ours anyway.
void write_refused_key(const QueryTsig& tsig, Cursor& cursor) {
    cursor.name(tsig.key);
    cursor.u16(KNOT_RRTYPE_TSIG);
    cursor.u16(KNOT_CLASS_ANY);
    cursor.u32(0);
    cursor.u16(static_cast<uint16_t>(tsig.algorithm.size() + kTsigFixedSize));
    cursor.name(tsig.algorithm);
    cursor.u48(tsig.time_signed);
    cursor.u16(tsig.fudge);
    cursor.u16(0);  // MAC size
    cursor.u16(tsig.original_id);
    cursor.u16(KNOT_RCODE_BADKEY);
    cursor.u16(0);  // other length
}

void write_header(const Response& response, const Fit& fit, uint16_t closing_records, Cursor& cursor) {
    const uint8_t flags1 = response.query[KNOT_WIRE_OFFSET_FLAGS1], flags2 = response.query[KNOT_WIRE_OFFSET_FLAGS2];
    const unsigned copied = kHeaderOpcode | (response.bare ? 0U : kHeaderRd);
    cursor.bytes(response.query.data(), 2);
    cursor.u8(static_cast<uint8_t>(kHeaderQr | (flags1 & copied) | (response.authoritative ? kHeaderAa : 0U) |
                                   (fit.truncated ? kHeaderTc : 0U)));
    cursor.u8(static_cast<uint8_t>((response.bare ? 0U : flags2 & kHeaderCd) | (response.rcode & 0xfU)));
    cursor.u16(response.question.empty() ? 0 : 1);
    cursor.u16(fit.kept.answer_count);
    cursor.u16(fit.kept.authority_count);
    cursor.u16(static_cast<uint16_t>(fit.kept.additional_count + closing_records));
}

}  // namespace

Written write_response(const Response& response, std::span<uint8_t> out) {
    size_t room = out.size() - kDnsHeaderSize - response.question.size();
    if (response.edns) room -= edns_size(*response.edns);
    Fit fit;
    if (response.answer != nullptr) fit = fit_answer(*response.answer, room);
    const bool with_tsig = response.refused_key != nullptr && tsig_size(*response.refused_key) <= room;
    // Two names of full length do not fit 512 bytes beside the question; the client asks again over TCP.
    fit.truncated = fit.truncated || (response.refused_key != nullptr && !with_tsig);

    Cursor cursor(out);
    write_header(response, fit, static_cast<uint16_t>((response.edns ? 1 : 0) + (with_tsig ? 1 : 0)), cursor);
    cursor.bytes(response.question.data(), response.question.size());
    if (response.answer != nullptr) cursor.bytes(response.answer->body.data(), fit.kept.end);
    if (response.edns) write_edns(*response.edns, response.rcode, cursor);
    if (with_tsig) write_refused_key(*response.refused_key, cursor);
    return {cursor.size(), fit.truncated};
}

}  // namespace splitline
