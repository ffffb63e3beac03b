// SPDX-License-Identifier: GPL-3.0-or-later
// Which lines a database entry is for: the countries, subdivisions and ASNs that lines name, turned round.
//
// Built once from the catalog. Remembers which of the wanted keys the databases had, so that a misspelt one can be
// reported.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "line/line.h"

namespace splitline {

/// "CN" for "cn"; nothing unless the text is two letters or a letter and a digit (MaxMind's A1). "ZZ" is nothing too:
/// CLDR's unknown.
std::optional<std::string> normal_country(std::string_view text);

class SourceRules {
  public:
    /// Malformed codes are errors at the line's place.
    SourceRules(const LineCatalog& catalog, Diagnostics& diagnostics);

    [[nodiscard]] bool wants_countries() const { return !countries_.empty() || !everywhere_.empty(); }
    [[nodiscard]] bool wants_subdivisions() const { return !subdivisions_.empty(); }
    [[nodiscard]] bool wants_asns() const { return !asns_.empty(); }

    /// The lines that the country is on; marks it as seen. REQUIRES: normal_country() form.
    std::vector<LineId> country(const std::string& code);
    /// The same for a subdivision "CN-BJ" and an AS number.
    std::vector<LineId> subdivision(const std::string& code);
    std::vector<LineId> asn(uint32_t number);

    /// Warns of every wanted key no database had.
    void report_unseen(const LineCatalog& catalog, Diagnostics& diagnostics) const;

  private:
    struct Wanted {
        std::vector<LineId> lines;
        bool seen = false;
    };
    struct Everywhere {
        LineId line = 0;
        std::set<std::string> except;
    };

    void add_countries(LineId id, const Line& line, Diagnostics& diagnostics);
    void add_subdivisions(LineId id, const Line& line, Diagnostics& diagnostics);

    std::map<std::string, Wanted> countries_;
    std::map<std::string, Wanted> subdivisions_;
    std::map<uint32_t, Wanted> asns_;
    std::vector<Everywhere> everywhere_;  // lines with "*"
};

}  // namespace splitline
