// SPDX-License-Identifier: GPL-3.0-or-later
// The line order: which of the lines an address is on comes first. Presets are ordered lists of groups, data only; an
// explicit order lists lines by name.
//
// The presets follow what the three providers document. They differ for a Guangdong Telecom client of a name with
// records on `telecom` and on `cn_region_guangdong`: Alibaba and Huawei answer telecom (ISP before region), DNSPod the
// province (the more specific place before the wider network).
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "line/line.h"

namespace splitline {

/// The ranks of all lines, by LineId, and how many ranks there are; `default` alone has the last one.
struct LineRanks {
    std::vector<unsigned> ranks;
    unsigned count = 0;
};

/// "alibaba", "dnspod", "huawei": names that no line may have.
bool is_line_order_preset(std::string_view name);

/// Ranks `lines` by `order` (see LineConfig::order); `find` resolves a name of an explicit order. Errors carry `place`.
Result<LineRanks> rank_lines(const std::vector<Line>& lines, const std::vector<std::string>& order, const Place& place,
                             const std::function<std::optional<LineId>(std::string_view)>& find);

}  // namespace splitline
