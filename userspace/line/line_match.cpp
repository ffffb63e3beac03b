// SPDX-License-Identifier: GPL-3.0-or-later
// lines_of(): the long form of a lookup, straight from the prefixes. It needs no compiled table and tells losers too.
#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "line/class_table.h"
#include "line/embedded_ipv4.h"
#include "line/prefix_builder.h"

namespace splitline {
namespace {

template <typename LinePrefix, typename Number>
bool covers(const LinePrefix& prefix, Number address) {
    constexpr unsigned kBits = sizeof(Number) * 8;
    return prefix.length == 0 || ((prefix.address ^ address) >> (kBits - prefix.length)) == 0;
}

/// Of each line its longest prefix that covers `address`.
template <typename LinePrefix, typename Number>
std::vector<LineMatch> longest_by_line(const std::vector<LinePrefix>& prefixes, Number address,
                                       const std::vector<std::string>& sources) {
    std::unordered_map<LineId, const LinePrefix*> longest;
    for (const auto& prefix : prefixes) {
        if (!covers(prefix, address)) continue;
        const auto [found, is_new] = longest.emplace(prefix.line, &prefix);
        if (!is_new && prefix.length > found->second->length) found->second = &prefix;
    }
    std::vector<LineMatch> matches;
    matches.reserve(longest.size());
    for (const auto& [line, prefix] : longest)
        matches.push_back({line, {to_address(prefix->address), prefix->length}, sources[prefix->source], false});
    return matches;
}

}  // namespace

std::vector<LineMatch> lines_of(const Address& address, const LineCatalog& catalog, const PrefixTable& prefixes) {
    const bool is_ipv6 = address.family == Address::Family::kIpv6;
    const auto ipv4 = is_ipv6 ? embedded_ipv4(to_uint128(address)) : std::optional(to_uint32(address));
    auto matches = ipv4 ? longest_by_line(prefixes.ipv4, *ipv4, prefixes.sources)
                        : longest_by_line(prefixes.ipv6, to_uint128(address), prefixes.sources);
    std::sort(matches.begin(), matches.end(), [&](const LineMatch& left, const LineMatch& right) {
        const auto key = [&](const LineMatch& match) {
            return std::tuple(catalog.rank(match.line), -static_cast<int>(match.prefix.length),
                              catalog.precedence(match.line));
        };
        return key(left) < key(right);
    });
    for (size_t i = 0; i < matches.size(); ++i)
        matches[i].in_chain = i == 0 || catalog.rank(matches[i].line) != catalog.rank(matches[i - 1].line);
    return matches;
}

}  // namespace splitline
