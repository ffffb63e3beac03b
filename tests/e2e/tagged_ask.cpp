// SPDX-License-Identifier: GPL-3.0-or-later
// tagged_ask DEVICE SOURCE DESTINATION DESTINATION-MAC TAG... < QUERIES: asks with frames made by hand, each with the
// given VLAN tags (`8100:10`: ethertype and VLAN number, outermost first; none are fine too), and prints what dns_ask
// prints, one canonical line a query. It needs no VLAN device, which not every kernel has.
//
// A response counts only if it is right below the DNS message as well: the tags of the query, addresses and ports
// swapped, lengths that agree, and correct IPv4 and UDP checksums, computed here.
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <exception>
#include <iostream>
#include <stdexcept>

#include "dns_client.h"

using namespace splitline::e2e;
using Bytes = std::vector<uint8_t>;

namespace {

constexpr int kTimeoutMs = 2'000;
constexpr uint16_t kSourcePort = 40'000;
constexpr size_t kUdpSize = 8, kMacs = 12;

struct Path {
    int fd = -1;
    int device = 0;
    Bytes macs;                 // destination, source
    Bytes tags;                 // 4 bytes each, as on the wire
    Bytes source, destination;  // 4 or 16 bytes
};

void put16(Bytes& out, unsigned value) {
    out.insert(out.end(), {static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)});
}
unsigned get16(const Bytes& in, size_t at) {
    return in.at(at) << 8U | in.at(at + 1);
}
void append(Bytes& out, const Bytes& more) {
    out.insert(out.end(), more.begin(), more.end());
}
Bytes part(const Bytes& in, size_t at, size_t size) {
    if (at + size > in.size()) throw std::runtime_error("frame ends early");
    return {in.begin() + static_cast<long>(at), in.begin() + static_cast<long>(at + size)};
}

/// RFC 1071; 0 over data that holds its own right checksum.
unsigned checksum(Bytes data) {
    if (data.size() % 2 != 0) data.push_back(0);
    unsigned long sum = 0;
    for (size_t i = 0; i < data.size(); i += 2) sum += get16(data, i);
    while (sum >> 16U != 0) sum = (sum & 0xffff) + (sum >> 16U);
    return static_cast<unsigned>(~sum & 0xffff);
}

unsigned udp_checksum(const Bytes& source, const Bytes& destination, const Bytes& udp) {
    Bytes data = source;
    append(data, destination);
    put16(data, IPPROTO_UDP);
    put16(data, static_cast<unsigned>(udp.size()));
    append(data, udp);
    return checksum(data);
}

Bytes make_frame(const Path& path, const Bytes& message) {
    Bytes udp;
    put16(udp, kSourcePort);
    put16(udp, 53);
    put16(udp, static_cast<unsigned>(message.size() + kUdpSize));
    put16(udp, 0);
    append(udp, message);
    const unsigned sum = udp_checksum(path.source, path.destination, udp);
    udp[6] = static_cast<uint8_t>(sum >> 8U);
    udp[7] = static_cast<uint8_t>(sum);

    Bytes frame = path.macs;
    append(frame, path.tags);
    const auto size = static_cast<uint8_t>(udp.size() >> 8U), low = static_cast<uint8_t>(udp.size());
    if (path.source.size() == 4) {
        const size_t total = udp.size() + 20;
        Bytes ip = {
            0x45, 0, static_cast<uint8_t>(total >> 8U), static_cast<uint8_t>(total), 0, 1, 0, 0, 64, IPPROTO_UDP, 0, 0};
        append(ip, path.source);
        append(ip, path.destination);
        const unsigned header_sum = checksum(ip);
        ip[10] = static_cast<uint8_t>(header_sum >> 8U);
        ip[11] = static_cast<uint8_t>(header_sum);
        put16(frame, ETHERTYPE_IP);
        append(frame, ip);
    } else {
        put16(frame, ETHERTYPE_IPV6);
        append(frame, {0x60, 0, 0, 0, size, low, IPPROTO_UDP, 64});
        append(frame, path.source);
        append(frame, path.destination);
    }
    append(frame, udp);
    return frame;
}

/// The frame as it was on the wire: the kernel hands the outermost tag over beside it.
Bytes receive_frame(const Path& path) {
    Bytes frame(2048);
    iovec piece{frame.data(), frame.size()};
    alignas(cmsghdr) std::array<char, 256> control{};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = recvmsg(path.fd, &message, 0);
    frame.resize(size > 0 ? static_cast<size_t>(size) : 0);
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header == nullptr || header->cmsg_type != PACKET_AUXDATA || frame.size() < kMacs) return frame;
    tpacket_auxdata data{};
    std::memcpy(&data, CMSG_DATA(header), sizeof(data));
    if ((data.tp_status & TP_STATUS_VLAN_VALID) == 0) return frame;
    Bytes tag;
    put16(tag, (data.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0 ? data.tp_vlan_tpid : ETHERTYPE_VLAN);
    put16(tag, data.tp_vlan_tci);
    frame.insert(frame.begin() + kMacs, tag.begin(), tag.end());
    return frame;
}

