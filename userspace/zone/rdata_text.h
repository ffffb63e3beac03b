// SPDX-License-Identifier: GPL-3.0-or-later
// RDATA in presentation format, printed by libknot; the one place that knows how libknot wants to be asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace splitline {

/// RDATA as libknot prints it for the type; nothing if the bytes are malformed for it.
std::optional<std::string> dump_rdata(uint16_t type, std::string_view rdata);

/// `\# 4 C0000201` (RFC 3597 section 5): fits every type and every RDATA.
std::string generic_rdata(std::string_view rdata);

}  // namespace splitline
