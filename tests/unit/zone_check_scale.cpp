// SPDX-License-Identifier: GPL-3.0-or-later
// Zones whose shape would make a careless check quadratic: they finish, with exactly the findings they deserve.
#include <fmt/format.h>

#include <algorithm>

#include "unit/zone_check_fixture.h"

namespace splitline::zone_test {
namespace {

Diagnostics check_with(const std::string& added) {
    Diagnostics diagnostics;
    const auto zone = read_zone_text(kSoundZone + added, "example.com", diagnostics);
    EXPECT_EQ(diagnostics.text(), "");
    check_zone(zone, is_known_line, diagnostics);
    return diagnostics;
}

size_t count_findings(const Diagnostics& diagnostics, const std::string& part) {
    const auto& all = diagnostics.all();
    return static_cast<size_t>(std::count_if(all.begin(), all.end(),
                                             [&](const auto& d) { return d.message.find(part) != std::string::npos; }));
}

TEST(ZoneCheckScale, many_names_on_many_lines) {
    std::string text;
    for (int line = 0; line < 200; ++line) {
        text += fmt::format("$LINE l{}\n", line);
        for (int i = 0; i < 500; ++i) text += fmt::format("h{} A 10.0.{}.{}\n", i, line, i % 256);
    }
    text += "$LINE default\n";
    for (int i = 0; i < 500; ++i) text += fmt::format("h{} A 10.0.0.1\n", i);
    EXPECT_EQ(check_with(text).text(), "");
}

TEST(ZoneCheckScale, many_records_at_one_name) {
    std::string text;
    for (int i = 0; i < 2000; ++i) text += fmt::format("big MX {} ns1\n", i);
    EXPECT_EQ(check_with(text).text(), "");
    for (int i = 0; i < 60000; ++i) text += fmt::format("big TXT t{}\n", i);
    const auto diagnostics = check_with(text);
    ASSERT_EQ(diagnostics.all().size(), 1U) << diagnostics.text();
    EXPECT_THAT(diagnostics.text(), testing::HasSubstr("the 60000 records of big.example.com. TXT take"));
}

TEST(ZoneCheckScale, many_records_point_at_a_big_name) {
    std::string text = "target CNAME a.example.net.\n";
    for (int line = 0; line < 30000; ++line) text += fmt::format("$LINE l{}\ntarget A 192.0.2.1\n", line);
    text += "$LINE default\n";
    for (int i = 0; i < 30000; ++i) text += fmt::format("m{0} MX 10 target\nc{0} CNAME target\n", i);
    EXPECT_EQ(count_findings(check_with(text), "which is a CNAME (example.com:5)"), 30000U);
}

TEST(ZoneCheckScale, long_cname_chain_on_many_lines) {
    constexpr int kLength = 20000;
    std::string text;
    for (int i = 0; i < kLength; ++i) text += fmt::format("c{} CNAME c{}\n", i, i + 1);
    text += fmt::format("c{} A 192.0.2.1\n", kLength);
    for (int line = 0; line < 400; ++line) text += fmt::format("$LINE l{}\nstart{} CNAME c0\n", line, line);
    const auto diagnostics = check_with(text);
    EXPECT_EQ(diagnostics.all().size(), 400U);
    EXPECT_EQ(count_findings(diagnostics, "has records on lines only"), 400U);
}

TEST(ZoneCheckScale, many_names_below_a_delegation_with_many_servers) {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += fmt::format("sub NS ns{}.sub\n", i);
    for (int i = 0; i < 20000; ++i) text += fmt::format("ns{}.sub A 192.0.2.1\n", i);
    EXPECT_EQ(count_findings(check_with(text), "is never served"), 19000U);
}

TEST(ZoneCheckScale, deep_names) {
    std::string deep;
    for (int i = 0; i < 115; ++i) deep += "a.";
    std::string text;
    for (int i = 0; i < 2000; ++i) text += fmt::format("h{0} CNAME x{0}.{1}example.com.\n", i, deep);
    EXPECT_EQ(count_findings(check_with(text), "does not exist in this zone"), 2000U);
    for (int i = 0; i < 2000; ++i) text += fmt::format("x{}.{}example.com. A 192.0.2.1\n", i, deep);
    EXPECT_EQ(check_with(text).text(), "");
}

TEST(ZoneCheckScale, many_unknown_lines) {
    Diagnostics diagnostics;
    std::string text = kSoundZone;
    for (int line = 0; line < 20000; ++line) text += fmt::format("$LINE l{}\n", line);
    const auto zone = read_zone_text(text, "example.com", diagnostics);
    check_zone(
        zone, [](std::string_view) { return false; }, diagnostics);
    ASSERT_EQ(diagnostics.all().size(), 20000U);
    for (size_t i = 0; i < diagnostics.all().size(); ++i) EXPECT_EQ(diagnostics.all()[i].place.line, i + 5);
}

}  // namespace
}  // namespace splitline::zone_test
