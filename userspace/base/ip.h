// SPDX-License-Identifier: GPL-3.0-or-later
// IP addresses and prefixes as values.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct sockaddr;

namespace splitline {

/// An IPv4 or IPv6 address. `bytes` is in network byte order; IPv4 uses the first four bytes and the rest are zero.
struct Address {
    enum class Family : uint8_t { kIpv4 = 4, kIpv6 = 6 };
    Family family = Family::kIpv4;
    std::array<uint8_t, 16> bytes{};

    /// Address bits: 32 or 128.
    [[nodiscard]] unsigned bits() const { return family == Family::kIpv4 ? 32 : 128; }
    [[nodiscard]] bool is_loopback() const;  // 127.0.0.0/8 or ::1
    [[nodiscard]] std::string text() const;
    auto operator<=>(const Address&) const = default;

    static Result<Address> parse(std::string_view text);
    /// The address in a socket address; nothing if that is null or of another family.
    static std::optional<Address> from(const sockaddr* socket_address);
};

/// A prefix: `length` leading bits of `address`; the bits behind are zero.
struct Prefix {
    Address address;
    uint8_t length = 0;

    [[nodiscard]] bool contains(const Address& other) const;
    [[nodiscard]] std::string text() const;
    auto operator<=>(const Prefix&) const = default;

    /// "192.0.2.0/24"; a bare address is a host prefix. Bits behind the length are an error that names the right
    /// prefix.
    static Result<Prefix> parse(std::string_view text);
};

/// `address` with all bits behind the first `length` cleared. REQUIRES: length <= address.bits().
Address mask(const Address& address, unsigned length);

}  // namespace splitline
