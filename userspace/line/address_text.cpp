// SPDX-License-Identifier: GPL-3.0-or-later
#include "line/address_text.h"

#include <array>
#include <charconv>

namespace splitline {
namespace {

constexpr unsigned kGroups = 8;

/// Parses all of `text`, without sign or leading space.
template <typename Number>
bool parse_all(std::string_view text, Number& number, int base) {
    const auto* end = text.data() + text.size();
    const auto [stop, failed] = std::from_chars(text.data(), end, number, base);
    return failed == std::errc() && stop == end;
}

std::optional<uint32_t> parse_dotted(std::string_view text) {
    uint32_t number = 0;
    for (unsigned i = 0; i < 4; ++i) {
        const auto dot = text.find('.');
        uint8_t byte = 0;
        if ((dot == std::string_view::npos) != (i == 3)) return std::nullopt;
        const auto digits = text.substr(0, dot);
        // "010" is octal to some readers and decimal to others, so it is neither (as inet_pton has it).
        if (!parse_all(digits, byte, 10) || (digits.size() > 1 && digits[0] == '0')) return std::nullopt;
        number = (number << 8) | byte;
        text.remove_prefix(i == 3 ? text.size() : dot + 1);
    }
    return number;
}

/// The groups before or behind "::".
struct Groups {
    std::array<uint16_t, kGroups> values{};
    unsigned count = 0;

    /// Reads "a:b:c" or, where an address may end in it, "a:1.2.3.4".
    bool read(std::string_view text, bool may_end_dotted) {
        while (!text.empty()) {
            const auto colon = text.find(':');
            const auto group = text.substr(0, colon);
            const bool last = colon == std::string_view::npos;
            if (last && may_end_dotted && group.find('.') != std::string_view::npos) return read_dotted(group);
            if (group.size() > 4 || count == kGroups || !parse_all(group, values[count], 16)) return false;
            ++count;
            if (last) return true;
            text.remove_prefix(colon + 1);
            if (text.empty()) return false;
        }
        return true;
    }

    bool read_dotted(std::string_view text) {
        const auto number = parse_dotted(text);
        if (!number || count + 2 > kGroups) return false;
        values[count++] = static_cast<uint16_t>(*number >> 16);
        values[count++] = static_cast<uint16_t>(*number);
        return true;
    }
};

}  // namespace

std::optional<uint32_t> parse_ipv4_number(std::string_view text) {
    uint32_t number = 0;
    if (parse_all(text, number, 10)) return number;
    return parse_dotted(text);
}

std::optional<uint128> parse_ipv6_number(std::string_view text) {
    const auto gap = text.find("::");
    const bool has_gap = gap != std::string_view::npos;
    Groups head;
    Groups tail;
    if (!head.read(text.substr(0, gap), !has_gap) || (has_gap && !tail.read(text.substr(gap + 2), true)))
        return std::nullopt;
    const unsigned count = head.count + tail.count;
    if (has_gap ? count >= kGroups : count != kGroups) return std::nullopt;
    uint128 number = 0;
    for (unsigned i = 0; i < head.count; ++i) number |= uint128{head.values[i]} << (112 - 16 * i);
    for (unsigned i = 0; i < tail.count; ++i) number |= uint128{tail.values[i]} << (16 * (tail.count - 1 - i));
    return number;
}

}  // namespace splitline
