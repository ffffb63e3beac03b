// SPDX-License-Identifier: GPL-3.0-or-later
// Wildcards to listen on, spelled out: sockets can be bound to "any address", the XDP program answers on named ones.
#pragma once

#include <vector>

#include "base/endpoint.h"

namespace splitline {

/// `listen` with every wildcard replaced by the addresses this host has now, sorted, each once. Addresses of the
/// loopback network, which no client on a wire can ask, are left out; others of the loopback interface (anycast service
/// addresses) count.
std::vector<Endpoint> named_endpoints(const std::vector<Endpoint>& listen);

}  // namespace splitline
