// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/client_subnet.h"

extern "C" {
#include <libknot/consts.h>
#include <libknot/wire.h>
}

#include <algorithm>

namespace splitline {

namespace {

constexpr size_t kFixedSize = 4;  // family, SOURCE, SCOPE

// Longest SOURCE of a family, 0 for the family of `dig +subnet=0`; nothing if unknown.
std::optional<unsigned> source_max(uint16_t family) {
    switch (family) {
        case 0:
            return 0;
        case KNOT_ADDR_FAMILY_IPV4:
            return 32;
        case KNOT_ADDR_FAMILY_IPV6:
            return 128;
        default:
            return std::nullopt;
    }
}

}  // namespace

std::optional<Address> ClientSubnet::client() const {
    if (source == 0) return std::nullopt;
    return Address{family == KNOT_ADDR_FAMILY_IPV4 ? Address::Family::kIpv4 : Address::Family::kIpv6, address};
}

std::optional<ClientSubnet> ClientSubnet::parse(std::span<const uint8_t> data) {
    if (data.size() < kFixedSize) return std::nullopt;
    ClientSubnet subnet{knot_wire_read_u16(data.data()), data[2], {}};
    const auto longest = source_max(subnet.family);
    const uint8_t scope = data[3];
    if (!longest || subnet.source > *longest || scope != 0) return std::nullopt;
    const auto octets = data.subspan(kFixedSize);
    if (octets.size() != subnet.octets()) return std::nullopt;
    std::copy(octets.begin(), octets.end(), subnet.address.begin());
    const unsigned used = subnet.source % 8U;
    if (used != 0 && (octets.back() & (0xffU >> used)) != 0) return std::nullopt;
    return subnet;
}

}  // namespace splitline
