// SPDX-License-Identifier: GPL-3.0-or-later
#include "compile/message_writer.h"

#include <libknot/descriptor.h>

namespace splitline {

namespace {
constexpr uint32_t kPointerMax = 0x3fff;  // RFC 1035 section 4.1.4: 14 bits
}

void MessageWriter::u16(unsigned value) {
    answer_.body.push_back(static_cast<uint8_t>(value >> 8));
    answer_.body.push_back(static_cast<uint8_t>(value));
}

void MessageWriter::u32(uint32_t value) {
    u16(value >> 16);
    u16(value & 0xffff);
}

uint32_t MessageWriter::record(Section section, uint32_t owner_position, DnameView owner, uint16_t type, uint32_t ttl,
                               std::span<const uint8_t> rdata) {
    if (owner_position <= kPointerMax) {
        u16(0xc000 | owner_position);
    } else {
        answer_.body.insert(answer_.body.end(), owner.begin(), owner.end());
    }
    u16(type);
    u16(KNOT_CLASS_IN);
    u32(ttl);
    u16(static_cast<unsigned>(rdata.size()));
    const auto position = static_cast<uint32_t>(body_start_ + answer_.body.size());
    answer_.body.insert(answer_.body.end(), rdata.begin(), rdata.end());
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
    return position;
}

void MessageWriter::end_rrset(bool required) {
    answer_.cuts.push_back({static_cast<uint32_t>(answer_.body.size()), answer_.answer_count, answer_.authority_count,
                            answer_.additional_count, required});
}

}  // namespace splitline
