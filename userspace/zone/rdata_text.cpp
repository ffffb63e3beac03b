// SPDX-License-Identifier: GPL-3.0-or-later
#include "zone/rdata_text.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <iterator>
#include <vector>

extern "C" {
#include <libknot/descriptor.h>
#include <libknot/rrset-dump.h>
}

namespace splitline {

namespace {

// The largest text of 65535 bytes of RDATA is an NSEC with every type in its bitmap.
constexpr size_t kMaxText = size_t{1} << 20;

knot_dump_style_t plain_style() {
    knot_dump_style_t style{};
    style.human_timestamp = true;
    return style;
}

}  // namespace

std::optional<std::string> dump_rdata(uint16_t type, std::string_view rdata) {
    static const knot_dump_style_t kStyle = plain_style();
    thread_local std::vector<char> text(kMaxText);
    thread_local std::vector<uint16_t> storage;  // knot_rdata_t: a 16-bit length, then the bytes

    storage.resize(1 + (rdata.size() + 1) / 2);
    storage[0] = static_cast<uint16_t>(rdata.size());
    if (!rdata.empty()) std::memcpy(storage.data() + 1, rdata.data(), rdata.size());
    std::array<uint8_t, 1> root{};
    knot_rrset_t rrset{};
    rrset.owner = root.data();
    rrset.type = type;
    rrset.rclass = KNOT_CLASS_IN;
    rrset.rrs.count = 1;
    rrset.rrs.size = static_cast<uint32_t>(storage.size() * sizeof(uint16_t));
    rrset.rrs.rdata = reinterpret_cast<knot_rdata_t*>(storage.data());
    const int length = knot_rrset_txt_dump_data(&rrset, 0, text.data(), text.size(), &kStyle);
    if (length < 0) return std::nullopt;
    return std::string(text.data(), static_cast<size_t>(length));
}

std::string generic_rdata(std::string_view rdata) {
    std::string text = fmt::format("\\# {}", rdata.size());
    if (!rdata.empty()) text += ' ';
    for (const char byte : rdata) fmt::format_to(std::back_inserter(text), "{:02X}", static_cast<uint8_t>(byte));
    return text;
}

}  // namespace splitline
