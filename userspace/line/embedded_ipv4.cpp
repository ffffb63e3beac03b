// SPDX-License-Identifier: GPL-3.0-or-later
#include "line/embedded_ipv4.h"

namespace splitline {

std::optional<uint32_t> embedded_ipv4(uint128 address) {
    for (const auto& block : kEmbeddedBlocks)
        if ((address ^ block.first) >> (128 - block.length) == 0)
            return static_cast<uint32_t>(address >> (128 - 32 - block.ipv4_at));
    return std::nullopt;
}

}  // namespace splitline
