// SPDX-License-Identifier: GPL-3.0-or-later
#include "line/line_order.h"

#include <algorithm>
#include <iterator>
#include <span>

namespace splitline {
namespace {

using enum LineGroup;

// Category by category, inside a category the more specific group first.
constexpr LineGroup kAlibaba[] = {kCustom,   kSearchEngine, kSearch,   kCloud,   kIspProvince, kIspRegion, kIsp,
                                  kProvince, kRegion,       kMainland, kCountry, kContinent,   kOversea,   kDefault};

// Place by place, inside a place with the ISP before without. It has no cloud lines; they stay before every place.
constexpr LineGroup kDnspod[] = {kCustom, kSearchEngine, kSearch,   kCloud,   kIspProvince, kProvince, kIspRegion,
                                 kRegion, kIsp,          kMainland, kCountry, kContinent,   kOversea,  kDefault};

struct Preset {
    std::string_view name;
    std::span<const LineGroup> groups;
};

// Huawei documents custom > ISP > region > default, which is Alibaba's order without search and cloud lines.
constexpr Preset kPresets[] = {{"alibaba", kAlibaba}, {"dnspod", kDnspod}, {"huawei", kAlibaba}};

const Preset* find_preset(std::string_view name) {
    for (const auto& preset : kPresets)
        if (preset.name == name) return &preset;
    return nullptr;
}

unsigned group_rank(const Preset& preset, LineGroup group) {
    return static_cast<unsigned>(std::ranges::find(preset.groups, group) - preset.groups.begin());
}

/// Gives every line without a rank the one of its group, counted from `first`.
LineRanks rank_by_group(const std::vector<Line>& lines, const Preset& preset,
                        std::vector<std::optional<unsigned>> given, unsigned first) {
    LineRanks result;
    for (size_t i = 0; i < lines.size(); ++i)
        result.ranks.push_back(given[i].value_or(first + group_rank(preset, lines[i].group)));
    result.count = first + static_cast<unsigned>(preset.groups.size());
    return result;
}

Error unknown_name(const std::string& name, size_t names, const Place& place) {
    if (is_line_order_preset(name))
        return {"'" + name + "' is a whole line order and stands alone, not in a list", place};
    if (names == 1)
        return {"unknown line order '" + name + "'; use alibaba, dnspod, huawei or a list of line names", place};
    return {"unknown line '" + name + "' in the line order; `splitline line list` shows the names", place};
}

}  // namespace

bool is_line_order_preset(std::string_view name) {
    return find_preset(name) != nullptr;
}

Result<LineRanks> rank_lines(const std::vector<Line>& lines, const std::vector<std::string>& order, const Place& place,
                             const std::function<std::optional<LineId>(std::string_view)>& find) {
    if (order.empty())
        return Error{"the line order is empty; use alibaba, dnspod, huawei or a list of line names", place};
    std::vector<std::optional<unsigned>> given(lines.size());
    if (const auto* preset = find_preset(order[0]); preset != nullptr && order.size() == 1)
        return rank_by_group(lines, *preset, std::move(given), 0);
    unsigned next = 0;
    for (size_t i = 0; i < order.size(); ++i) {
        const auto id = find(order[i]);
        if (!id) return unknown_name(order[i], order.size(), place);
        if (*id == kDefaultLine) {
            if (i + 1 == order.size()) break;
            return Error{"'default' must be the last line of the line order, no line behind it would ever win", place};
        }
        if (given[*id]) return Error{"line '" + order[i] + "' is twice in the line order; remove one", place};
        given[*id] = next++;
    }
    return rank_by_group(lines, kPresets[0], std::move(given), next);
}

}  // namespace splitline
