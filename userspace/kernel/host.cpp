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

using AddressList = std::unique_ptr<ifaddrs, decltype(&freeifaddrs)>;

// Empty if the kernel does not say.
AddressList read_addresses() {
    ifaddrs* first = nullptr;
    return {getifaddrs(&first) == 0 ? first : nullptr, freeifaddrs};
}

void append(std::vector<Address>& addresses, const sockaddr* socket_address) {
    const auto address = Address::from(socket_address);
    if (!address || address->is_loopback()) return;
    if (std::find(addresses.begin(), addresses.end(), *address) == addresses.end()) addresses.push_back(*address);
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
    const auto list = read_addresses();
    for (const auto* each = list.get(); each != nullptr; each = each->ifa_next) append(addresses, each->ifa_addr);
    return addresses;
}

std::vector<Address> broadcast_addresses() {
    std::vector<Address> addresses;
    const auto list = read_addresses();
    for (const auto* each = list.get(); each != nullptr; each = each->ifa_next)
        if ((each->ifa_flags & IFF_BROADCAST) != 0) append(addresses, each->ifa_broadaddr);
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
