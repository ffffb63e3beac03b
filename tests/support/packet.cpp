// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/packet.h"

#include <algorithm>
#include <stdexcept>

namespace splitline::testing_support {

namespace {

constexpr uint16_t kEtherIpv4 = 0x0800, kEtherIpv6 = 0x86dd;
constexpr uint8_t kProtocolUdp = 17, kHops = 61;
constexpr size_t kUdpHeader = 8, kIpv4Header = 20, kIpv6Header = 40;

void append(Bytes& out, std::span<const uint8_t> bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

std::span<const uint8_t> wire_address(const Address& address) {
    return {address.bytes.data(), address.bits() / 8};
}

unsigned get16(std::span<const uint8_t> bytes, size_t at) {
    return unsigned{bytes[at]} << 8 | bytes[at + 1];
}

void set16(Bytes& bytes, size_t at, unsigned value) {
    bytes[at] = static_cast<uint8_t>(value >> 8);
    bytes[at + 1] = static_cast<uint8_t>(value);
}

bool is_ipv4(const Frame& frame) {
    return frame.destination.family == Address::Family::kIpv4;
}

void append_ipv4(const Frame& frame, Bytes& out) {
    const size_t start = out.size(), header = kIpv4Header + frame.ip_options.size();
    const unsigned words = frame.header_words.value_or(static_cast<uint8_t>(header / 4));
    out.push_back(static_cast<uint8_t>(frame.version.value_or(4) << 4 | words));
    out.push_back(0xb8);  // a DSCP, so that a reply that should not copy it shows
    put16(out, frame.ip_length.value_or(static_cast<uint16_t>(header + kUdpHeader + frame.payload.size())));
    put16(out, 0xbeef);
    put16(out, frame.fragment);
    out.push_back(kHops);
    out.push_back(frame.protocol.value_or(kProtocolUdp));
    put16(out, 0);
    append(out, wire_address(frame.source));
    append(out, wire_address(frame.destination));
    append(out, frame.ip_options);
    const unsigned sum = internet_checksum(std::span(out).subspan(start, header));
    set16(out, start + 10, (sum + frame.ip_checksum_error) & 0xffff);
}

void append_ipv6(const Frame& frame, Bytes& out) {
    put32(out, uint32_t{frame.version.value_or(6)} << 28 | 0x0b812345);  // traffic class and flow label
    const size_t length = frame.extension.size() + kUdpHeader + frame.payload.size();
    put16(out, frame.ip_length.value_or(static_cast<uint16_t>(length)));
    out.push_back(frame.protocol.value_or(kProtocolUdp));
    out.push_back(kHops);
    append(out, wire_address(frame.source));
    append(out, wire_address(frame.destination));
    append(out, frame.extension);
}

void append_udp(const Frame& frame, Bytes& out) {
    const size_t start = out.size();
    put16(out, frame.source_port);
    put16(out, frame.destination_port);
    put16(out, frame.udp_length.value_or(static_cast<uint16_t>(kUdpHeader + frame.payload.size())));
    put16(out, 0);
    append(out, frame.payload);
    unsigned sum = udp_checksum(frame.source, frame.destination, std::span(out).subspan(start));
    if (sum == 0) sum = 0xffff;
    set16(out, start + 6, frame.udp_checksum.value_or(static_cast<uint16_t>(sum)));
}

/// Reads a frame front to back; what is wrong is noted, reading goes on as long as there are bytes.
class FrameReader {
  public:
    explicit FrameReader(std::span<const uint8_t> frame) : frame_(frame) {}

    ParsedFrame read() {
        if (frame_.size() < 14) return fault("shorter than an Ethernet header");
        std::copy_n(frame_.begin(), 6, parsed_.destination_mac.begin());
        std::copy_n(frame_.begin() + 6, 6, parsed_.source_mac.begin());
        unsigned type = get16(frame_, 12);
        frame_ = frame_.subspan(14);
        while ((type == kTagVlan || type == kTagQinQ) && frame_.size() >= 4) {
            parsed_.tags.push_back({static_cast<uint16_t>(type), static_cast<uint16_t>(get16(frame_, 0))});
            type = get16(frame_, 2);
            frame_ = frame_.subspan(4);
        }
        if (type == kEtherIpv4) return read_ipv4();
        if (type == kEtherIpv6) return read_ipv6();
        return fault("not IP");
    }

  private:
    ParsedFrame fault(const std::string& text) {
        parsed_.faults.push_back(text);
        return parsed_;
    }

    ParsedFrame read_ipv4() {
        if (frame_.size() < kIpv4Header) return fault("shorter than an IPv4 header");
        if (frame_[0] != 0x45) return fault("version or IHL");
        if (internet_checksum(frame_.first(kIpv4Header)) != 0) fault("IPv4 header checksum");
        if ((get16(frame_, 6) & 0xbfff) != 0) fault("fragment");
        parsed_.hops = frame_[8];
        parsed_.source = read_address(12, Address::Family::kIpv4);
        parsed_.destination = read_address(16, Address::Family::kIpv4);
        return read_udp(frame_[9], kIpv4Header, get16(frame_, 2));
    }

    ParsedFrame read_ipv6() {
        if (frame_.size() < kIpv6Header) return fault("shorter than an IPv6 header");
        if (frame_[0] >> 4 != 6) fault("version");
        parsed_.hops = frame_[7];
        parsed_.source = read_address(8, Address::Family::kIpv6);
        parsed_.destination = read_address(24, Address::Family::kIpv6);
        return read_udp(frame_[6], kIpv6Header, kIpv6Header + get16(frame_, 4));
    }

    [[nodiscard]] Address read_address(size_t at, Address::Family family) const {
        Address address;
        address.family = family;
        std::copy_n(frame_.begin() + static_cast<ptrdiff_t>(at), address.bits() / 8, address.bytes.begin());
        return address;
    }

    ParsedFrame read_udp(uint8_t protocol, size_t header, size_t total) {
        if (protocol != kProtocolUdp) return fault("not UDP");
        if (total > frame_.size() || total < header + kUdpHeader) return fault("IP length");
        parsed_.padding = frame_.size() - total;
        const auto datagram = frame_.subspan(header, total - header);
        if (get16(datagram, 4) != datagram.size()) fault("UDP length");
        parsed_.source_port = static_cast<uint16_t>(get16(datagram, 0));
        parsed_.destination_port = static_cast<uint16_t>(get16(datagram, 2));
        parsed_.has_udp_checksum = get16(datagram, 6) != 0;
        if (parsed_.has_udp_checksum && udp_checksum(parsed_.source, parsed_.destination, datagram) != 0)
            fault("UDP checksum");
        if (!parsed_.has_udp_checksum && parsed_.source.family == Address::Family::kIpv6)
            fault("IPv6 without UDP checksum");
        parsed_.payload.assign(datagram.begin() + kUdpHeader, datagram.end());
        return parsed_;
    }

    std::span<const uint8_t> frame_;
    ParsedFrame parsed_;
};

}  // namespace

Address address(std::string_view text) {
    auto parsed = Address::parse(text);
    if (!parsed) throw std::invalid_argument(parsed.error().text());
    return *parsed;
}

void put16(Bytes& out, unsigned value) {
    out.push_back(static_cast<uint8_t>(value >> 8));
    out.push_back(static_cast<uint8_t>(value));
}

void put32(Bytes& out, uint32_t value) {
    put16(out, value >> 16);
    put16(out, value & 0xffff);
}

Frame& Frame::ipv6() {
    source = address(kClient6);
    destination = address(kServer6);
    return *this;
}

size_t Frame::payload_offset() const {
    const size_t ip = is_ipv4(*this) ? kIpv4Header + ip_options.size() : kIpv6Header + extension.size();
    return l3_offset() + ip + kUdpHeader;
}

Bytes Frame::bytes() const {
    Bytes out;
    append(out, destination_mac);
    append(out, source_mac);
    for (const VlanTag& tag : tags) {
        put16(out, tag.protocol);
        put16(out, tag.control);
    }
    put16(out, ether_type.value_or(is_ipv4(*this) ? kEtherIpv4 : kEtherIpv6));
    is_ipv4(*this) ? append_ipv4(*this, out) : append_ipv6(*this, out);
    append_udp(*this, out);
    out.insert(out.end(), padding, 0xa5);
    return out;
}

ParsedFrame parse_frame(std::span<const uint8_t> frame) {
    return FrameReader(frame).read();
}

uint16_t internet_checksum(std::span<const uint8_t> bytes) {
    uint32_t sum = 0;
    for (size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? uint32_t{bytes[i]} << 8 : bytes[i];
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<uint16_t>(~sum);
}

uint16_t udp_checksum(const Address& source, const Address& destination, std::span<const uint8_t> datagram) {
    Bytes all;
    append(all, wire_address(source));
    append(all, wire_address(destination));
    put32(all, static_cast<uint32_t>(datagram.size()));
    put32(all, kProtocolUdp);
    append(all, datagram);
    return internet_checksum(all);
}

std::string hex(std::span<const uint8_t> bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const uint8_t byte : bytes) {
        if (!text.empty()) text += ' ';
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

Bytes from_hex(std::string_view text) {
    Bytes bytes;
    std::string digits;
    std::copy_if(text.begin(), text.end(), std::back_inserter(digits), [](char c) { return c != ' ' && c != '\n'; });
    for (size_t i = 0; i + 1 < digits.size(); i += 2)
        bytes.push_back(static_cast<uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
    return bytes;
}

}  // namespace splitline::testing_support
