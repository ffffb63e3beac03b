// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/host.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace splitline {

namespace {

void append(std::vector<Address>& addresses, const sockaddr* socket_address) {
    if (socket_address == nullptr) return;
    Address address;
    if (socket_address->sa_family == AF_INET) {
        sockaddr_in in;
        std::memcpy(&in, socket_address, sizeof in);
        std::memcpy(address.bytes.data(), &in.sin_addr, 4);
    } else if (socket_address->sa_family == AF_INET6) {
        sockaddr_in6 in6;
        std::memcpy(&in6, socket_address, sizeof in6);
        address.family = Address::Family::kIpv6;
        std::memcpy(address.bytes.data(), &in6.sin6_addr, 16);
    } else {
        return;
    }
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) addresses.push_back(address);
}

std::string interface_names() {
    std::string names;
    struct if_nameindex* all = if_nameindex();
    for (auto* each = all; each != nullptr && each->if_index != 0; ++each)
        names += (names.empty() ? "" : ", ") + std::string(each->if_name);
    if_freenameindex(all);
    return names;
}

}  // namespace

std::vector<Address> host_addresses() {
    std::vector<Address> addresses;
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) return addresses;
    const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, freeifaddrs);
    for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
        if ((each->ifa_flags & IFF_LOOPBACK) != 0) continue;
        append(addresses, each->ifa_addr);
        if ((each->ifa_flags & IFF_BROADCAST) != 0) append(addresses, each->ifa_broadaddr);
    }
    return addresses;
}

Result<Interface> find_interface(const std::string& name) {
    Interface found;
    found.name = name;
    found.index = if_nametoindex(name.c_str());
    if (found.index == 0)
        return Error{"xdp.interfaces: there is no interface '" + name + "'; this host has: " + interface_names()};
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return Error{"cannot open a socket to ask for the MAC of " + name + ": " + std::strerror(errno)};
    ifreq request{};
    name.copy(request.ifr_name, IFNAMSIZ - 1);
    if (::ioctl(socket, SIOCGIFHWADDR, &request) == 0 && request.ifr_hwaddr.sa_family == ARPHRD_ETHER) {
        found.ethernet = true;
        std::memcpy(found.mac.data(), request.ifr_hwaddr.sa_data, found.mac.size());
    }
    ::close(socket);
    return found;
}

}  // namespace splitline
