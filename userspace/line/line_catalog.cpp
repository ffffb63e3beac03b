// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <limits>

#include "line/line.h"
#include "line/line_order.h"

namespace splitline {
namespace {

constexpr size_t kMaxNameLength = 63;
constexpr size_t kMaxLines = size_t{std::numeric_limits<LineId>::max()} + 1;

bool well_formed(std::string_view name) {
    const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto inner = [&](char c) { return lower(c) || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
    return !name.empty() && name.size() <= kMaxNameLength && lower(name[0]) && std::ranges::all_of(name, inner);
}

Result<void> check_new(const Line& line) {
    if (!well_formed(line.name))
        return Error{"'" + line.name + "' is no line name; use a lower-case letter, then up to 62 of a-z 0-9 _ -",
                     line.place};
    if (is_line_order_preset(line.name))
        return Error{"a line cannot be named '" + line.name + "', which is a line order; choose another name",
                     line.place};
    if (line.group == LineGroup::kDefault)
        return Error{"line '" + line.name + "' cannot be in group default, which is for the line of that name",
                     line.place};
    return {};
}

Result<void> check_builtin(const Line& line, const Line& builtin) {
    if (builtin.group == LineGroup::kDefault && !line.sources.empty())
        return Error{"line 'default' is every address and takes no sources; remove them", line.place};
    // kCustom is what a line without a group says.
    if (line.group != LineGroup::kCustom && line.group != builtin.group)
        return Error{"line '" + line.name + "' is built in, its group is " +
                         std::string(line_group_name(builtin.group)) + ", not " +
                         std::string(line_group_name(line.group)) + "; remove the group or choose another name",
                     line.place};
    return {};
}

std::string where(const Place& place) {
    return place.file.empty() ? "" : " (first in " + place.file + ":" + std::to_string(place.line) + ")";
}

void add_default_sources(Line& line, const GeoDatabases& databases) {
    if (!line.sources.empty() || (databases.country_csv.empty() && databases.country_mmdb.empty())) return;
    if (line.group == LineGroup::kMainland) line.sources.countries = {"CN"};
    if (line.group == LineGroup::kOversea) line.sources.countries = {"*", "!CN"};
}

/// The lines that exist, while LineCatalog::build() collects them.
struct Collected {
    std::vector<Line> lines = builtin_lines();
    std::unordered_map<std::string, LineId> by_name;
    std::vector<LineId> mentioned;  // in configuration order
    std::vector<bool> is_mentioned;

    Result<void> add(const Line& line) {
        const auto found = by_name.find(line.name);
        const size_t id = found == by_name.end() ? lines.size() : found->second;
        if (id < is_mentioned.size() && is_mentioned[id])
            return Error{"line '" + line.name + "' is configured twice" + where(lines[id].place) + "; remove one",
                         line.place};
        if (auto ok = found == by_name.end() ? check_new(line) : check_builtin(line, lines[id]); !ok) return ok.error();
        if (id == lines.size()) {
            if (lines.size() == kMaxLines)
                return Error{"more than " + std::to_string(kMaxLines) + " lines", line.place};
            by_name.emplace(line.name, static_cast<LineId>(id));
            lines.push_back(line);
        } else {
            lines[id].sources = line.sources;
            lines[id].place = line.place;
        }
        is_mentioned.resize(lines.size());
        is_mentioned[id] = true;
        mentioned.push_back(static_cast<LineId>(id));
        return {};
    }

    [[nodiscard]] std::vector<unsigned> precedences() const {
        std::vector<unsigned> result(lines.size());
        unsigned next = 0;
        for (const auto id : mentioned) result[id] = next++;
        for (size_t id = 0; id < lines.size(); ++id)
            if (id >= is_mentioned.size() || !is_mentioned[id]) result[id] = next++;
        return result;
    }
};

}  // namespace

Result<LineCatalog> LineCatalog::build(const LineConfig& config) {
    Collected collected;
    for (size_t i = 0; i < collected.lines.size(); ++i)
        collected.by_name.emplace(collected.lines[i].name, static_cast<LineId>(i));
    for (const auto& line : config.lines)
        if (auto added = collected.add(line); !added) return added.error();
    for (size_t i = 0; i < builtin_lines().size(); ++i) add_default_sources(collected.lines[i], config.databases);

    LineCatalog catalog;
    catalog.precedences_ = collected.precedences();
    catalog.lines_ = std::move(collected.lines);
    catalog.by_name_ = std::move(collected.by_name);
    auto ranks = rank_lines(catalog.lines_, config.order, config.order_place,
                            [&](std::string_view name) { return catalog.find(name); });
    if (!ranks) return ranks.error();
    catalog.ranks_ = std::move(ranks->ranks);
    catalog.rank_count_ = ranks->count;
    return catalog;
}

std::optional<LineId> LineCatalog::find(std::string_view name) const {
    const auto found = by_name_.find(std::string(name));
    if (found == by_name_.end()) return std::nullopt;
    return found->second;
}

}  // namespace splitline