/// The DNS message in a frame that answers ours; empty if it is another frame. Throws where an answer of ours is wrong.
Bytes message_in(const Path& path, const Bytes& frame) {
    const bool ipv4 = path.source.size() == 4;
    const size_t ip = kMacs + path.tags.size() + 2, udp = ip + (ipv4 ? 20 : 40);
    if (frame.size() < udp + kUdpSize + 12) return {};
    if (part(frame, 0, 6) != part(path.macs, 6, 6) || part(frame, 6, 6) != part(path.macs, 0, 6)) return {};
    if (part(frame, kMacs, path.tags.size()) != path.tags) return {};
    if (get16(frame, ip - 2) != (ipv4 ? ETHERTYPE_IP : ETHERTYPE_IPV6)) return {};
    if (frame[ip + (ipv4 ? 9 : 6)] != IPPROTO_UDP || get16(frame, udp + 2) != kSourcePort) return {};
    const size_t addresses = path.source.size();
    if (part(frame, udp - addresses, addresses) != path.source ||
        part(frame, udp - 2 * addresses, addresses) != path.destination)
        throw std::runtime_error("addresses are not swapped");
    const unsigned size = get16(frame, udp + 4);
    if (get16(frame, udp) != 53) throw std::runtime_error("not from port 53");
    if (ipv4 && (get16(frame, ip + 2) != size + 20 || checksum(part(frame, ip, 20)) != 0))
        throw std::runtime_error("wrong IPv4 length or header checksum");
    if (!ipv4 && get16(frame, ip + 4) != size) throw std::runtime_error("wrong IPv6 payload length");
    const Bytes datagram = part(frame, udp, size);
    if (get16(datagram, 6) == 0 || udp_checksum(path.destination, path.source, datagram) != 0)
        throw std::runtime_error("wrong UDP checksum");
    return part(datagram, kUdpSize, size - kUdpSize);
}

Bytes exchange(const Path& path, const Bytes& query) {
    const Bytes frame = make_frame(path, query);
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = path.device;
    if (sendto(path.fd, frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) < 0)
        throw std::runtime_error(std::string("send: ") + std::strerror(errno));
    pollfd readable{path.fd, POLLIN, 0};
    while (poll(&readable, 1, kTimeoutMs) > 0) {
        const Bytes message = message_in(path, receive_frame(path));
        if (message.size() >= 2 && message[0] == query[0] && message[1] == query[1]) return message;
    }
    return {};
}

Bytes address_bytes(const char* text) {
    Bytes bytes(16);
    if (inet_pton(AF_INET6, text, bytes.data()) == 1) return bytes;
    bytes.resize(4);
    if (inet_pton(AF_INET, text, bytes.data()) == 1) return bytes;
    throw std::runtime_error(std::string("not an address: ") + text);
}

Bytes hex_bytes(const std::string& text) {
    Bytes bytes;
    for (size_t i = 0; i + 1 < text.size(); i += 3)
        bytes.push_back(static_cast<uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
    return bytes;
}

Path open_path(char** argv, int tags) {
    Path path;
    path.fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
    const int on = 1;
    ifreq request{};
    std::strncpy(request.ifr_name, argv[1], IFNAMSIZ - 1);
    if (path.fd < 0 || setsockopt(path.fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) != 0 ||
        ioctl(path.fd, SIOCGIFHWADDR, &request) != 0)
        throw std::runtime_error(std::string(argv[1]) + ": " + std::strerror(errno));
    path.device = static_cast<int>(if_nametoindex(argv[1]));
    path.source = address_bytes(argv[2]);
    path.destination = address_bytes(argv[3]);
    path.macs = hex_bytes(argv[4]);
    const auto* own = reinterpret_cast<const uint8_t*>(request.ifr_hwaddr.sa_data);
    path.macs.insert(path.macs.end(), own, own + 6);
    for (int i = 0; i < tags; ++i) {
        const std::string tag = argv[5 + i];
        const size_t colon = tag.find(':');
        put16(path.tags, static_cast<unsigned>(std::stoul(tag.substr(0, colon), nullptr, 16)));
        put16(path.tags, static_cast<unsigned>(std::stoul(tag.substr(colon + 1))));
    }
    return path;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        if (argc < 5) throw std::runtime_error("usage: tagged_ask DEVICE SOURCE DESTINATION DESTINATION-MAC TAG...");
        const Path path = open_path(argv, argc - 5);
        QueryOptions options;
        options.udp_payload = 1232;
        uint16_t id = 0;
        for (std::string line; std::getline(std::cin, line);) {
            const Bytes message = exchange(path, make_query(parse_question(line), options, ++id));
            std::cout << line << ": " << (message.empty() ? "no answer" : Response(message).text()) << '\n';
        }
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "tagged_ask: " << error.what() << '\n';
        return 2;
    }
}
