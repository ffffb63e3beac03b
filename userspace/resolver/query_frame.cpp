// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/query_frame.h"

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace splitline {

namespace {

constexpr size_t kVlanTagSize = 4;
constexpr unsigned kVlanTagsMax = 2;
constexpr uint8_t kHops = 64;
constexpr uint16_t kDontFragment = 0x4000;

uint16_t word_at(std::span<const uint8_t> bytes, size_t offset) {
    return static_cast<uint16_t>(bytes[offset] << 8 | bytes[offset + 1]);
}

template <typename T>
T header_at(std::span<const uint8_t> frame, size_t offset) {
    T header;
    std::memcpy(&header, frame.data() + offset, sizeof header);
    return header;
}

template <typename T>
void put_header(std::span<uint8_t> frame, size_t offset, const T& header) {
    std::memcpy(frame.data() + offset, &header, sizeof header);
}

// The Internet checksum's sum (RFC 1071) of 16-bit words in memory order, not folded. 64 bits of it hold any message.
uint64_t sum_of(const uint8_t* bytes, size_t size) {
    uint64_t sum = 0;
    for (; size >= 4; bytes += 4, size -= 4) {
        uint32_t word;
        std::memcpy(&word, bytes, 4);
        sum += word;
    }
    uint32_t rest = 0;
    std::memcpy(&rest, bytes, size);
    return sum + rest;
}

template <typename T>
uint64_t sum_of(const T& header) {
    return sum_of(reinterpret_cast<const uint8_t*>(&header), sizeof header);
}

uint16_t checksum_of(uint64_t sum) {
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<uint16_t>(~sum);
}

// Of both families' pseudo headers: addresses, length, protocol (RFC 768, RFC 8200 section 8.1).
template <typename Addresses>
uint64_t pseudo_sum(const Addresses& source, const Addresses& destination, uint16_t udp_length) {
    return sum_of(source) + sum_of(destination) + udp_length + htons(IPPROTO_UDP);
}

uint64_t turn_ipv4(std::span<uint8_t> frame, size_t at, uint16_t udp_size) {
    auto ip = header_at<iphdr>(frame, at);
    ip.tos = 0;
    ip.tot_len = htons(static_cast<uint16_t>(sizeof ip + udp_size));
    ip.id = 0;  // RFC 6864: free in a datagram that is never fragmented
    ip.frag_off = htons(kDontFragment);
    ip.ttl = kHops;
    std::swap(ip.saddr, ip.daddr);
    ip.check = 0;
    ip.check = checksum_of(sum_of(ip));
    put_header(frame, at, ip);
    return pseudo_sum(ip.saddr, ip.daddr, htons(udp_size));
}

uint64_t turn_ipv6(std::span<uint8_t> frame, size_t at, uint16_t udp_size) {
    auto ip = header_at<ipv6hdr>(frame, at);
    ip.priority = 0;
    std::fill_n(ip.flow_lbl, sizeof ip.flow_lbl, __u8{0});
    ip.payload_len = htons(udp_size);
    ip.hop_limit = kHops;
    std::swap(ip.saddr, ip.daddr);
    put_header(frame, at, ip);
    return pseudo_sum(ip.saddr, ip.daddr, htons(udp_size));
}

void turn_macs(std::span<uint8_t> frame) {
    std::swap_ranges(frame.begin(), frame.begin() + ETH_ALEN, frame.begin() + ETH_ALEN);
}

}  // namespace

std::optional<QueryFrame> QueryFrame::parse(std::span<const uint8_t> frame) {
    if (frame.size() < ETH_HLEN) return std::nullopt;
    QueryFrame query;
    query.ip = ETH_HLEN;
    uint16_t protocol = word_at(frame, query.ip - 2);
    for (unsigned tags = 0; tags < kVlanTagsMax && (protocol == ETH_P_8021Q || protocol == ETH_P_8021AD); ++tags) {
        query.ip += kVlanTagSize;
        if (frame.size() < query.ip) return std::nullopt;
        protocol = word_at(frame, query.ip - 2);
    }
    const bool ipv6 = protocol == ETH_P_IPV6;
    if (!ipv6 && protocol != ETH_P_IP) return std::nullopt;
    const size_t udp = query.ip + (ipv6 ? sizeof(ipv6hdr) : sizeof(iphdr));
    query.message = udp + sizeof(udphdr);
    if (frame.size() < query.message) return std::nullopt;
    const size_t udp_size = word_at(frame, udp + offsetof(udphdr, len));
    if (udp_size < sizeof(udphdr) || udp + udp_size > frame.size()) return std::nullopt;
    query.message_size = udp_size - sizeof(udphdr);
    query.client.family = ipv6 ? Address::Family::kIpv6 : Address::Family::kIpv4;
    std::copy_n(frame.data() + query.ip + (ipv6 ? offsetof(ipv6hdr, saddr) : offsetof(iphdr, saddr)), ipv6 ? 16 : 4,
                query.client.bytes.begin());
    return query;
}

size_t QueryFrame::turn_round(std::span<uint8_t> frame, size_t size) const {
    const size_t at = message - sizeof(udphdr);
    const auto udp_size = static_cast<uint16_t>(sizeof(udphdr) + size);
    turn_macs(frame);
    uint64_t sum =
        client.family == Address::Family::kIpv4 ? turn_ipv4(frame, ip, udp_size) : turn_ipv6(frame, ip, udp_size);
    auto udp = header_at<udphdr>(frame, at);
    std::swap(udp.source, udp.dest);
    udp.len = htons(udp_size);
    udp.check = 0;
    sum += sum_of(udp) + sum_of(frame.data() + message, size);
    udp.check = checksum_of(sum);
    if (udp.check == 0) udp.check = 0xffff;  // RFC 768: zero would say that there is none
    put_header(frame, at, udp);
    return message + size;
}

}  // namespace splitline
