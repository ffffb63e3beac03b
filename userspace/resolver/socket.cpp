// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/socket.h"

#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace splitline {

namespace {

// Enough for the burst that arrives while a worker is off its CPU; the kernel grants less where rmem_max is lower.
constexpr int kReceiveBuffer = 4 << 20;
constexpr int kTcpBacklog = 512;
constexpr int kFastopenQueue = 256;

/// A socket address that the system calls take.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;

    [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

template <typename Native>
SocketAddress wrap(const Native& native) {
    SocketAddress wrapped;
    std::memcpy(&wrapped.storage, &native, sizeof native);
    wrapped.size = sizeof native;
    return wrapped;
}

SocketAddress socket_address_of(const Endpoint& endpoint) {
    if (endpoint.address.family == Address::Family::kIpv4) {
        sockaddr_in native{};
        native.sin_family = AF_INET;
        native.sin_port = htons(endpoint.port);
        std::memcpy(&native.sin_addr, endpoint.address.bytes.data(), sizeof native.sin_addr);
        return wrap(native);
    }
    sockaddr_in6 native{};
    native.sin6_family = AF_INET6;
    native.sin6_port = htons(endpoint.port);
    std::memcpy(&native.sin6_addr, endpoint.address.bytes.data(), sizeof native.sin6_addr);
    return wrap(native);
}

bool set_option(int fd, int level, int name, int value) {
    return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

std::string advice(const Endpoint& endpoint, const char* protocol, int error) {
    switch (error) {
        case EADDRINUSE:
            return fmt::format(
                "another server holds it (systemd-resolved, named, an older splitlined?): "
                "`ss -{}lnp 'sport = :{}'` names it",
                *protocol == 'U' ? "u" : "t", endpoint.port);
        case EACCES:
        case EPERM:
            return "ports below 1024 need CAP_NET_BIND_SERVICE (AmbientCapabilities= in the systemd unit)";
        case EADDRNOTAVAIL:
            return "no interface has this address yet; add it, or start after the network is up "
                   "(network-online.target)";
        case EAFNOSUPPORT:
            return "this kernel has no such address family; take the address out of `listen`";
        default:
            return "";
    }
}

Error listen_error(const Endpoint& endpoint, const char* protocol, int error) {
    const std::string fix = advice(endpoint, protocol, error);
    return Error{fmt::format("cannot listen on {} over {}: {}{}{}", endpoint.text(), protocol,
                             std::generic_category().message(error), fix.empty() ? "" : "; ", fix)};
}

int family_of(const Endpoint& endpoint) {
    return endpoint.address.family == Address::Family::kIpv4 ? AF_INET : AF_INET6;
}

bool bind_to(int fd, const Endpoint& endpoint) {
    const SocketAddress address = socket_address_of(endpoint);
    return bind(fd, address.get(), address.size) == 0;
}

// Forged ICMP "fragmentation needed" must not make us send fragments, whose tails an attacker could replace: OMIT
// ignores the path MTU it sets. Responses are small enough for any path (RFC 9715 recommends at most 1400 bytes; ours
// are 1232).
bool set_udp_options(int fd, const Endpoint& endpoint) {
    const bool is_ipv4 = endpoint.address.family == Address::Family::kIpv4;
    const bool mtu = is_ipv4 ? set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT)
                             : set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
    set_option(fd, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
    if (!mtu || !set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1)) return false;
    if (!endpoint.is_wildcard()) return true;
    return is_ipv4 ? set_option(fd, IPPROTO_IP, IP_PKTINFO, 1) : set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

// 0.0.0.0 and :: are separate endpoints, so that listing both works and clients' addresses are never v4-mapped.
bool set_v6only(int fd, const Endpoint& endpoint) {
    return endpoint.address.family == Address::Family::kIpv4 || set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
}

}  // namespace

Result<Fd> open_udp_socket(const Endpoint& endpoint) {
    Fd fd(socket(family_of(endpoint), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (fd.get() < 0 || !set_v6only(fd.get(), endpoint) || !set_udp_options(fd.get(), endpoint) ||
        !bind_to(fd.get(), endpoint))
        return listen_error(endpoint, "UDP", errno);
    return fd;
}

Result<Fd> open_tcp_socket(const Endpoint& endpoint, bool fastopen) {
    Fd fd(socket(family_of(endpoint), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (fd.get() < 0 || !set_v6only(fd.get(), endpoint) || !set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1) ||
        !bind_to(fd.get(), endpoint))
        return listen_error(endpoint, "TCP", errno);
    if (fastopen) set_option(fd.get(), IPPROTO_TCP, TCP_FASTOPEN, kFastopenQueue);
    if (listen(fd.get(), kTcpBacklog) != 0) return listen_error(endpoint, "TCP", errno);
    return fd;
}

int try_endpoint(const Endpoint& endpoint, int type) {
    const Fd fd(socket(family_of(endpoint), type | SOCK_CLOEXEC, 0));
    if (fd.get() < 0 || !set_v6only(fd.get(), endpoint)) return errno;
    // Connections that a former server left in TIME_WAIT do not hold the port. For UDP it would mean sharing.
    if (type == SOCK_STREAM && !set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1)) return errno;
    return bind_to(fd.get(), endpoint) ? 0 : errno;
}

Endpoint bound_endpoint(int socket) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    if (getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0)
        throw std::system_error(errno, std::generic_category(), "getsockname");
    // The port lies at the same place in both families.
    return {address_of(storage), ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port)};
}

Address address_of(const sockaddr_storage& socket_address) {
    return Address::from(reinterpret_cast<const sockaddr*>(&socket_address)).value_or(Address{});
}

}  // namespace splitline
