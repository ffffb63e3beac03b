// SPDX-License-Identifier: GPL-3.0-or-later
// One address and port that is served, as the configuration spells it.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/ip.h"
#include "base/result.h"

namespace splitline {

/// One address and port served, over UDP and TCP; port in host byte order. The unspecified address is a wildcard.
struct Endpoint {
    Address address;
    uint16_t port = 53;
    auto operator<=>(const Endpoint&) const = default;

    [[nodiscard]] bool is_wildcard() const { return address.bytes == std::array<uint8_t, 16>{}; }
    [[nodiscard]] std::string text() const;  // "192.0.2.1:53", "[2001:db8::1]:53"

    /// "192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:53"; port 53 where none is given.
    /// Errors: no such form, or a port outside 1 to 65535.
    static Result<Endpoint> parse(std::string_view text);
};

}  // namespace splitline
