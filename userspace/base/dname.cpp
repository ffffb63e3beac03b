// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/dname.h"

extern "C" {
#include <libknot/dname.h>
}

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>

#include "maps/name_table.h"

namespace splitline {

namespace {
const uint8_t* wire_of(DnameView name) {
    return reinterpret_cast<const uint8_t*>(name.data());
}
}  // namespace

Result<Dname> dname_from_text(std::string_view text) {
    std::array<uint8_t, KNOT_DNAME_MAXLEN> wire;
    const std::string copy(text);
    if (copy.empty() || knot_dname_from_str(wire.data(), copy.c_str(), wire.size()) == nullptr)
        return Error{"'" + copy + "' is not a domain name (labels of 1 to 63 bytes, 255 in all)"};
    const size_t size = knot_dname_size(wire.data());
    dname_fold(wire.data(), size);
    return Dname(reinterpret_cast<const char*>(wire.data()), size);
}

std::string dname_to_text(DnameView name) {
    std::array<char, KNOT_DNAME_TXT_MAXLEN + 1> text;
    if (knot_dname_to_str(text.data(), wire_of(name), text.size()) == nullptr) return "<invalid name>";
    return text.data();
}

DnameView dname_parent(DnameView name) {
    return name.substr(size_t{1} + static_cast<uint8_t>(name[0]));
}

unsigned dname_labels(DnameView name) {
    unsigned labels = 0;
    for (; name[0] != 0; name = dname_parent(name)) ++labels;
    return labels;
}

bool dname_in(DnameView name, DnameView ancestor) {
    while (name.size() > ancestor.size()) name = dname_parent(name);
    return name == ancestor;
}

bool dname_is_wildcard(DnameView name) {
    return name.size() > 2 && name[0] == 1 && name[1] == '*';
}

void dname_fold(uint8_t* name, size_t size) {
    constexpr size_t kWord = sizeof(uint64_t);
    const auto folded = [](const uint8_t* at, size_t bytes) {
        uint64_t word = 0;
        std::memcpy(&word, at, bytes);
        return sl_fold_word(word);
    };
    if (size == 0) return;
    // The last word may overlap the one before. It is read in front of that one's write, or it would wait for it.
    const size_t last = size < kWord ? 0 : size - kWord, bytes = std::min(size, kWord);
    const uint64_t last_word = folded(name + last, bytes);
    for (size_t at = 0; at < last; at += kWord) {
        const uint64_t word = folded(name + at, kWord);
        std::memcpy(name + at, &word, kWord);
    }
    std::memcpy(name + last, &last_word, bytes);
}

uint64_t dname_hash(DnameView name) {
    return std::hash<std::string_view>{}(name);
}

size_t dname_wire_size(const uint8_t* wire, size_t size) {
    for (size_t at = 0; at < size && at < KNOT_DNAME_MAXLEN;) {
        if (wire[at] == 0) return at + 1;
        if (wire[at] > KNOT_DNAME_MAXLABELLEN) return 0;
        at += size_t{1} + wire[at];
    }
    return 0;
}

}  // namespace splitline
