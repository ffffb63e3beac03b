// SPDX-License-Identifier: GPL-3.0-or-later
// IPv6 blocks that stand for IPv4 addresses. What is configured inside them does not count: their addresses are what
// the embedded IPv4 address is.
#pragma once

#include <cstdint>
#include <optional>

#include "line/prefix_table.h"
#include "maps/class_table.h"

namespace splitline {

struct EmbeddedBlock {
    uint128 first;
    unsigned length;
    uint32_t marker;   // the leaf class that sends the walk on to IPv4
    unsigned ipv4_at;  // bit at which the IPv4 address starts
};

inline constexpr EmbeddedBlock kEmbeddedBlocks[] = {
    {uint128{0xffff} << 32, 96, SL_CLASS_LOW32, 96},    // ::ffff:0:0/96, RFC 4291 section 2.5.5.2
    {uint128{0x64ff9b} << 96, 96, SL_CLASS_LOW32, 96},  // 64:ff9b::/96, RFC 6052 section 2.1
    {uint128{0x2002} << 112, 16, SL_CLASS_6TO4, 16},    // 2002::/16, RFC 3056 section 2
};

/// The IPv4 address that an IPv6 address stands for, if it does.
std::optional<uint32_t> embedded_ipv4(uint128 address);

}  // namespace splitline
