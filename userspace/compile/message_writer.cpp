// SPDX-License-Identifier: GPL-3.0-or-later
#include "compile/message_writer.h"

#include <libknot/descriptor.h>

#include <algorithm>

namespace splitline {

namespace {
constexpr uint32_t kPointerMax = 0x3fff;  // RFC 1035 section 4.1.4: 14 bits
constexpr unsigned kPointer = 0xc000;
constexpr size_t kFixedSize = 10;  // type, class, TTL, RDLENGTH

uint8_t* put_u16(uint8_t* at, unsigned value) {
    at[0] = static_cast<uint8_t>(value >> 8);
    at[1] = static_cast<uint8_t>(value);
    return at + 2;
}
}  // namespace

uint32_t MessageWriter::record(Section section, uint32_t owner_position, DnameView owner, uint16_t type, uint32_t ttl,
                               std::span<const uint8_t> rdata) {
    const bool pointed = owner_position <= kPointerMax;
    const size_t start = answer_.body.size(), fixed = start + (pointed ? 2 : owner.size());
    answer_.body.resize(fixed + kFixedSize + rdata.size());
    uint8_t* at = answer_.body.data() + start;
    at = pointed ? put_u16(at, kPointer | owner_position) : std::copy(owner.begin(), owner.end(), at);
    at = put_u16(at, type);
    at = put_u16(at, KNOT_CLASS_IN);
    at = put_u16(put_u16(at, ttl >> 16), ttl & 0xffff);
    at = put_u16(at, static_cast<unsigned>(rdata.size()));
    std::copy(rdata.begin(), rdata.end(), at);
    switch (section) {
        case Section::kAnswer:
            ++answer_.answer_count;
            break;
        case Section::kAuthority:
            ++answer_.authority_count;
            break;
        case Section::kAdditional:
            ++answer_.additional_count;
            break;
    }
    return static_cast<uint32_t>(body_start_ + fixed + kFixedSize);
}

void MessageWriter::negative_soa(uint32_t apex_position, const NegativeSoa& soa) {
    const size_t start = answer_.body.size();
    answer_.body.insert(answer_.body.end(), soa.bytes().begin(), soa.bytes().end());
    for (const size_t at : soa.pointers()) put_u16(answer_.body.data() + start + at, kPointer | apex_position);
    ++answer_.authority_count;
}

void MessageWriter::end_rrset(bool required) {
    answer_.cuts.push_back({static_cast<uint32_t>(answer_.body.size()), answer_.answer_count, answer_.authority_count,
                            answer_.additional_count, required});
}

}  // namespace splitline
