// SPDX-License-Identifier: GPL-3.0-or-later
// Golden tables of check_zone(): a zone, and exactly what is to be said about it.
#pragma once

#include <ostream>
#include <string>

#include "unit/zone_fixture.h"

namespace splitline::zone_test {

/// A zone nothing is wrong with; what a case adds begins on line 5.
constexpr const char* kSoundZone =
    "$TTL 300\n"
    "@ SOA ns1 h 1 14400 3600 604800 300\n"
    " NS ns1\n"
    "ns1 A 192.0.2.1\n";

struct CheckCase {
    const char* name;
    bool on_sound_zone;
    const char* text;
    Lines findings;  // all of them; "z" is the file
};

inline void PrintTo(const CheckCase& c, std::ostream* out) {
    *out << c.name;
}

inline std::string case_name(const testing::TestParamInfo<CheckCase>& test) {
    return test.param.name;
}

/// Every line exists but `nowhere`.
inline bool is_known_line(std::string_view name) {
    return name != "nowhere";
}

inline void expect_findings(const CheckCase& c) {
    const std::string text = (c.on_sound_zone ? kSoundZone : "") + std::string(c.text);
    Diagnostics diagnostics;
    const auto zone = read_zone_text(text, "example.com", diagnostics);
    EXPECT_EQ(diagnostics.text(), "") << "the case itself cannot be read";
    check_zone(zone, is_known_line, diagnostics);
    Lines findings = finding_texts(diagnostics);
    for (auto& finding : findings) {
        constexpr std::string_view kFile = "example.com:";
        for (size_t at; (at = finding.find(kFile)) != std::string::npos;) finding.replace(at, kFile.size(), "z:");
    }
    EXPECT_THAT(findings, testing::ElementsAreArray(c.findings));
}

}  // namespace splitline::zone_test
