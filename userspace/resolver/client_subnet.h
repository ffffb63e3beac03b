// SPDX-License-Identifier: GPL-3.0-or-later
// The EDNS Client Subnet option (RFC 7871 section 6) as a value: read strictly, echoed unchanged but for its scope.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/ip.h"

namespace splitline {

struct ClientSubnet {
    uint16_t family = 0;                // 1 IPv4, 2 IPv6; 0 only with source 0, as `dig +subnet=0` sends it
    uint8_t source = 0;                 // leading bits of the client's address that are given
    std::array<uint8_t, 16> address{};  // network order, zero behind `source`

    /// Octets of the address on the wire: no more than `source` needs.
    [[nodiscard]] size_t octets() const { return (source + size_t{7}) / 8; }
    /// Whom to answer for; nothing with SOURCE 0, which asks for the sender's own answer (RFC 7871 section 7.1.2).
    [[nodiscard]] std::optional<Address> client() const;

    /// The option's data, without code and length; nothing for whatever section 7.1.2 calls malformed: an unknown
    /// family, SOURCE too long, SCOPE set in a query, an address of another length than SOURCE needs, or with bits
    /// behind it.
    static std::optional<ClientSubnet> parse(std::span<const uint8_t> data);
};

}  // namespace splitline
