// SPDX-License-Identifier: GPL-3.0-or-later
// Prefixes from range CSV, prefix lists and the configuration, and what is said of bad ones.
#include <arpa/inet.h>

#include <map>
#include <set>

#include "line/address_text.h"
#include "line/prefix_builder.h"
#include "unit/line_fixture.h"

namespace splitline::line_test {
namespace {

/// "telecom 10.0.0.0/8 (source)" for every prefix, in the order of the table.
std::string table_text(const LineCatalog& catalog, const PrefixTable& table) {
    std::string text;
    const auto add = [&](LineId line, const Prefix& prefix, uint16_t source) {
        text += catalog.name(line) + " " + prefix.text() + " (" + table.sources.at(source) + ")\n";
    };
    for (const auto& prefix : table.ipv4) add(prefix.line, {to_address(prefix.address), prefix.length}, prefix.source);
    for (const auto& prefix : table.ipv6) add(prefix.line, {to_address(prefix.address), prefix.length}, prefix.source);
    return text;
}

std::string read_text(const LineConfig& config, Diagnostics& findings) {
    const auto catalog = build(config);
    return table_text(catalog, read_prefixes(catalog, config.databases, findings));
}

Line by_country(const std::string& name, const std::vector<std::string>& countries) {
    Line line = own_line(name, {}, LineGroup::kCountry);
    line.sources.countries = countries;
    line.place = {"splitline.toml", 5};
    return line;
}

TEST(PrefixSources, CsvRangesBecomeTheFewestPrefixes) {
    const TempFiles files;
    LineConfig config;
    const auto path = files.write("geoip",
                                  "# comment, with, commas\n"
                                  "16777216,16777471,AU\r\n"
                                  "1.0.1.0,1.0.3.255,cn\n"
                                  "\n"
                                  "3232235521,3232235526,JP\n"
                                  "2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,JP\n"
                                  "2001:201::, 2001:202::1 ,JP\n"
                                  "3758096384,4294967295,??\n"
                                  "::,::ffff,ZZ");
    config.databases.country_csv = {path};
    config.lines = {by_country("japan", {"JP", "jp"}), by_country("world", {"*", "!JP"}),
                    own_line("internal", {"1.0.1.0/24"}), own_line("oversea", {"2001:db8::/32"})};
    Diagnostics findings;
    EXPECT_EQ(read_text(config, findings),
              "world 1.0.0.0/24 (" + path + ": country AU)\n" + "world 1.0.1.0/24 (" + path + ": country CN)\n" +
                  "world 1.0.2.0/23 (" + path + ": country CN)\n" + "japan 192.168.0.1/32 (" + path +
                  ": country JP)\n" + "japan 192.168.0.2/31 (" + path + ": country JP)\n" + "japan 192.168.0.4/31 (" +
                  path + ": country JP)\n" + "japan 192.168.0.6/32 (" + path + ": country JP)\n" +
                  "internal 1.0.1.0/24 (configuration)\n" + "japan 2001:200::/32 (" + path + ": country JP)\n" +
                  "japan 2001:201::/32 (" + path + ": country JP)\n" + "japan 2001:202::/127 (" + path +
                  ": country JP)\n" + "oversea 2001:db8::/32 (configuration)\n");
    EXPECT_EQ(findings.text(), "");
}

TEST(PrefixSources, CountriesIncludeAndExclude) {
    const TempFiles files;
    LineConfig config;
    config.databases.country_csv = {files.write("geoip", "0,255,CN\n256,511,HK\n512,767,US\n768,1023,??\n")};
    struct Case {
        std::vector<std::string> countries;
        std::vector<std::string> prefixes;
    };
    const std::string cn = "0.0.0.0/24";
    const std::string hk = "0.0.1.0/24";
    const std::string us = "0.0.2.0/24";
    const Case cases[] = {
        {{"*"}, {cn, hk, us}},    {{"*", "!CN"}, {hk, us}},    {{"!CN", "*"}, {hk, us}},    {{"*", "!CN", "!HK"}, {us}},
        {{"CN", "HK"}, {cn, hk}}, {{"CN", "HK", "!HK"}, {cn}}, {{"CN", "*"}, {cn, hk, us}}, {{"us"}, {us}},
    };
    for (const auto& [countries, prefixes] : cases) {
        config.lines = {by_country("own", countries)};
        const auto catalog = build(config);
        Diagnostics findings;
        const auto table = read_prefixes(catalog, config.databases, findings);
        std::vector<std::string> found;
        for (const auto& prefix : table.ipv4)
            if (catalog.name(prefix.line) == "own")
                found.push_back(Prefix{to_address(prefix.address), prefix.length}.text());
        EXPECT_EQ(found, prefixes) << countries[0];
        EXPECT_EQ(findings.text(), "");
    }
}

TEST(PrefixSources, PrefixListsAllowCommentsBlankLinesCrlfAndHosts) {
    const TempFiles files;
    LineConfig config;
    const auto list = files.write("chinanet.txt",
                                  "\xef\xbb\xbf# China Telecom\r\n"
                                  "\r\n"
                                  "1.0.1.0/24\r\n"
                                  "  2001:db8::/32\t; documentation\n"
                                  "192.0.2.1#host\n"
                                  "; the end\n"
                                  "2001:db8::1");
    auto telecom = own_line("telecom", {"10.0.0.0/8"});
    telecom.sources.lists = {list};
    config.lines = {telecom};
    Diagnostics findings;
    EXPECT_EQ(read_text(config, findings), "telecom 1.0.1.0/24 (" + list + ")\n" + "telecom 192.0.2.1/32 (" + list +
                                               ")\n" + "telecom 10.0.0.0/8 (configuration)\n" +
                                               "telecom 2001:db8::/32 (" + list + ")\n" + "telecom 2001:db8::1/128 (" +
                                               list + ")\n");
    EXPECT_EQ(findings.text(), "");
}

struct BadCase {
    std::string what;
    std::function<void(LineConfig&, const TempFiles&)> prepare;
    std::string findings;  // @ stands for the directory of the files
};

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
    for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
    return text;
}

void with_csv(LineConfig& config, const TempFiles& files, const std::string& content) {
    config.databases.country_csv = {files.write("geoip", content)};
    config.lines = {own_line("oversea", {"192.0.2.0/24"})};
}

void with_list(LineConfig& config, const TempFiles& files, const std::string& content) {
    config.lines = {own_line("telecom")};
    config.lines[0].sources.lists = {files.write("list", content)};
}

Line by(const std::string& name, std::vector<std::string> subdivisions, std::vector<uint32_t> asns) {
    Line line = own_line(name);
    line.sources.subdivisions = std::move(subdivisions);
    line.sources.asns = std::move(asns);
    line.place = {"splitline.toml", 5};
    return line;
}

const BadCase kBadCases[] = {
    {"two fields", [](auto& c, auto& f) { with_csv(c, f, "0,255,CN\n1,2\n"); },
     "@/geoip:2: error: want START,END,COUNTRY, not '1,2'\n"},
    {"four fields", [](auto& c, auto& f) { with_csv(c, f, "0,255,CN,x"); },
     "@/geoip:1: error: want START,END,COUNTRY, not '0,255,CN,x'\n"},
    {"no country", [](auto& c, auto& f) { with_csv(c, f, "0,255,China"); },
     "@/geoip:1: error: 'China' is not an ISO 3166 country code, nor ?? for unknown\n"},
    {"no number", [](auto& c, auto& f) { with_csv(c, f, "x,255,CN"); }, "@/geoip:1: error: 'x' is not an address\n"},
    {"too large", [](auto& c, auto& f) { with_csv(c, f, "0,4294967296,CN"); },
     "@/geoip:1: error: '4294967296' is not an address of the same family\n"},
    {"mixed families", [](auto& c, auto& f) { with_csv(c, f, "2001:db8::,5,CN"); },
     "@/geoip:1: error: '5' is not an address of the same family\n"},
    {"backwards", [](auto& c, auto& f) { with_csv(c, f, "2,1,CN"); },
     "@/geoip:1: error: the range ends before it starts; exchange its two addresses\n"},
    {"not a CSV at all", [](auto& c, auto& f) { with_csv(c, f, "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\n"); },
     "@/geoip:1: error: want START,END,COUNTRY, not 'a'\n@/geoip:2: error: want START,END,COUNTRY, not 'b'\n"
     "@/geoip:3: error: want START,END,COUNTRY, not 'c'\n@/geoip:4: error: want START,END,COUNTRY, not 'd'\n"
     "@/geoip:5: error: want START,END,COUNTRY, not 'e'\n@/geoip:6: error: want START,END,COUNTRY, not 'f'\n"
     "@/geoip:7: error: want START,END,COUNTRY, not 'g'\n@/geoip:8: error: want START,END,COUNTRY, not 'h'\n"
     "@/geoip:9: error: want START,END,COUNTRY, not 'i'\n@/geoip:10: error: want START,END,COUNTRY, not 'j'\n"
     "@/geoip:10: error: too many errors, the rest is not read; is this the right kind of file?\n"},
    {"bits behind the length", [](auto& c, auto& f) { with_list(c, f, "\n10.0.0.1/8\n11.0.0.0/8\n"); },
     "@/list:2: error: '10.0.0.1/8' has bits behind its length; did you mean 10.0.0.0/8?\n"},
    {"a range in a list", [](auto& c, auto& f) { with_list(c, f, "10.0.0.1-10.0.0.2\n"); },
     "@/list:1: error: '10.0.0.1-10.0.0.2' is not an IPv4 or IPv6 prefix (want ADDRESS/LENGTH)\n"},
    {"length too long", [](auto& c, auto& f) { with_list(c, f, "10.0.0.0/33\n"); },
     "@/list:1: error: '10.0.0.0/33': the length must be 0 to 32\n"},
    {"missing list",
     [](auto& c, auto& f) {
         c.lines = {own_line("telecom")};
         c.lines[0].sources.lists = {f.path("none")};
     },
     "@/none: error: cannot read it: No such file or directory; check the path and that the daemon's user may read "
     "it\n"},
    {"a directory",
     [](auto& c, auto& f) {
         c.lines = {own_line("telecom")};
         c.lines[0].sources.lists = {f.path("")};
     },
     "@/: error: cannot read it: Is a directory; check the path and that the daemon's user may read it\n"},
    {"missing tor-geoipdb", [](auto& c, auto&) { c.databases.country_csv = {"/usr/share/tor/geoip7"}; },
     "/usr/share/tor/geoip7: error: cannot read it: No such file or directory; Debian's package tor-geoipdb "
     "installs it\n"},
    {"missing mmdb", [](auto& c, auto& f) { c.databases.country_mmdb = {f.path("c.mmdb")}; },
     "@/c.mmdb: error: cannot read it: No such file or directory; check the path and that the daemon's user may "
     "read it\n"},
    {"no mmdb", [](auto& c, auto& f) { c.databases.country_mmdb = {f.write("c.mmdb", "0,255,CN\n")}; },
     "@/c.mmdb: error: is not a sound mmdb database: The MaxMind DB file contains invalid metadata; fetch it "
     "again\n"},
    {"country without a database", [](auto& c, auto&) { c.lines = {by_country("japan", {"JP"})}; },
     "splitline.toml:5: error: line 'japan' is by country, but there is no country database; name one in "
     "geo.country_csv (Debian's package tor-geoipdb has /usr/share/tor/geoip and /usr/share/tor/geoip6) or "
     "geo.country_mmdb\n"},
    {"subdivision and ASN without a database", [](auto& c, auto&) { c.lines = {by("own", {"CN-BJ"}, {4134})}; },
     "splitline.toml:5: error: line 'own' is by subdivision, but there is no mmdb country database; name one in "
     "geo.country_mmdb\n"
     "splitline.toml:5: error: line 'own' is by AS number, but there is no ASN database; name one in geo.asn_mmdb\n"},
    {"malformed country",
     [](auto& c, auto& f) {
         with_csv(c, f, "0,255,CN");
         c.lines.push_back(by_country("japan", {"JPN", "!", "ZZ"}));
     },
     "splitline.toml:5: error: line 'japan': 'JPN' is not a country; use ISO 3166 codes like \"CN\", \"*\" for "
     "every "
     "country, \"!CN\" to take one out\n"
     "splitline.toml:5: error: line 'japan': '!' is not a country; use ISO 3166 codes like \"CN\", \"*\" for every "
     "country, \"!CN\" to take one out\n"
     "splitline.toml:5: error: line 'japan': 'ZZ' is not a country; use ISO 3166 codes like \"CN\", \"*\" for "
     "every "
     "country, \"!CN\" to take one out\n"},
    {"only exclusion",
     [](auto& c, auto& f) {
         with_csv(c, f, "0,255,CN");
         c.lines.push_back(by_country("rest", {"!CN"}));
     },
     "splitline.toml:5: error: line 'rest' only takes countries out; write \"*\" before them\n"},
    {"malformed subdivision",
     [](auto& c, auto& f) {
         with_csv(c, f, "0,255,CN");
         c.lines.push_back(by("own", {"BJ", "CN_BJ"}, {}));
     },
     "splitline.toml:5: error: line 'own': 'BJ' is not a subdivision; use ISO 3166-2 codes like \"CN-BJ\"\n"
     "splitline.toml:5: error: line 'own': 'CN_BJ' is not a subdivision; use ISO 3166-2 codes like \"CN-BJ\"\n"
     "splitline.toml:5: error: line 'own' is by subdivision, but there is no mmdb country database; name one in "
     "geo.country_mmdb\n"},
    {"unseen country",
     [](auto& c, auto& f) {
         with_csv(c, f, "0,255,CN");
         c.lines.push_back(by_country("xq", {"CN", "XQ"}));
     },
     "splitline.toml:5: warning: line 'xq': country XQ is in none of the databases; check the spelling\n"},
    {"empty list", [](auto& c, auto& f) { with_list(c, f, "# nothing\n"); },
     "warning: line 'telecom' has no address: its sources are empty\n"},
    {"no sources", [](auto& c, auto&) { c.lines = {own_line("office")}; },
     "warning: line 'office' has no address: give it countries, lists or prefixes\n"},
};

TEST(PrefixSources, FindingsNamePlaceAndRemedy) {
    for (const auto& [what, prepare, expected] : kBadCases) {
        const TempFiles files;
        LineConfig config;
        prepare(config, files);
        Diagnostics findings;
        read_prefixes(build(config), config.databases, findings);
        EXPECT_EQ(findings.text() + "\n", replace_all(expected, "@/", files.path(""))) << what;
    }
}

TEST(PrefixBuilder, NumbersSourcesOnceAndNoticesWhenThereAreTooMany) {
    PrefixTable table;
    PrefixBuilder builder(table, 1);
    for (unsigned i = 0; i < 65536; ++i) EXPECT_EQ(builder.source(std::to_string(i)), i);
    EXPECT_FALSE(builder.too_many_sources());
    EXPECT_EQ(builder.source("77"), 77);
    builder.source("one more");
    EXPECT_TRUE(builder.too_many_sources());
    EXPECT_EQ(table.sources.size(), 65536U);
}

/// Sums and checks the prefixes of a range: adjacent, aligned, within it.
template <typename Number, typename Prefixes>
void check_cover(const Prefixes& prefixes, Number first, Number last) {
    constexpr unsigned kBits = sizeof(Number) * 8;
    Number at = first;
    for (size_t i = 0; i < prefixes.size(); ++i) {
        const Number size_minus_one =
            prefixes[i].length == 0 ? ~Number{0} : (Number{1} << (kBits - prefixes[i].length)) - 1;
        ASSERT_TRUE(prefixes[i].address == at);
        ASSERT_TRUE((at & size_minus_one) == 0) << "not aligned";
        at += size_minus_one;
        if (i + 1 == prefixes.size()) break;
        ASSERT_TRUE(at < last);
        ++at;
        // Fewest: a prefix and its right neighbour are never the two halves of one block.
        const bool halves = prefixes[i].length == prefixes[i + 1].length && prefixes[i].length > 0 &&
                            (prefixes[i].address & (size_minus_one + 1)) == 0;
        ASSERT_FALSE(halves);
    }
    ASSERT_TRUE(at == last);
}

TEST(PrefixBuilder, SplitsRangesExactly) {
    RandomAddresses random(1);
    for (unsigned round = 0; round < 20000; ++round) {
        uint32_t first = to_uint32(random.clustered(Address::Family::kIpv4));
        uint32_t last =
            to_uint32(random.below(2) ? random.any(Address::Family::kIpv4) : random.clustered(Address::Family::kIpv4));
        uint128 first6 = to_uint128(random.clustered(Address::Family::kIpv6));
        uint128 last6 = to_uint128(random.clustered(Address::Family::kIpv6));
        if (last < first) std::swap(first, last);
        if (last6 < first6) std::swap(first6, last6);
        PrefixTable table;
        PrefixBuilder builder(table, 1);
        builder.add_range(first, last, {{0, 0}});
        builder.add_range(first6, last6, {{0, 0}});
        check_cover<uint32_t>(table.ipv4, first, last);
        check_cover<uint128>(table.ipv6, first6, last6);
    }
    PrefixTable table;
    PrefixBuilder builder(table, 1);
    builder.add_range(uint32_t{0}, ~uint32_t{0}, {{0, 0}});
    builder.add_range(uint128{0}, ~uint128{0}, {{0, 0}});
    ASSERT_EQ(table.ipv4.size(), 1U);
    EXPECT_EQ(table.ipv4[0].length, 0);
    ASSERT_EQ(table.ipv6.size(), 1U);
    EXPECT_EQ(table.ipv6[0].length, 0);
}

TEST(AddressText, AgreesWithInetPton) {
    const std::string texts[] = {"::",
                                 "::1",
                                 "1::",
                                 "1:2:3:4:5:6:7:8",
                                 "1:2:3:4:5:6:7::",
                                 "::2:3:4:5:6:7:8",
                                 "1:2:3::8",
                                 "2001:DB8::a",
                                 "::ffff:1.2.3.4",
                                 "64:ff9b::1.2.3.4",
                                 "1:2:3:4:5:6:1.2.3.4",
                                 "1:2:3:4:5:6:7:8:9",
                                 "1:2:3:4:5:6:7",
                                 ":",
                                 ":::",
                                 "1:::2",
                                 "1::2::3",
                                 ":1::",
                                 "1:",
                                 "1::2:",
                                 "12345::",
                                 "g::",
                                 "::1.2.3",
                                 "::1.2.3.4.5",
                                 "::256.1.1.1",
                                 "1.2.3.4::",
                                 "::1.2.3.4:5",
                                 "",
                                 " ::1",
                                 "::1 ",
                                 "+1::",
                                 "-1::",
                                 "0x1::",
                                 "1:2:3:4:5:6:7:1.2.3.4",
                                 "1:2:3:4:5::6:7:8",
                                 "1:2:3:4::5:6:7:8",
                                 "::01.2.3.4",
                                 "fe80::1%eth0",
                                 "1.2.3.4",
                                 "255.255.255.255",
                                 "0.0.0.0",
                                 "1.2.3",
                                 "1.2.3.",
                                 ".1.2.3",
                                 "1.2.3.4.",
                                 "01.2.3.4",
                                 "1.2.3.256",
                                 "1..2.3",
                                 "a.b.c.d"};
    for (const auto& text : texts) {
        Address expected{Address::Family::kIpv6, {}};
        const bool is_ipv6 = inet_pton(AF_INET6, text.c_str(), expected.bytes.data()) == 1;
        const auto got6 = parse_ipv6_number(text);
        ASSERT_EQ(got6.has_value(), is_ipv6) << "'" << text << "'";
        EXPECT_TRUE(!got6 || to_address(*got6) == expected) << text;
        Address expected4;
        const bool is_ipv4 = inet_pton(AF_INET, text.c_str(), expected4.bytes.data()) == 1;
        const auto got4 = parse_ipv4_number(text);
        ASSERT_EQ(got4.has_value(), is_ipv4) << "'" << text << "'";
        EXPECT_TRUE(!got4 || to_address(*got4) == expected4) << text;
    }
    RandomAddresses random(2);
    for (unsigned round = 0; round < 20000; ++round) {
        const auto any = random.clustered(Address::Family::kIpv6);
        const auto got = parse_ipv6_number(any.text());
        ASSERT_TRUE(got && to_address(*got) == any) << any.text();
        auto broken = any.text();
        broken[random.below(static_cast<unsigned>(broken.size()))] = ":.0fg1"[random.below(6)];
        in6_addr expected;
        const bool valid = inet_pton(AF_INET6, broken.c_str(), &expected) == 1;
        ASSERT_EQ(parse_ipv6_number(broken).has_value(), valid) << broken;
    }
    EXPECT_EQ(parse_ipv4_number("4294967295"), 0xffffffffU);
    EXPECT_EQ(parse_ipv4_number("16777216"), 0x01000000U);
    EXPECT_FALSE(parse_ipv4_number("4294967296"));
}

}  // namespace
}  // namespace splitline::line_test
