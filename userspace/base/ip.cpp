// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>
#include <cstddef>
#include <cstring>

namespace splitline {

std::string Address::text() const {
    char buffer[INET6_ADDRSTRLEN];
    return inet_ntop(family == Family::kIpv4 ? AF_INET : AF_INET6, bytes.data(), buffer, sizeof buffer);
}

Result<Address> Address::parse(std::string_view text) {
    Address address;
    const std::string copy(text);
    if (inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1) return address;
    address.family = Family::kIpv6;
    if (inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) return address;
    return Error{"'" + copy + "' is not an IPv4 or IPv6 address"};
}

bool Address::is_loopback() const {
    if (family == Family::kIpv4) return bytes[0] == IN_LOOPBACKNET;
    return std::memcmp(bytes.data(), &in6addr_loopback, bytes.size()) == 0;
}

std::optional<Address> Address::from(const sockaddr* socket_address) {
    Address address;
    if (socket_address == nullptr) return std::nullopt;
    const auto* start = reinterpret_cast<const uint8_t*>(socket_address);
    if (socket_address->sa_family == AF_INET) {
        std::memcpy(address.bytes.data(), start + offsetof(sockaddr_in, sin_addr), sizeof(in_addr));
    } else if (socket_address->sa_family == AF_INET6) {
        address.family = Family::kIpv6;
        std::memcpy(address.bytes.data(), start + offsetof(sockaddr_in6, sin6_addr), sizeof(in6_addr));
    } else {
        return std::nullopt;
    }
    return address;
}

Address mask(const Address& address, unsigned length) {
    Address masked = address;
    for (unsigned i = 0; i < address.bits() / 8; ++i) {
        const unsigned kept = length > i * 8 ? length - i * 8 : 0;
        if (kept < 8) masked.bytes[i] = static_cast<uint8_t>(masked.bytes[i] & (0xff00U >> kept));
    }
    return masked;
}

bool Prefix::contains(const Address& other) const {
    return other.family == address.family && mask(other, length) == address;
}

std::string Prefix::text() const {
    return address.text() + "/" + std::to_string(length);
}

Result<Prefix> Prefix::parse(std::string_view text) {
    const auto slash = text.find('/');
    auto address = Address::parse(text.substr(0, slash));
    if (!address) return Error{"'" + std::string(text) + "' is not an IPv4 or IPv6 prefix (want ADDRESS/LENGTH)"};
    unsigned length = address->bits();
    if (slash != std::string_view::npos) {
        const auto digits = text.substr(slash + 1);
        const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
        if (failed != std::errc() || end != digits.data() + digits.size() || length > address->bits())
            return Error{"'" + std::string(text) + "': the length must be 0 to " + std::to_string(address->bits())};
    }
    Prefix prefix{mask(*address, length), static_cast<uint8_t>(length)};
    if (prefix.address != *address)
        return Error{"'" + std::string(text) + "' has bits behind its length; did you mean " + prefix.text() + "?"};
    return prefix;
}

}  // namespace splitline
