// SPDX-License-Identifier: GPL-3.0-or-later
// What the fast path must know of this host: its own addresses (never a client's) and its interfaces.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/result.h"

namespace splitline {

/// The addresses this host has now, each once. Those of the loopback network are left out, others of the loopback
/// interface (anycast service addresses) are in.
std::vector<Address> host_addresses();

/// IPv4's broadcast addresses of the networks this host is on, each once.
std::vector<Address> broadcast_addresses();

struct Interface {
    std::string name;
    unsigned index = 0;
    std::array<uint8_t, 6> mac{};
    bool ethernet = false;  // has a MAC that frames are addressed to
};

/// Errors: no such interface, with the ones there are.
Result<Interface> find_interface(const std::string& name);

}  // namespace splitline
