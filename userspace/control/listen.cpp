// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/listen.h"

#include <algorithm>

#include "kernel/host.h"

namespace splitline {

std::vector<Endpoint> named_endpoints(const std::vector<Endpoint>& listen) {
    std::vector<Endpoint> named;
    for (const auto& endpoint : listen) {
        if (!endpoint.is_wildcard()) {
            named.push_back(endpoint);
            continue;
        }
        for (const auto& address : host_addresses())
            if (address.family == endpoint.address.family) named.push_back({address, endpoint.port});
    }
    named.erase(std::remove_if(named.begin(), named.end(), [](const auto& one) { return one.address.is_loopback(); }),
                named.end());
    std::sort(named.begin(), named.end());
    named.erase(std::unique(named.begin(), named.end()), named.end());
    return named;
}

}  // namespace splitline
