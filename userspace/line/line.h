// SPDX-License-Identifier: GPL-3.0-or-later
// Lines: named classes of clients that records can be attached to, and the order in which a client's lines win.
//
// The built-in vocabulary is Alibaba Cloud DNS's codes, because operators know them. A line belongs to a *rank group*:
// a category (custom, search, cloud, ISP, region, default) at one level of detail. An address is on at most one line of
// a group: the one whose longest prefix covers it, between equal prefixes the one configured first (DESIGN 4.2). The
// line order lists the groups, so a client's chain is one line of each group that has one, in that order, and always
// ends in `default`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ip.h"
#include "base/result.h"

namespace splitline {

/// Index into LineCatalog; stable as long as the configuration is. 0 is `default`.
using LineId = uint16_t;
constexpr LineId kDefaultLine = 0;

/// Groups of lines, in no particular order; the presets order them.
enum class LineGroup : uint8_t {
    kCustom,        // office, any line of the operator's own
    kSearchEngine,  // one search engine's crawlers: google
    kSearch,        // search engines' crawlers
    kCloud,         // cloud providers: aliyun
    kIspProvince,   // cn_telecom_beijing
    kIspRegion,     // cn_telecom_huabei
    kIsp,           // telecom
    kProvince,      // cn_region_beijing
    kRegion,        // cn_region_huabei
    kMainland,      // internal
    kCountry,       // own lines by country
    kContinent,
    kOversea,  // oversea
    kDefault,
};

/// "isp-province": the group's name in the configuration and in messages.
std::string_view line_group_name(LineGroup group);
std::optional<LineGroup> line_group_from_name(std::string_view name);

/// Where a line's addresses come from. All sources of a line count together.
struct LineSources {
    std::vector<std::string> countries;     // ISO 3166 codes; "*" is every country known, "!CN" takes one out
    std::vector<std::string> subdivisions;  // ISO 3166-2 of an mmdb: "CN-BJ"
    std::vector<uint32_t> asns;             // of an mmdb
    std::vector<std::string> lists;         // prefix-list files
    std::vector<Prefix> prefixes;           // from the configuration itself

    [[nodiscard]] bool empty() const {
        return countries.empty() && subdivisions.empty() && asns.empty() && lists.empty() && prefixes.empty();
    }
};

struct Line {
    std::string name;
    LineGroup group = LineGroup::kCustom;
    LineSources sources;
    Place place;  // where the configuration names it; empty for built-in lines
};

/// Databases all lines share.
struct GeoDatabases {
    std::vector<std::string>
        country_csv;  // range files as in tor-geoipdb: START,END,CC; IPv4 as integers or dotted, IPv6
    std::vector<std::string> country_mmdb;  // also read for subdivisions where they have them
    std::vector<std::string> asn_mmdb;
};

/// What the configuration says about lines; the input of LineCatalog and of read_prefixes().
struct LineConfig {
    std::vector<std::string> order = {"alibaba"};  // one preset name, or an explicit list of line names
    std::vector<Line> lines;                       // own lines, and sources for built-in ones, in configuration order
    GeoDatabases databases;
    Place order_place;  // of the `order` field, for messages
};

/// All lines that exist: the built-in vocabulary and the configured ones, each with its rank. Immutable.
class LineCatalog {
  public:
    /// Built-in lines come first in a fixed order, own lines behind in configuration order. `internal` and `oversea`
    /// get countries CN and everything but CN where the configuration gives them no source and a country database
    /// exists. A configured line with a built-in name gives that line its sources; the group stays what it is. Errors:
    /// unknown preset, an unknown or repeated name in an explicit order, a repeated or malformed line name, sources or
    /// company for `default`, another group for a built-in line.
    static Result<LineCatalog> build(const LineConfig& config);

    [[nodiscard]] std::optional<LineId> find(std::string_view name) const;
    [[nodiscard]] const Line& line(LineId id) const { return lines_[id]; }
    [[nodiscard]] const std::string& name(LineId id) const { return lines_[id].name; }
    [[nodiscard]] size_t size() const { return lines_.size(); }
    /// Position of the line's group in the order: smaller wins. Lines of equal rank exclude each other. In an explicit
    /// order every listed line has a rank of its own; a line not listed ranks behind all listed ones, in its group's
    /// alibaba place.
    [[nodiscard]] unsigned rank(LineId id) const { return ranks_[id]; }
    /// Position in configuration order, which decides between equal prefixes of one rank: smaller wins. Configured
    /// lines come first, built-in lines that the configuration does not mention follow in the vocabulary's order.
    [[nodiscard]] unsigned precedence(LineId id) const { return precedences_[id]; }
    /// Ranks run from 0 to rank_count() - 1; `default` alone has the last one.
    [[nodiscard]] unsigned rank_count() const { return rank_count_; }

  private:
    std::vector<Line> lines_;
    std::vector<unsigned> ranks_;
    std::vector<unsigned> precedences_;
    std::unordered_map<std::string, LineId> by_name_;
    unsigned rank_count_ = 0;
};

/// The names of the built-in lines with their groups, `default` first.
const std::vector<Line>& builtin_lines();

}  // namespace splitline
