// SPDX-License-Identifier: GPL-3.0-or-later
// What is rendered reads back as the same records: every type, every byte, every line.
#include "zone/zone_render.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <tuple>

#include "unit/zone_fixture.h"

namespace splitline {
namespace {

using zone_test::Lines;
using zone_test::read_text;

// line, owner, TTL, type, RDATA
using Row = std::tuple<std::string, std::string, uint32_t, uint16_t, std::string>;

std::vector<Row> sorted_rows(const ZoneRecords& zone) {
    std::vector<Row> rows;
    for (const auto& record : zone.records) {
        const auto rdata = zone.rdata(record);
        rows.emplace_back(zone.lines[record.line], zone.owner(record), record.ttl, record.type,
                          std::string(reinterpret_cast<const char*>(rdata.data()), rdata.size()));
    }
    std::sort(rows.begin(), rows.end());
    return rows;
}

void expect_round_trip(const ZoneRecords& zone) {
    const std::string text = render_zone(zone);
    const auto again = read_text(text, "elsewhere.zone");
    EXPECT_THAT(again.findings, testing::IsEmpty()) << text;
    EXPECT_EQ(sorted_rows(again.zone), sorted_rows(zone)) << text;
    EXPECT_EQ(render_zone(again.zone), text) << "rendering is not stable";
}

// One or more RDATA of every type that libzscanner has a presentation format for.
const std::multimap<std::string, std::string> kSamples = {
    {"A", "192.0.2.1"},
    {"NS", "ns"},
    {"CNAME", "Mixed.Case.Example."},
    {"SOA", "ns host\\.master 4294967295 2 3 4 5"},
    {"PTR", R"(a\.b\032c\000d)"},
    {"HINFO", R"("PC \"x\"" "")"},
    {"MINFO", "a b"},
    {"MX", "65535 ."},
    {"TXT", "\"\""},
    {"TXT", R"(a "b c;d" "\000\010\127\200\255\\")"},
    {"RP", "a b"},
    {"AFSDB", "1 a"},
    {"RT", "1 a"},
    {"KEY", "256 3 8 AQIDBA=="},
    {"AAAA", "2001:db8::1"},
    {"AAAA", "::ffff:192.0.2.1"},
    {"LOC", "42 21 54.123 N 71 6 18.5 W -24m 30m 1000m 2.5m"},
    {"LOC", "0 0 0 S 180 0 0 E 42849672.95m"},
    {"SRV", "0 5 5060 sip"},
    {"NAPTR", R"(100 50 "s" "http+I2L" "!^.*$!x!" _http._tcp)"},
    {"KX", "1 a"},
    {"CERT", "PKIX 1 RSASHA256 AQIDBA=="},
    {"CERT", "65534 1 200 AQIDBA=="},
    {"DNAME", "a.b."},
    {"APL", "1:192.0.2.0/24 !2:2001:db8::/32 1:0.0.0.0/0"},
    {"APL", "\\# 0"},
    {"DS", "12345 13 2 AABB"},
    {"SSHFP", "4 2 AABB"},
    {"IPSECKEY", "10 0 2 . AQIDBA=="},
    {"IPSECKEY", "10 1 2 192.0.2.1 AQIDBA=="},
    {"IPSECKEY", "10 2 2 2001:db8::1 AQIDBA=="},
    {"IPSECKEY", "10 3 2 gw.example. AQIDBA=="},
    {"RRSIG", "A 13 2 300 20300101000000 20200101000000 12345 example.com. AQIDBA=="},
    {"NSEC", "b A MX RRSIG NSEC TYPE1234 TYPE65280"},
    {"DNSKEY", "257 3 13 AQIDBA=="},
    {"DHCID", "AQIDBA=="},
    {"NSEC3", "1 1 12 AABB 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR A RRSIG"},
    {"NSEC3", "1 0 0 - 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR"},
    {"NSEC3PARAM", "1 0 12 AABB"},
    {"NSEC3PARAM", "1 0 0 -"},
    {"TLSA", "3 1 1 AABB"},
    {"SMIMEA", "3 1 1 AABB"},
    {"CDS", "0 0 0 00"},
    {"CDNSKEY", "0 3 0 AA=="},
    {"OPENPGPKEY", "AQIDBA=="},
    {"CSYNC", "66 3 A NS AAAA"},
    {"ZONEMD", "2018031500 1 1 " + std::string(96, 'A')},
    {"SVCB", "0 svc.example."},
    {"SVCB", "1 . mandatory=alpn,port alpn=h2,h3 port=8443"},
    {"SVCB", R"(16 a. alpn="f\\\\oo\\,bar,h2" key667="hello\210qoo" key65333=ex1)"},
    {"HTTPS", "1 . alpn=h2 no-default-alpn ipv4hint=192.0.2.1,192.0.2.2 ech=AQIDBA== ipv6hint=2001:db8::1"},
    {"HTTPS", "1 . key7=/dns-query{?dns} key9=x"},
    {"SPF", "\"v=spf1 -all\""},
    {"NID", "10 0014:4fff:ff20:ee64"},
    {"L32", "10 10.1.2.3"},
    {"L64", "10 2001:0DB8:1140:1000"},
    {"LP", "10 l64"},
    {"EUI48", "00-00-5e-00-53-2a"},
    {"EUI64", "00-00-5e-ef-10-00-00-2a"},
    {"URI", R"(10 1 "ftp://ftp.example/\"x")"},
    {"CAA", R"(128 issue "ca.example; policy=\"ev\"")"},
    {"CAA", "0 tbs \"\""},
    {"CAA", "\\# 5 0002612878"},  // a tag that is no word
    {"TYPE65280", "\\# 5 00FF100000"},
    {"TYPE65280", "\\# 0"},
    {"TYPE10", "\\# 2 AABB"},
    {"TYPE41", "\\# 0"},
    {"TYPE255", "\\# 1 00"},
};

TEST(ZoneRender, every_type_reads_back) {
    for (const auto& [type, rdata] : kSamples) {
        SCOPED_TRACE(type + " " + rdata);
        const auto reading = read_text("a 5 " + type + " " + rdata + "\n");
        ASSERT_THAT(reading.findings, testing::IsEmpty());
        ASSERT_EQ(reading.zone.records.size(), 1U);
        expect_round_trip(reading.zone);
    }
}

TEST(ZoneRender, every_type_the_scanner_knows_has_a_sample) {
    for (unsigned type = 0; type < 65536; ++type) {
        const std::string name = type_to_text(static_cast<uint16_t>(type));
        if (name.rfind("TYPE", 0) == 0) continue;
        const auto reading = read_text("a 5 " + name + " \\# 1 00\n");
        const bool is_known =
            reading.findings.empty() || reading.findings[0].find("unsupported record type") == std::string::npos;
        EXPECT_EQ(is_known, kSamples.contains(name)) << name;
    }
}

TEST(ZoneRender, generic_form_is_the_same_record) {
    for (const auto& [type, rdata] : kSamples) {
        if (type == "TYPE41") continue;
        SCOPED_TRACE(type + " " + rdata);
        const auto zone = read_text("a 5 " + type + " " + rdata + "\n").zone;
        const auto bytes = zone.rdata(zone.records.at(0));
        std::string generic =
            "a 5 TYPE" + std::to_string(zone.records[0].type) + " \\# " + std::to_string(bytes.size()) + " ";
        for (const uint8_t byte : bytes) {
            generic += "0123456789abcdef"[byte >> 4];
            generic += "0123456789abcdef"[byte & 15];
        }
        const auto reading = read_text(generic + "\n");
        EXPECT_THAT(reading.findings, testing::IsEmpty());
        EXPECT_EQ(sorted_rows(reading.zone), sorted_rows(zone));
    }
}

TEST(ZoneRender, random_owners_and_texts_read_back) {
    std::mt19937 random(20240917);
    const auto number = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
    ZoneRecords zone;
    zone.files = {"x"};
    zone.lines = {"default", "oversea", "cn_telecom_beijing"};
    zone.line_places.resize(3);
    for (int i = 0; i < 3000; ++i) {
        Record record{.owner = static_cast<uint32_t>(zone.bytes.size()), .ttl = number(1U << 31)};
        for (unsigned labels = number(4); labels > 0; --labels) {
            const unsigned size = 1 + number(20);
            zone.bytes.push_back(static_cast<uint8_t>(size));
            for (unsigned k = 0; k < size; ++k) {
                const unsigned byte = number(256);
                zone.bytes.push_back(static_cast<uint8_t>(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte));
            }
        }
        zone.bytes.push_back(0);
        record.rdata = static_cast<uint32_t>(zone.bytes.size());
        const unsigned size = number(256);
        zone.bytes.push_back(static_cast<uint8_t>(size));
        for (unsigned k = 0; k < size; ++k) zone.bytes.push_back(static_cast<uint8_t>(number(256)));
        record.rdata_length = static_cast<uint16_t>(size + 1);
        record.type = number(2) == 0 ? 16 : static_cast<uint16_t>(65280 + number(100));
        record.line = static_cast<uint16_t>(number(3));
        zone.records.push_back(record);
    }
    expect_round_trip(zone);
}

TEST(ZoneRender, soa_first_then_lines_in_canonical_order) {
    const auto zone =
        read_text(
            "$TTL 5\nz A 192.0.2.1\n$LINE oversea\nb A 192.0.2.2\n$LINE default\n*.b A 192.0.2.3\nb TXT x\nb A "
            "192.0.2.4\na.b A 192.0.2.5\n@ NS z\n@ SOA z h 1 2 3 4 5\n$LINE Internal\na.b A 192.0.2.6\n$LINE "
            "oversea\na A 192.0.2.7\n")
            .zone;
    EXPECT_EQ(render_zone(zone),
              "example.com.\t5\tIN\tSOA\tz.example.com. h.example.com. 1 2 3 4 5\n"
              "example.com.\t5\tIN\tNS\tz.example.com.\n"
              "b.example.com.\t5\tIN\tA\t192.0.2.4\n"
              "b.example.com.\t5\tIN\tTXT\t\"x\"\n"
              "*.b.example.com.\t5\tIN\tA\t192.0.2.3\n"
              "a.b.example.com.\t5\tIN\tA\t192.0.2.5\n"
              "z.example.com.\t5\tIN\tA\t192.0.2.1\n"
              "$LINE oversea\n"
              "a.example.com.\t5\tIN\tA\t192.0.2.7\n"
              "b.example.com.\t5\tIN\tA\t192.0.2.2\n"
              "$LINE internal\n"
              "a.b.example.com.\t5\tIN\tA\t192.0.2.6\n");
    expect_round_trip(zone);
}

TEST(ZoneRender, soa_on_another_line_does_not_draw_the_rest_with_it) {
    expect_round_trip(read_text("$TTL 5\na A 192.0.2.1\n$LINE oversea\n@ SOA z h 1 2 3 4 5\nb A 192.0.2.2\n").zone);
}

// So many that several cores print them, and that a name's records lie on both sides of what each takes.
TEST(ZoneRender, a_large_zone_is_in_order_too) {
    constexpr int kNames = 50'000;
    std::vector<int> numbers(kNames);
    std::iota(numbers.begin(), numbers.end(), 0);
    std::string text = "$TTL 5\n@ SOA z h 1 2 3 4 5\n";
    std::string expected = "example.com.\t5\tIN\tSOA\tz.example.com. h.example.com. 1 2 3 4 5\n";
    std::string oversea = "$LINE oversea\n";
    std::mt19937 random(1);
    std::shuffle(numbers.begin(), numbers.end(), random);
    for (const int i : numbers) text += fmt::format("n{:05} TXT x\nn{:05} A 192.0.2.1\n", i, i);
    text += oversea;
    std::shuffle(numbers.begin(), numbers.end(), random);
    for (const int i : numbers) text += fmt::format("n{:05} A 192.0.2.2\n", i);
    for (int i = 0; i < kNames; ++i) {
        expected +=
            fmt::format("n{:05}.example.com.\t5\tIN\tA\t192.0.2.1\nn{:05}.example.com.\t5\tIN\tTXT\t\"x\"\n", i, i);
        oversea += fmt::format("n{:05}.example.com.\t5\tIN\tA\t192.0.2.2\n", i);
    }
    EXPECT_TRUE(render_zone(read_text(text).zone) == expected + oversea);
}

TEST(ZoneRender, nothing_renders_to_nothing) {
    EXPECT_EQ(render_zone(ZoneRecords{}), "");
}

TEST(ZoneRender, type_names) {
    EXPECT_EQ(type_to_text(1), "A");
    EXPECT_EQ(type_to_text(65), "HTTPS");
    EXPECT_EQ(type_to_text(65280), "TYPE65280");
    const std::map<std::string, unsigned> good = {{"A", 1},     {"aaaa", 28},         {"Https", 65},       {"ANY", 255},
                                                  {"TYPE1", 1}, {"type65280", 65280}, {"TYPE65535", 65535}};
    for (const auto& [text, type] : good) {
        const auto result = type_from_text(text);
        ASSERT_TRUE(result.has_value()) << text;
        EXPECT_EQ(*result, type) << text;
    }
    const std::vector<std::string> bad = {"",       "ALIAS",
                                          "TYPE",   "TYPE65536",
                                          "TYPE-1", "TYPE1x",
                                          " A",     "A ",
                                          "1",      "TYPE 1",
                                          "TYPE+1", std::string("A") + char{0},
                                          "TYPExy", std::string(5000, 'A')};
    for (const auto& text : bad) EXPECT_FALSE(type_from_text(text).has_value()) << text;
}

TEST(ZoneRender, malformed_rdata_falls_back_to_the_generic_form) {
    const std::vector<uint8_t> bytes = {0xC0, 0x00, 0x02};
    EXPECT_EQ(rdata_to_text(1, {bytes.data(), bytes.size()}), "\\# 3 C00002");
    EXPECT_EQ(rdata_to_text(16, {}), "\\# 0");
}

}  // namespace
}  // namespace splitline
