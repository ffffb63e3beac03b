// SPDX-License-Identifier: GPL-3.0-or-later
// Frames for tests: UDP datagrams in IPv4 or IPv6 in Ethernet with VLAN tags, built byte by byte and taken apart again.
//
//     Frame frame;                                  // client 198.51.100.7 asks 192.0.2.53, all lengths and sums right
//     frame.tags = {{kTagQinQ, 7}, {kTagVlan, 42}};
//     frame.payload = query_bytes;
//     Bytes wire = frame.bytes();
//     ParsedFrame back = parse_frame(wire);         // back.faults is empty for a frame a host would accept
//
// Nothing here uses code of the program under test: the checksums are a second, plain implementation of RFC 1071.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"

namespace splitline::testing_support {

using Bytes = std::vector<uint8_t>;
using Mac = std::array<uint8_t, 6>;

/// The interface under test and its client; addresses from RFC 5737 and RFC 3849.
constexpr Mac kServerMac = {0x02, 0, 0, 0, 0, 0x53};
constexpr Mac kClientMac = {0x02, 0, 0, 0, 0, 0x07};
constexpr std::string_view kServer4 = "192.0.2.53", kClient4 = "198.51.100.7";
constexpr std::string_view kServer6 = "2001:db8::53", kClient6 = "2001:db8:c::7";

constexpr uint16_t kTagVlan = 0x8100, kTagQinQ = 0x88a8;

/// An address literal; throws if it is none.
Address address(std::string_view text);

struct VlanTag {
    uint16_t protocol = kTagVlan;
    uint16_t control = 0;  // priority and VLAN id
};

/// A datagram to be. What is left unset is computed so that the frame is right.
struct Frame {
    Mac destination_mac = kServerMac, source_mac = kClientMac;
    std::vector<VlanTag> tags;
    Address source = address(kClient4), destination = address(kServer4);
    uint16_t source_port = 40000, destination_port = 53;
    Bytes payload;
    size_t padding = 0;  // bytes of 0xa5 behind the datagram, as Ethernet pads short frames

    std::optional<uint16_t> ether_type, ip_length, udp_length, udp_checksum;
    std::optional<uint8_t> protocol, version, header_words;  // header_words: IHL as claimed
    uint16_t fragment = 0x4000;                              // IPv4 flags and offset; DF
    Bytes ip_options;                                        // IPv4; a multiple of 4 bytes
    Bytes extension;                 // IPv6: header bytes between IPv6 and UDP, `protocol` names it
    uint16_t ip_checksum_error = 0;  // added to the right one

    /// Switches to the IPv6 pair of addresses.
    Frame& ipv6();
    [[nodiscard]] size_t l3_offset() const { return 14 + 4 * tags.size(); }
    [[nodiscard]] size_t payload_offset() const;
    [[nodiscard]] Bytes bytes() const;
};

/// A frame taken apart; `faults` names everything that is wrong with it: lengths, checksums, version, fragments.
struct ParsedFrame {
    Mac destination_mac{}, source_mac{};
    std::vector<VlanTag> tags;
    Address source, destination;
    uint16_t source_port = 0, destination_port = 0;
    uint8_t hops = 0;
    Bytes payload;
    size_t padding = 0;
    bool has_udp_checksum = false;
    std::vector<std::string> faults;
};

ParsedFrame parse_frame(std::span<const uint8_t> frame);

/// RFC 1071: the complement of the one's complement sum of big-endian words, odd tail padded with zero.
uint16_t internet_checksum(std::span<const uint8_t> bytes);
/// The UDP checksum over the pseudo header and `datagram` (its checksum field taken as it lies there): 0 when it is
/// right.
uint16_t udp_checksum(const Address& source, const Address& destination, std::span<const uint8_t> datagram);

/// "45 00 ..." for messages of failed comparisons.
std::string hex(std::span<const uint8_t> bytes);
/// The bytes that hex digits spell; spaces are skipped.
Bytes from_hex(std::string_view text);

void put16(Bytes& out, unsigned value);
void put32(Bytes& out, uint32_t value);

}  // namespace splitline::testing_support
