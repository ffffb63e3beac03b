// SPDX-License-Identifier: GPL-3.0-or-later
// Master files in, records out: syntax, $LINE, TTLs, line numbers.
#include "zone/zone_reader.h"

#include <fmt/format.h>

#include "unit/zone_fixture.h"

namespace splitline {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using zone_test::Lines;
using zone_test::read_text;

struct Accepted {
    const char* name;
    std::string text;
    Lines records;
};

void PrintTo(const Accepted& c, std::ostream* out) {
    *out << c.name;
}

class ZoneReaderAccepts : public testing::TestWithParam<Accepted> {};

TEST_P(ZoneReaderAccepts, records) {
    const auto reading = read_text(GetParam().text);
    EXPECT_THAT(reading.findings, IsEmpty());
    EXPECT_EQ(reading.records, GetParam().records);
}

const std::vector<Accepted> kAccepted = {
    {"empty", "", {}},
    {"only_comment", "; nothing\n\n   \n", {}},
    {"no_newline_at_end", "a 5 A 192.0.2.1", {"default a.example.com. 5 A 192.0.2.1"}},
    {"owner_is_folded_rdata_is_not",
     "WWW 5 CNAME Target.Example.NET.\n",
     {"default www.example.com. 5 CNAME Target.Example.NET."}},
    {"at_is_origin", "@ 5 A 192.0.2.1\n", {"default example.com. 5 A 192.0.2.1"}},
    {"blank_repeats_owner",
     "a 5 A 192.0.2.1\n 6 A 192.0.2.2\n",
     {"default a.example.com. 5 A 192.0.2.1", "default a.example.com. 6 A 192.0.2.2"}},
    {"class_and_ttl_in_any_order",
     "a IN 5 A 192.0.2.1\nb 6 IN A 192.0.2.2\nc in 7 a 192.0.2.3\n",
     {"default a.example.com. 5 A 192.0.2.1", "default b.example.com. 6 A 192.0.2.2",
      "default c.example.com. 7 A 192.0.2.3"}},
    {"ttl_units", "a 1h30m A 192.0.2.1\n", {"default a.example.com. 5400 A 192.0.2.1"}},
    {"dollar_ttl", "$TTL 1d\na A 192.0.2.1\n", {"default a.example.com. 86400 A 192.0.2.1"}},
    {"last_stated_ttl_without_dollar_ttl",
     "a 7 A 192.0.2.1\nb A 192.0.2.2\nc 8 A 192.0.2.3\nd A 192.0.2.4\n",
     {"default a.example.com. 7 A 192.0.2.1", "default b.example.com. 7 A 192.0.2.2",
      "default c.example.com. 8 A 192.0.2.3", "default d.example.com. 8 A 192.0.2.4"}},
    {"dollar_ttl_beats_last_stated",
     "$TTL 9\na 7 A 192.0.2.1\nb A 192.0.2.2\n",
     {"default a.example.com. 7 A 192.0.2.1", "default b.example.com. 9 A 192.0.2.2"}},
    {"largest_ttl", "a 2147483647 A 192.0.2.1\n", {"default a.example.com. 2147483647 A 192.0.2.1"}},
    {"origin",
     "$ORIGIN net.\na 5 A 192.0.2.1\n$ORIGIN b.net.\na 5 A 192.0.2.1\n",
     {"default a.net. 5 A 192.0.2.1", "default a.b.net. 5 A 192.0.2.1"}},
    {"relative_origin",
     "$ORIGIN sub ; deeper\na 5 A 192.0.2.1\n$origin x.y\n@ 5 A 192.0.2.1\n",
     {"default a.sub.example.com. 5 A 192.0.2.1", "default x.y.sub.example.com. 5 A 192.0.2.1"}},
    {"parentheses",
     "a 5 MX ( 10 ; first\n  mx ) ; second\nb ( 5\n A\n 192.0.2.1\n)\n",
     {"default a.example.com. 5 MX 10 mx.example.com.", "default b.example.com. 5 A 192.0.2.1"}},
    {"escapes",
     "a\\.b 5 A 192.0.2.1\nc\\032d 5 TXT \"x\\\"y\" \"\\000\\255;\"\n",
     {"default a\\.b.example.com. 5 A 192.0.2.1", R"(default c\032d.example.com. 5 TXT "x\"y" "\000\255;")"}},
    {"quotes_over_lines", "a 5 TXT ( \"x\ny\" )\n", {R"(default a.example.com. 5 TXT "x\010y")"}},
    {"wildcard_and_underscore",
     "* 5 A 192.0.2.1\n_sip._udp 5 SRV 1 2 5060 sip\n",
     {"default *.example.com. 5 A 192.0.2.1", "default _sip._udp.example.com. 5 SRV 1 2 5060 sip.example.com."}},
    {"long_text_is_split",
     "a 5 TXT " + std::string(256, 'x') + "\n",
     {"default a.example.com. 5 TXT \"" + std::string(255, 'x') + R"(" "x")"}},
    {"relative_origin_after_silent_absolute_one",
     "a 5 A 192.0.2.1\n$ORIGIN net.\n\n$ORIGIN org. ; x\n$ORIGIN sub\nb 5 A 192.0.2.1\n$ORIGIN sub2\nb 5 A 192.0.2.1\n",
     {"default a.example.com. 5 A 192.0.2.1", "default b.sub.org. 5 A 192.0.2.1",
      "default b.sub2.sub.org. 5 A 192.0.2.1"}},
    {"unknown_type",
     "a 5 TYPE65280 \\# 3 010203\nb 5 TYPE65280 \\# 0\nc 5 TYPE1 \\# 4 C0000201\n",
     {"default a.example.com. 5 TYPE65280 \\# 3 010203", "default b.example.com. 5 TYPE65280 \\# 0",
      "default c.example.com. 5 A 192.0.2.1"}},
    {"https",
     "@ 5 HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.1\n",
     {"default example.com. 5 HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.1"}},
    {"crlf_and_byte_order_mark",
     "\xEF\xBB\xBF"
     "a 5 A 192.0.2.1\r\n$LINE oversea\r\nb 5 TXT ( x\r\ny )\r\n",
     {"default a.example.com. 5 A 192.0.2.1", R"(oversea b.example.com. 5 TXT "x" "y")"}},
    {"line",
     "a 5 A 192.0.2.1\n$LINE oversea\na 5 A 192.0.2.2\n$LINE default\nb 5 A 192.0.2.3\n",
     {"default a.example.com. 5 A 192.0.2.1", "oversea a.example.com. 5 A 192.0.2.2",
      "default b.example.com. 5 A 192.0.2.3"}},
    {"line_in_any_case_with_comment",
     "$line OverSea ; abroad\na 5 A 192.0.2.1\n$Line\tcn_telecom_beijing;x\na 5 A 192.0.2.2\n",
     {"oversea a.example.com. 5 A 192.0.2.1", "cn_telecom_beijing a.example.com. 5 A 192.0.2.2"}},
    {"line_keeps_owner_ttl_and_origin",
     "$TTL 5\n$ORIGIN b.\na A 192.0.2.1\n$LINE oversea\n A 192.0.2.2\n",
     {"default a.b. 5 A 192.0.2.1", "oversea a.b. 5 A 192.0.2.2"}},
    {"line_in_parentheses_is_text",
     "a 5 TXT ( x\n$LINE oversea\n)\nb 5 A 192.0.2.1\n",
     {R"(default a.example.com. 5 TXT "x" "$LINE" "oversea")", "default b.example.com. 5 A 192.0.2.1"}},
    {"line_in_quotes_is_text",
     "a 5 TXT ( \"x\n$LINE oversea\n\" )\nb 5 A 192.0.2.1\n",
     {R"(default a.example.com. 5 TXT "x\010$LINE oversea\010")", "default b.example.com. 5 A 192.0.2.1"}},
    {"line_in_comment_is_comment", "; \n;$LINE oversea\nb 5 A 192.0.2.1\n", {"default b.example.com. 5 A 192.0.2.1"}},
    {"line_behind_skipped_parentheses", "$LINE x\n$LINE y\n\n$LINE z", {}},
};
INSTANTIATE_TEST_SUITE_P(Table, ZoneReaderAccepts, testing::ValuesIn(kAccepted),
                         [](const auto& test) { return std::string(test.param.name); });

struct Refused {
    const char* name;
    std::string text;
    Lines findings;  // without "example.com.zone:"; a prefix of each
    Lines owners;    // of the records read nevertheless
};

void PrintTo(const Refused& c, std::ostream* out) {
    *out << c.name;
}

class ZoneReaderRefuses : public testing::TestWithParam<Refused> {};

TEST_P(ZoneReaderRefuses, with_place_and_goes_on) {
    const auto reading = read_text(GetParam().text);
    ASSERT_EQ(reading.findings.size(), GetParam().findings.size()) << testing::PrintToString(reading.findings);
    for (size_t i = 0; i < reading.findings.size(); ++i)
        EXPECT_THAT(reading.findings[i], testing::StartsWith("example.com.zone:" + GetParam().findings[i]));
    Lines owners;
    for (const auto& record : reading.zone.records) owners.push_back(dname_to_text(reading.zone.owner(record)));
    EXPECT_EQ(owners, GetParam().owners);
}

const std::vector<Refused> kRefused = {
    {"bad_address",
     "a 5 A 192.0.2\nb 5 A 192.0.2.1\n",
     {"1: error: invalid IPv4 address at '192.0.2': write it as"},
     {"b.example.com."}},
    {"host_for_address",
     "a 5 A cdn.example.net.\n",
     {"1: error: invalid address character at 'cdn.example.net.': an addr"},
     {}},
    {"every_error",
     "a 5 A x\n\n; c\nb 5 AAAA y\nc 5 MX z m\nd 5 A 192.0.2.1\n",
     {"1: error: invalid address", "4: error: invalid", "5: error: invalid number at 'z m'"},
     {"d.example.com."}},
    {"unknown_type", "a 5 ALIAS b\n", {"1: error: unsupported record type at 'ALIAS b': check the spelling"}, {}},
    {"other_class",
     "a 5 CH TXT x\nb 5 CLASS3 TXT x\nc 5 TXT x\n",
     {"1: error: unsupported record type at 'CH TXT x'", "2: error: unsupported record type at 'CLASS3 TXT x'"},
     {"c.example.com."}},
    {"rest", "a 5 A 192.0.2.1 192.0.2.2\n", {"1: error: unexpected data at '192.0.2.2': remove it"}, {}},
    {"no_owner_yet", " 5 A 192.0.2.1\n", {"1: error: previous owner is invalid"}, {}},
    {"quotes_not_closed",
     "a 5 TXT \"x\nb 5 TXT \"y\"\n",
     {"1: error: invalid text character at '\"x': close the quotes"},
     {"b.example.com."}},
    {"raw_bytes_in_text",
     "a 5 TXT \"caf\xc3\xa9\"\nb 5 TXT caf\xc3\xa9 x\nc 5 TXT \"caf\\195\\169\"\n",
     {R"(1: error: invalid text character at '"caf\195\169"': write bytes above 127 as \DDD)",
      R"(2: error: invalid text character at 'caf\195\169 x': write bytes above 127 as \DDD)"},
     {"c.example.com."}},
    {"long_text", "a 5 CAA 0 " + std::string(256, 'x') + " y\n", {"1: error: "}, {}},
    {"long_label", std::string(64, 'x') + " 5 A 192.0.2.1\n", {"1: error: maximal domain name label length"}, {}},
    {"long_name",
     fmt::format("{0}.{0}.{0}.{0} 5 A 192.0.2.1\n", std::string(63, 'x')),
     {"1: error: maximal domain name length"},
     {}},
    {"parenthesis_not_closed",
     "a 5 A 192.0.2.1\n\nb 5 TXT ( x\n y\n",
     {"3: error: unclosed last multiline block: a parenthesis opened here"},
     {"a.example.com."}},
    {"parenthesis_not_closed_at_line_end",
     "a 5 A ( 192.0.2.1\nb 5 A 192.0.2.1\n",
     {"1: error: unclosed last multiline block"},
     {"a.example.com.", "b.example.com."}},
    {"parenthesis_not_opened",
     "a 5 A 192.0.2.1 )\nb 5 A 192.0.2.1\n",
     {"1: error: too many right parentheses at ')': remove this"},
     {"b.example.com."}},
    {"error_in_parentheses_skips_all_of_it",
     "a 5 A ( x\n$LINE oversea\n)\nb 5 A 192.0.2.1\n",
     {"1: error: invalid address"},
     {"b.example.com."}},
    {"ttl_too_large",
     "a 2147483648 A 192.0.2.1\n$TTL 4294967294\nb A 192.0.2.1\n",
     {"1: error: TTL 2147483648 is too large: at most 2147483647", "3: error: TTL 4294967294 is too large"},
     {}},
    {"no_ttl_is_told_once",
     "a A 192.0.2.1\nb A 192.0.2.1\n",
     {"1: error: no TTL: put `$TTL 3600` at the top"},
     {"a.example.com.", "b.example.com."}},
    {"bad_dollar_ttl", "$TTL x\na 5 A 192.0.2.1\n", {"1: error: invalid number at 'x'"}, {"a.example.com."}},
    {"bad_origin",
     "$ORIGIN a..b\n$ORIGIN\n$ORIGIN x y\na 5 A 192.0.2.1\n",
     {"1: error: ", "2: error: ", "3: error: "},
     {"a.example.com."}},
    {"failed_origins_leave_no_trace",
     "$ORIGIN(sub.e3 0Ax.y\n)\na 5 A 192.0.2.1\n$ORIGIN (\nb..c\n)\na 5 CNAME b\n$ORIGIN x..y.\n$ORIGIN net.\n"
     "$ORIGIN q.w..\na 5 A 192.0.2.1\n",
     {"1: error: ", "5: error: ", "8: error: ", "10: error: "},
     {"a.example.com.", "a.example.com.", "a.net."}},
    {"too_long_relative_origin",
     fmt::format("$ORIGIN {0}.{0}.{0}.{0}\na 5 A 192.0.2.1\n", std::string(60, 'x')),
     {"1: error: invalid FQDN zone origin"},
     {"a.example.com."}},
    {"unknown_directive",
     "$FOO x\n$\na 5 A 192.0.2.1\n",
     {"1: error: invalid directive at 'FOO x': directives are $ORIGIN, $TTL, $INCLUDE and $LINE",
      "2: error: invalid directive"},
     {"a.example.com."}},
    {"line_without_name",
     "$LINE\n$LINE ; x\na 5 A 192.0.2.1\n",
     {"1: error: $LINE names no line: write `$LINE name`", "2: error: $LINE names no line"},
     {"a.example.com."}},
    {"line_with_two_names", "$LINE a b\n", {"1: error: $LINE takes one line name; 'a b' is none"}, {}},
    {"line_with_other_syntax",
     "$LINE (a)\n$LINE \"a\"\n$LINE a\\b\n$LINEa\n",
     {"1: error: $LINE takes", "2: error: $LINE takes", "3: error: $LINE takes",
      "4: error: invalid directive at 'LINEa'"},
     {}},
    {"indented_line_is_no_directive",
     "a 5 A 192.0.2.1\n $LINE oversea\n",
     {"2: error: invalid number at '$LINE oversea'"},
     {"a.example.com."}},
    {"include_without_name",
     "a 5 A 192.0.2.1\n$INCLUDE\nb 5 A 192.0.2.1\n$INCLUDE\n$INCLUDE\nc 5 A 192.0.2.1\n$INCLUDE",
     {"2: error: incomplete entry at '$INCLUDE'", "4: error: incomplete", "5: error: incomplete",
      "7: error: incomplete"},
     {"a.example.com.", "b.example.com.", "c.example.com."}},
    {"generic_form_of_known_type",
     "a 5 A \\# 3 C00002\nb 5 CNAME \\# 2 0161\nc 5 TXT \\# 2 0561\nd 5 MX \\# 3 000100\ne 5 TYPE1 \\# 4 C0000201\n",
     {"1: error: the bytes behind \\# are no valid A data", "2: error: the bytes behind \\# are no valid CNAME",
      "3: error: the bytes behind \\# are no valid TXT"},
     {"d.example.com.", "e.example.com."}},
    {"generic_length", "a 5 TYPE65280 \\# 2 00\n", {"1: error: the rdata length statement is incorrect"}, {}},
    {"nul_byte", std::string("a\0b 5 A 192.0.2.1\nc 5 A 192.0.2.1\n", 34), {"1: error: "}, {"c.example.com."}},
};
INSTANTIATE_TEST_SUITE_P(Table, ZoneReaderRefuses, testing::ValuesIn(kRefused),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(ZoneReader, soa_minimum_is_the_last_resort_ttl) {
    const auto reading = read_text("@ SOA ns h 1 2 3 4 42\na A 192.0.2.1\n");
    EXPECT_THAT(reading.records, ElementsAre("default example.com. 42 SOA ns.example.com. h.example.com. 1 2 3 4 42",
                                             "default a.example.com. 42 A 192.0.2.1"));
    EXPECT_THAT(reading.findings,
                ElementsAre("example.com.zone:1: warning: no TTL: the SOA's MINIMUM, 42, is used; put `$TTL 42` "
                            "at the top of the file"));
}

TEST(ZoneReader, apex_is_the_owner_of_the_first_soa) {
    EXPECT_EQ(read_text("a 5 A 192.0.2.1\nB 5 SOA ns h 1 2 3 4 5\nc 5 SOA ns h 1 2 3 4 5\n").zone.apex,
              dname_from_text("b.example.com").value());
    EXPECT_EQ(read_text("a 5 A 192.0.2.1\n").zone.apex, "");
}

TEST(ZoneReader, origin_is_the_zone_the_file_is_named_after) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"example.com", "a.example.com."},
        {"/etc/zones/example.com.zone", "a.example.com."},
        {"EXAMPLE.com.zone", "a.example.com."},
        {"2.0.192.in-addr.arpa.zone", "a.2.0.192.in-addr.arpa."},
        {"zones/a..b", "a."},
        {"", "a."},
        {"zone.zone", "a.zone."},
    };
    for (const auto& [path, owner] : cases) {
        const auto reading = read_text("a 5 A 192.0.2.1\n", path);
        ASSERT_EQ(reading.zone.records.size(), 1U) << path;
        EXPECT_EQ(dname_to_text(reading.zone.owner(reading.zone.records[0])), owner) << path;
    }
}

TEST(ZoneReader, a_record_is_where_its_first_line_is) {
    const auto reading = read_text(
        "; comment\n\n@ 5 SOA ns h (\n 1 2\n 3 4 5 )\n$TTL 5\n\n  ; more\na A 192.0.2.1\n$LINE x\n\nb MX (\n10\nmx\n)\n"
        "c TXT ( x\n)\nd A ( 192.0.2.1\n)\n\ne A 192.0.2.1\nf TXT (\n;)\nx )\ng A 192.0.2.1");
    EXPECT_THAT(reading.findings, IsEmpty());
    EXPECT_THAT(reading.places, ElementsAre("example.com.zone:3", "example.com.zone:9", "example.com.zone:12",
                                            "example.com.zone:16", "example.com.zone:18", "example.com.zone:21",
                                            "example.com.zone:22", "example.com.zone:25"));
}

TEST(ZoneReader, a_record_behind_an_error_in_parentheses_keeps_its_line) {
    EXPECT_THAT(read_text("a 5 A ( x\n\n$LINE y\n)\nb 5 A 192.0.2.1\n").places, ElementsAre("example.com.zone:5"));
}

TEST(ZoneReader, line_places_are_first_mentions) {
    const auto zone = read_text("$LINE default\n$LINE b\n$LINE a\n$LINE B\n").zone;
    EXPECT_EQ(zone.lines, (Lines{"default", "b", "a"}));
    EXPECT_EQ(zone.line_places, (std::vector<Place>{{}, {"example.com.zone", 2}, {"example.com.zone", 3}}));
}

TEST(ZoneReader, stops_after_a_thousand_errors) {
    std::string text;
    for (int i = 0; i < 5000; ++i) text += "a 5 A x\n";
    const auto reading = read_text(text);
    ASSERT_EQ(reading.findings.size(), 1001U);
    EXPECT_EQ(reading.findings.back(),
              "example.com.zone:1000: error: 1000 errors: the rest is not read; is this a zone file?");
}

TEST(ZoneReader, consecutive_records_share_their_owner) {
    const auto zone = read_text("a 5 A 192.0.2.1\nA 5 A 192.0.2.2\n$LINE x\na 5 A 192.0.2.3\nb 5 A 192.0.2.4\n").zone;
    ASSERT_EQ(zone.records.size(), 4U);
    EXPECT_EQ(zone.records[0].owner, zone.records[1].owner);
    EXPECT_EQ(zone.records[0].owner, zone.records[2].owner);
    EXPECT_NE(zone.records[0].owner, zone.records[3].owner);
}

TEST(ZoneReader, big_zone) {
    constexpr size_t kNames = 100000;
    std::string text = "$TTL 60\n";
    for (size_t i = 0; i < kNames; ++i)
        text += fmt::format("$LINE default\nh{0} A 10.{1}.{2}.{3}\n$LINE l{4}\n CNAME c{0}\n", i, i >> 16, i >> 8 & 255,
                            i & 255, i % 500);
    const auto reading = read_text(text);
    EXPECT_THAT(reading.findings, IsEmpty());
    ASSERT_EQ(reading.records.size(), 2 * kNames);
    EXPECT_EQ(reading.zone.lines.size(), 501U);
    for (size_t i = 0; i < kNames; i += 997) {
        EXPECT_EQ(reading.records[2 * i],
                  fmt::format("default h{}.example.com. 60 A 10.{}.{}.{}", i, i >> 16, i >> 8 & 255, i & 255));
        EXPECT_EQ(reading.records[2 * i + 1],
                  fmt::format("l{} h{}.example.com. 60 CNAME c{}.example.com.", i % 500, i, i));
        EXPECT_EQ(reading.zone.records[2 * i + 1].line_number, 4 * i + 5);
    }
}

TEST(ZoneReader, too_many_lines) {
    std::string text;
    for (int i = 0; i < 70000; ++i) text += fmt::format("$LINE l{}\n", i);
    const auto reading = read_text(text);
    EXPECT_EQ(reading.zone.lines.size(), 65536U);
    ASSERT_FALSE(reading.findings.empty());
    EXPECT_EQ(reading.findings[0], "example.com.zone:65536: error: more than 65535 lines in one zone; use fewer");
}

}  // namespace
}  // namespace splitline
