// SPDX-License-Identifier: GPL-3.0-or-later
// Addresses as text, parsed in place: the world has some 660,000 ranges, and inet_pton() on copies of their ends would
// be most of the time it takes to read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "line/prefix_table.h"

namespace splitline {

/// "16777216" or "1.0.0.0", in host byte order.
std::optional<uint32_t> parse_ipv4_number(std::string_view text);

/// RFC 4291 section 2.2 forms, the dotted tail included.
std::optional<uint128> parse_ipv6_number(std::string_view text);

}  // namespace splitline
