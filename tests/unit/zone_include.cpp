// SPDX-License-Identifier: GPL-3.0-or-later
// $INCLUDE: what a file takes over, what ends with it, and what is refused.
#include <sys/stat.h>

#include "unit/zone_fixture.h"

namespace splitline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using zone_test::TempDir;

TEST(ZoneInclude, reads_in_place_with_file_and_line) {
    const TempDir dir;
    dir.write("example.com.zone", "$TTL 5\na A 192.0.2.1\n$INCLUDE \"sub/hosts.inc\" ; more\nb A 192.0.2.2\n");
    dir.write("sub/hosts.inc", "\nx A 192.0.2.3\n$INCLUDE deeper.inc\n");
    dir.write("sub/deeper.inc", "y A 192.0.2.4");
    const auto reading = dir.read("example.com.zone");
    EXPECT_THAT(reading.findings, IsEmpty());
    EXPECT_THAT(reading.records,
                ElementsAre("default a.example.com. 5 A 192.0.2.1", "default x.example.com. 5 A 192.0.2.3",
                            "default y.example.com. 5 A 192.0.2.4", "default b.example.com. 5 A 192.0.2.2"));
    EXPECT_THAT(reading.places,
                ElementsAre("example.com.zone:2", "sub/hosts.inc:2", "sub/deeper.inc:1", "example.com.zone:4"));
}

TEST(ZoneInclude, line_is_taken_over_and_ends_with_the_file) {
    const TempDir dir;
    dir.write("example.com.zone",
              "$TTL 5\n$LINE oversea\n$INCLUDE x.inc\nb A 192.0.2.2\n$LINE default\n$INCLUDE x.inc\nc A 192.0.2.3\n");
    dir.write("x.inc", "x A 192.0.2.4\n$LINE Internal\ny A 192.0.2.5\n");
    EXPECT_THAT(dir.read("example.com.zone").records,
                ElementsAre("oversea x.example.com. 5 A 192.0.2.4", "internal y.example.com. 5 A 192.0.2.5",
                            "oversea b.example.com. 5 A 192.0.2.2", "default x.example.com. 5 A 192.0.2.4",
                            "internal y.example.com. 5 A 192.0.2.5", "default c.example.com. 5 A 192.0.2.3"));
}

TEST(ZoneInclude, origin_and_ttl_are_taken_over_and_end_with_the_file) {
    const TempDir dir;
    dir.write("example.com.zone",
              "$TTL 5\na A 192.0.2.1\n$INCLUDE x.inc sub.example.com.\n A 192.0.2.2\n$INCLUDE x.inc\n");
    dir.write("x.inc", "x A 192.0.2.3\n$ORIGIN net.\n$TTL 6\ny A 192.0.2.4\n");
    const auto reading = dir.read("example.com.zone");
    EXPECT_THAT(reading.findings, IsEmpty());
    EXPECT_THAT(reading.records,
                ElementsAre("default a.example.com. 5 A 192.0.2.1", "default x.sub.example.com. 5 A 192.0.2.3",
                            "default y.net. 6 A 192.0.2.4", "default a.example.com. 5 A 192.0.2.2",
                            "default x.example.com. 5 A 192.0.2.3", "default y.net. 6 A 192.0.2.4"));
}

TEST(ZoneInclude, last_stated_ttl_is_taken_over_but_not_the_owner) {
    const TempDir dir;
    dir.write("example.com.zone", "a 7 A 192.0.2.1\n$INCLUDE x.inc\nb A 192.0.2.2\n");
    dir.write("x.inc", "x A 192.0.2.3\ny 9 A 192.0.2.4\n");
    EXPECT_THAT(dir.read("example.com.zone").records,
                ElementsAre("default a.example.com. 7 A 192.0.2.1", "default x.example.com. 7 A 192.0.2.3",
                            "default y.example.com. 9 A 192.0.2.4", "default b.example.com. 7 A 192.0.2.2"));
    dir.write("x.inc", " A 192.0.2.3\n");
    EXPECT_THAT(dir.read("example.com.zone").findings,
                ElementsAre(StartsWith("x.inc:1: error: previous owner is invalid")));
}

