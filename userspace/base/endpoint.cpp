// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/endpoint.h"

#include <charconv>

namespace splitline {

namespace {

/// The text cut into its address and its port; an empty port where none is given.
struct Parts {
    std::string_view address;
    std::string_view port;
    bool valid = true;
};

Parts split(std::string_view text) {
    if (text.empty() || text.front() != '[') {
        // A bare IPv6 address has several colons, so one colon alone starts a port.
        const auto colon = text.find(':');
        if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos) return {text, {}};
        return {text.substr(0, colon), text.substr(colon + 1), colon + 1 < text.size()};
    }
    const auto close = text.find(']');
    if (close == std::string_view::npos) return {{}, {}, false};
    const auto inside = text.substr(1, close - 1), rest = text.substr(close + 1);
    const bool is_ipv6 = inside.find(':') != std::string_view::npos;
    if (rest.empty()) return {inside, {}, is_ipv6};
    return {inside, rest.substr(1), is_ipv6 && rest.front() == ':' && rest.size() > 1};
}

}  // namespace

std::string Endpoint::text() const {
    const std::string port_text = std::to_string(port);
    return address.family == Address::Family::kIpv4 ? address.text() + ":" + port_text
                                                    : "[" + address.text() + "]:" + port_text;
}

Result<Endpoint> Endpoint::parse(std::string_view text) {
    const Parts parts = split(text);
    Endpoint endpoint;
    const auto address = Address::parse(parts.address);
    if (!parts.valid || !address)
        return Error{"'" + std::string(text) + "' is not an address to listen on (want 192.0.2.1, 192.0.2.1:53, " +
                     "2001:db8::1 or [2001:db8::1]:53)"};
    endpoint.address = *address;
    if (parts.port.empty()) return endpoint;
    const char* end = parts.port.data() + parts.port.size();
    const auto [stop, failed] = std::from_chars(parts.port.data(), end, endpoint.port);
    if (failed != std::errc() || stop != end || endpoint.port == 0)
        return Error{"'" + std::string(text) + "': the port must be 1 to 65535"};
    return endpoint;
}

}  // namespace splitline
