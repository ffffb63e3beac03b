// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/listen.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "resolver/socket.h"

namespace splitline {
namespace {

bool is_loopback(const Address& address) {
    static const Prefix kLoopback[] = {*Prefix::parse("127.0.0.0/8"), *Prefix::parse("::1/128")};
    return std::any_of(std::begin(kLoopback), std::end(kLoopback),
                       [&](const Prefix& prefix) { return prefix.contains(address); });
}

std::vector<Address> own_addresses() {
    ifaddrs* first = nullptr;
    if (getifaddrs(&first) != 0) return {};
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> list(first, freeifaddrs);
    std::vector<Address> addresses;
    for (const auto* entry = first; entry; entry = entry->ifa_next) {
        if (!entry->ifa_addr) continue;
        const auto family = entry->ifa_addr->sa_family;
        if (family != AF_INET && family != AF_INET6) continue;
        sockaddr_storage socket_address{};
        std::memcpy(&socket_address, entry->ifa_addr, family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
        addresses.push_back(address_of(socket_address));
    }
    return addresses;
}

}  // namespace

std::vector<Endpoint> named_endpoints(const std::vector<Endpoint>& listen) {
    std::vector<Endpoint> named;
    for (const auto& endpoint : listen) {
        if (!endpoint.is_wildcard()) {
            named.push_back(endpoint);
            continue;
        }
        for (const auto& address : own_addresses())
            if (address.family == endpoint.address.family) named.push_back({address, endpoint.port});
    }
    named.erase(std::remove_if(named.begin(), named.end(), [](const auto& one) { return is_loopback(one.address); }),
                named.end());
    std::sort(named.begin(), named.end());
    named.erase(std::unique(named.begin(), named.end()), named.end());
    return named;
}

}  // namespace splitline