TEST(ZoneInclude, errors_name_the_included_file) {
    const TempDir dir;
    dir.write("example.com.zone", "a 5 A x\n$INCLUDE x.inc\nb 5 A y\n");
    dir.write("x.inc", "\n\nc 5 A z\n");
    EXPECT_THAT(dir.read("example.com.zone").findings,
                ElementsAre(StartsWith("example.com.zone:1: error: "), StartsWith("x.inc:3: error: "),
                            StartsWith("example.com.zone:3: error: ")));
}

TEST(ZoneInclude, many_includes_in_one_file) {
    const TempDir dir;
    std::string text = "$TTL 5\n";
    for (int i = 0; i < 100; ++i) text += "$INCLUDE x.inc\n";
    dir.write("example.com.zone", text + "a A 192.0.2.1\n");
    dir.write("x.inc", "x A 192.0.2.3\n");
    const auto reading = dir.read("example.com.zone");
    EXPECT_THAT(reading.findings, IsEmpty());
    EXPECT_EQ(reading.records.size(), 101U);
    EXPECT_EQ(reading.places.back(), "example.com.zone:102");
}

TEST(ZoneInclude, loops_are_errors_whatever_path_leads_back) {
    const TempDir dir;
    dir.write("example.com.zone", "a 5 A 192.0.2.1\n$INCLUDE sub/x.inc\nb 5 A 192.0.2.1\n");
    dir.write("sub/x.inc", "c 5 A 192.0.2.1\n$INCLUDE ../link.zone\nd 5 A 192.0.2.1\n");
    std::filesystem::create_symlink("example.com.zone", dir.path("link.zone"));
    const auto reading = dir.read("example.com.zone");
    EXPECT_THAT(reading.findings,
                ElementsAre(HasSubstr("sub/x.inc:2: error: $INCLUDE: 'sub/../link.zone' includes itself")));
    EXPECT_EQ(reading.records.size(), 4U);
}

TEST(ZoneInclude, depth_is_bounded) {
    const TempDir dir;
    for (int i = 0; i < 40; ++i)
        dir.write("f" + std::to_string(i), "a 5 A 192.0.2.1\n$INCLUDE f" + std::to_string(i + 1) + "\n");
    const auto reading = dir.read("f0");
    EXPECT_THAT(reading.findings,
                ElementsAre(HasSubstr("f32:2: error: $INCLUDE: files include each other more than 32 deep")));
    EXPECT_EQ(reading.records.size(), 33U);
}

TEST(ZoneInclude, only_regular_files_are_read) {
    const TempDir dir;
    ASSERT_EQ(mkfifo(dir.path("pipe").c_str(), 0600), 0);
    std::filesystem::create_directory(dir.path("folder"));
    dir.write(
        "example.com.zone",
        "$INCLUDE missing.inc\n$INCLUDE pipe\n$INCLUDE folder\n$INCLUDE /dev/zero\n$INCLUDE \"\"\nb 5 A 192.0.2.1\n");
    const auto reading = dir.read("example.com.zone");
    EXPECT_THAT(reading.findings,
                ElementsAre("example.com.zone:1: error: $INCLUDE: cannot open 'missing.inc': No such file or directory",
                            "example.com.zone:2: error: $INCLUDE: cannot read 'pipe': not a regular file",
                            "example.com.zone:3: error: $INCLUDE: cannot read 'folder': not a regular file",
                            "example.com.zone:4: error: $INCLUDE: cannot read '/dev/zero': not a regular file",
                            StartsWith("example.com.zone:5: error: ")));
    EXPECT_EQ(reading.records.size(), 1U);
}

TEST(ZoneInclude, the_zone_file_itself_may_be_missing) {
    const TempDir dir;
    EXPECT_THAT(dir.read("example.com.zone").findings,
                ElementsAre("example.com.zone: error: cannot open 'example.com.zone': No such file or directory"));
}

TEST(ZoneInclude, text_from_memory_includes_relative_to_its_path) {
    const TempDir dir;
    dir.write("x.inc", "x 5 A 192.0.2.3\n");
    EXPECT_THAT(zone_test::read_text("$INCLUDE x.inc\n", dir.path("example.com.zone")).records,
                ElementsAre("default x.example.com. 5 A 192.0.2.3"));
}

}  // namespace
}  // namespace splitline
