// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/chaos.h"

extern "C" {
#include <libknot/descriptor.h>
}

#include <algorithm>

namespace splitline {

namespace {

using namespace std::string_view_literals;

constexpr size_t kTextMax = 255;  // one character-string

const std::optional<std::string>* text_of(const ResponsePolicy& policy, DnameView name) {
    if (name == "\7version\4bind\0"sv || name == "\7version\6server\0"sv) return &policy.version;
    if (name == "\2id\6server\0"sv || name == "\10hostname\4bind\0"sv) return &policy.identity;
    return nullptr;
}

}  // namespace

bool answer_chaos(const ResponsePolicy& policy, DnameView name, uint16_t type, Answer& answer) {
    const auto* text = text_of(policy, name);
    if (text == nullptr || !*text || (type != KNOT_RRTYPE_TXT && type != KNOT_RRTYPE_ANY)) return false;
    const auto size = static_cast<uint8_t>(std::min((*text)->size(), kTextMax));
    // Owner: a pointer to the question. TTL 0, as RFC 4892 section 3.1 has it: the next query may reach another server.
    answer.body = {0xc0, 0x0c, 0, KNOT_RRTYPE_TXT, 0, KNOT_CLASS_CH, 0, 0, 0, 0, 0, static_cast<uint8_t>(size + 1),
                   size};
    if (size == kTextMax) answer.body[10] = 1;  // RDLENGTH 256
    answer.body.insert(answer.body.end(), (*text)->begin(), (*text)->begin() + size);
    answer.answer_count = 1;
    answer.authoritative = true;
    answer.cuts.push_back({static_cast<uint32_t>(answer.body.size()), 1, 0, 0, true});
    return true;
}

}  // namespace splitline
