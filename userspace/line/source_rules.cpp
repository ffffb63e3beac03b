// SPDX-License-Identifier: GPL-3.0-or-later
#include "line/source_rules.h"

#include <algorithm>

namespace splitline {
namespace {

bool is_letter(char c) {
    return c >= 'A' && c <= 'Z';
}
bool is_alphanumeric(char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
}

std::string upper(std::string_view text) {
    std::string result(text);
    for (auto& c : result)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return result;
}

/// ISO 3166-2: the country, a hyphen, one to three letters or digits.
std::optional<std::string> normal_subdivision(std::string_view text) {
    auto code = upper(text);
    const bool sized = code.size() >= 4 && code.size() <= 6;
    if (!sized || !is_letter(code[0]) || !is_letter(code[1]) || code[2] != '-') return std::nullopt;
    if (!std::all_of(code.begin() + 3, code.end(), is_alphanumeric)) return std::nullopt;
    return code;
}

template <typename Map, typename Key>
std::vector<LineId> look_up(Map& map, const Key& key) {
    const auto found = map.find(key);
    if (found == map.end()) return {};
    found->second.seen = true;
    return found->second.lines;
}

/// A line names a key twice now and then ("cn", "CN"); its addresses count once.
void add_once(std::vector<LineId>& lines, LineId id) {
    if (std::ranges::find(lines, id) == lines.end()) lines.push_back(id);
}

}  // namespace

std::optional<std::string> normal_country(std::string_view text) {
    auto code = upper(text);
    if (code.size() != 2 || !is_letter(code[0]) || !is_alphanumeric(code[1]) || code == "ZZ") return std::nullopt;
    return code;
}

SourceRules::SourceRules(const LineCatalog& catalog, Diagnostics& diagnostics) {
    for (size_t i = 0; i < catalog.size(); ++i) {
        const auto id = static_cast<LineId>(i);
        const auto& line = catalog.line(id);
        add_countries(id, line, diagnostics);
        add_subdivisions(id, line, diagnostics);
        for (const auto asn : line.sources.asns) add_once(asns_[asn].lines, id);
    }
}

void SourceRules::add_countries(LineId id, const Line& line, Diagnostics& diagnostics) {
    bool every = false;
    std::set<std::string> in;
    std::set<std::string> out;
    for (const auto& country : line.sources.countries) {
        if (country == "*") {
            every = true;
            continue;
        }
        const bool negated = country.starts_with('!');
        const auto code = normal_country(std::string_view(country).substr(negated ? 1 : 0));
        if (!code) {
            diagnostics.error(line.place,
                              "line '" + line.name + "': '" + country +
                                  "' is not a country; use ISO 3166 codes like \"CN\", \"*\" for every country, "
                                  "\"!CN\" to take one out");
        } else {
            (negated ? out : in).insert(*code);
        }
    }
    if (!every && in.empty() && !out.empty())
        diagnostics.error(line.place, "line '" + line.name + "' only takes countries out; write \"*\" before them");
    if (every) everywhere_.push_back({id, out});
    for (const auto& code : in)
        if (!every && !out.contains(code)) add_once(countries_[code].lines, id);
}

void SourceRules::add_subdivisions(LineId id, const Line& line, Diagnostics& diagnostics) {
    for (const auto& subdivision : line.sources.subdivisions) {
        if (const auto code = normal_subdivision(subdivision)) {
            add_once(subdivisions_[*code].lines, id);
        } else {
            diagnostics.error(line.place, "line '" + line.name + "': '" + subdivision +
                                              "' is not a subdivision; use ISO 3166-2 codes like \"CN-BJ\"");
        }
    }
}

std::vector<LineId> SourceRules::country(const std::string& code) {
    auto lines = look_up(countries_, code);
    for (const auto& line : everywhere_)
        if (!line.except.contains(code)) lines.push_back(line.line);
    return lines;
}

std::vector<LineId> SourceRules::subdivision(const std::string& code) {
    return look_up(subdivisions_, code);
}

std::vector<LineId> SourceRules::asn(uint32_t number) {
    return look_up(asns_, number);
}

void SourceRules::report_unseen(const LineCatalog& catalog, Diagnostics& diagnostics) const {
    const auto report = [&](const Wanted& wanted, const std::string& what) {
        if (wanted.seen) return;
        for (const auto id : wanted.lines)
            diagnostics.warning(catalog.line(id).place, "line '" + catalog.name(id) + "': " + what +
                                                            " is in none of the databases; check the spelling");
    };
    for (const auto& [code, wanted] : countries_) report(wanted, "country " + code);
    for (const auto& [code, wanted] : subdivisions_) report(wanted, "subdivision " + code);
    for (const auto& [number, wanted] : asns_) report(wanted, "AS" + std::to_string(number));
}

}  // namespace splitline
