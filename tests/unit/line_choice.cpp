// SPDX-License-Identifier: GPL-3.0-or-later
// Which lines an address is on and which wins: DESIGN 4.2 as tables, through the compiled table and through lines_of().
#include "unit/line_fixture.h"

namespace splitline::line_test {
namespace {

struct Setup {
    std::vector<std::string> order;
    std::vector<Line> lines;
};

struct World {
    explicit World(const Setup& setup) : catalog(build(config_of(setup))) {
        prefixes = read_prefixes(catalog, {}, findings);
    }

    static LineConfig config_of(const Setup& setup) {
        LineConfig config;
        if (!setup.order.empty()) config.order = setup.order;
        config.lines = setup.lines;
        return config;
    }
    /// The chain, once by the compiled table and once from the matches; both must say the same.
    [[nodiscard]] std::string chain(const std::string& client) const {
        const auto compiled = chain_of(catalog, compile(catalog, prefixes, use_all(catalog)), address(client));
        std::vector<LineId> winners;
        for (const auto& match : lines_of(address(client), catalog, prefixes))
            if (match.in_chain) winners.push_back(match.line);
        winners.push_back(kDefaultLine);
        EXPECT_EQ(chain_text(catalog, winners), compiled) << client;
        return compiled;
    }

    LineCatalog catalog;
    Diagnostics findings;
    PrefixTable prefixes;
};

TEST(LineChoice, GuangdongTelecomDependsOnTheOrder) {
    const std::vector<Line> lines = {own_line("telecom", {"113.64.0.0/10"}),
                                     own_line("cn_region_guangdong", {"113.96.0.0/12"}),
                                     own_line("internal", {"113.0.0.0/8"})};
    struct Case {
        std::vector<std::string> order;
        std::string chain;
    };
    const Case cases[] = {
        {{"alibaba"}, "telecom > cn_region_guangdong > internal > default"},
        {{"huawei"}, "telecom > cn_region_guangdong > internal > default"},
        {{"dnspod"}, "cn_region_guangdong > telecom > internal > default"},
        {{"internal", "cn_region_guangdong"}, "internal > cn_region_guangdong > telecom > default"},
    };
    for (const auto& [order, chain] : cases) EXPECT_EQ(World({order, lines}).chain("113.96.1.1"), chain) << order[0];
}

struct OverlapCase {
    std::string what;
    std::vector<Line> lines;
    std::string client;
    std::string chain;
};

const OverlapCase kOverlapCases[] = {
    {"the longest prefix wins",
     {own_line("telecom", {"10.0.0.0/8"}), own_line("unicom", {"10.1.0.0/16"})},
     "10.1.2.3",
     "unicom > default"},
    {"outside the longer one",
     {own_line("telecom", {"10.0.0.0/8"}), own_line("unicom", {"10.1.0.0/16"})},
     "10.2.0.0",
     "telecom > default"},
    {"equal prefixes: first configured",
     {own_line("unicom", {"10.0.0.0/8"}), own_line("telecom", {"10.0.0.0/8"})},
     "10.1.2.3",
     "unicom > default"},
    {"equal prefixes: first configured, turned round",
     {own_line("telecom", {"10.0.0.0/8"}), own_line("unicom", {"10.0.0.0/8"})},
     "10.1.2.3",
     "telecom > default"},
    {"an own ISP excludes telecom",
     {own_line("campus", {"10.0.0.0/16"}, LineGroup::kIsp), own_line("telecom", {"10.0.0.0/8"})},
     "10.0.0.1",
     "campus > default"},
    {"a longer prefix of a line that also has the shorter",
     {own_line("telecom", {"10.0.0.0/8", "10.1.0.0/24"}), own_line("unicom", {"10.1.0.0/16"})},
     "10.1.0.9",
     "telecom > default"},
    {"back to the outer line behind the inner",
     {own_line("telecom", {"10.0.0.0/8"}), own_line("unicom", {"10.1.0.0/16"})},
     "10.2.0.0",
     "telecom > default"},
    {"adjacent, last address",
     {own_line("telecom", {"10.0.0.0/16"}), own_line("unicom", {"10.1.0.0/16"})},
     "10.0.255.255",
     "telecom > default"},
    {"whole Internet",
     {own_line("telecom", {"0.0.0.0/0"}), own_line("unicom", {"255.255.255.255/32"})},
     "255.255.255.255",
     "unicom > default"},
    {"the other family is not covered", {own_line("telecom", {"0.0.0.0/0"})}, "2001:db8::1", "default"},
    {"IPv6",
     {own_line("telecom", {"2001:db8::/32"}), own_line("unicom", {"2001:db8:1::/48"})},
     "2001:db8:1::1",
     "unicom > default"},
    {"host prefixes",
     {own_line("telecom", {"2001:db8::1/128"}), own_line("unicom", {"2001:db8::/127"})},
     "2001:db8::1",
     "telecom > default"},
};

TEST(LineChoice, OverlapInsideOneGroup) {
    for (const auto& [what, lines, client, chain] : kOverlapCases)
        EXPECT_EQ(World({{}, lines}).chain(client), chain) << what;
}

TEST(LineChoice, LevelsOfOneCategoryStandTogether) {
    const World world({{},
                       {own_line("office", {"10.1.0.0/24"}), own_line("cn_telecom_beijing", {"10.1.0.0/16"}),
                        own_line("cn_telecom_huabei", {"10.0.0.0/8"}), own_line("telecom", {"10.1.0.0/20"}),
                        own_line("cn_region_beijing", {"10.0.0.0/8"}), own_line("internal", {"10.0.0.0/8"}),
                        own_line("unicom", {"10.1.0.0/18"})}});
    EXPECT_EQ(world.chain("10.1.0.1"),
              "office > cn_telecom_beijing > cn_telecom_huabei > telecom > cn_region_beijing > internal > default");
    EXPECT_EQ(world.chain("10.1.32.1"),
              "cn_telecom_beijing > cn_telecom_huabei > unicom > cn_region_beijing > internal > default");
    EXPECT_EQ(world.chain("11.0.0.0"), "default");
}

TEST(LineChoice, ExplicitOrderPutsTelecomAndUnicomInOneChain) {
    const std::vector<Line> lines = {own_line("telecom", {"10.0.0.0/8"}), own_line("unicom", {"10.1.0.0/16"})};
    EXPECT_EQ(World({{"telecom", "unicom"}, lines}).chain("10.1.0.1"), "telecom > unicom > default");
    EXPECT_EQ(World({{"telecom", "mobile"}, lines}).chain("10.1.0.1"), "telecom > unicom > default");
}

TEST(LineChoice, ALineOutOfUseStillHoldsItsAddresses) {
    const World world({{}, {own_line("telecom", {"10.0.0.0/8"}), own_line("unicom", {"10.1.0.0/16"})}});
    const auto only_telecom = compile(world.catalog, world.prefixes, use(world.catalog, {"telecom"}));
    // A unicom client never becomes a telecom one because nobody has records for unicom.
    EXPECT_EQ(chain_of(world.catalog, only_telecom, address("10.1.0.1")), "default");
    EXPECT_EQ(chain_of(world.catalog, only_telecom, address("10.2.0.1")), "telecom > default");
    EXPECT_EQ(only_telecom.chains.size(), 2U);
    const auto none = compile(world.catalog, world.prefixes, use(world.catalog, {}));
    EXPECT_EQ(none.chains, (std::vector<std::vector<LineId>>{{kDefaultLine}}));
    EXPECT_EQ(none.lookup(address("10.1.0.1")).length, 0);
    // The blocks of embedded IPv4 are no part of a larger one.
    EXPECT_EQ(none.lookup(address("4000::")).length, 2);
    EXPECT_EQ(none.lookup(address("2001:db8::")).length, 15);
}

TEST(LineMatches, TellWinnersAndLosersWithTheirPrefixAndSource) {
    auto telecom = own_line("telecom", {"10.0.0.0/8", "10.1.0.0/24"});
    telecom.place = {"splitline.toml", 12};
    auto unicom = own_line("unicom", {"10.1.0.0/16", "10.1.0.0/24"});
    unicom.place = {"splitline.toml", 14};
    const World world({{}, {own_line("office", {"10.0.0.0/7"}), telecom, unicom}});
    std::string found;
    for (const auto& match : lines_of(address("10.1.0.1"), world.catalog, world.prefixes))
        found += world.catalog.name(match.line) + " " + match.prefix.text() + " " + match.source +
                 (match.in_chain ? " in\n" : " out\n");
    EXPECT_EQ(found,
              "office 10.0.0.0/7 configuration in\n"
              "telecom 10.1.0.0/24 splitline.toml:12 in\n"
              "unicom 10.1.0.0/24 splitline.toml:14 out\n");
    EXPECT_TRUE(lines_of(address("192.0.2.1"), world.catalog, world.prefixes).empty());
    EXPECT_TRUE(lines_of(address("::"), world.catalog, world.prefixes).empty());
}

TEST(LineChoice, EmbeddedIpv4CountsAsItsIpv4) {
    // The IPv6 prefixes lie in or over the embedding blocks and must not matter there.
    const World world({{},
                       {own_line("telecom", {"192.0.2.0/24"}), own_line("unicom", {"::/0"}),
                        own_line("mobile", {"2002:c000:200::/40", "::ffff:192.0.2.0/120", "64:ff9b::/96"})}});
    const auto table = compile(world.catalog, world.prefixes, use_all(world.catalog));
    struct Case {
        std::string client;
        std::string chain;
        unsigned length;
    };
    const Case cases[] = {
        {"::ffff:192.0.2.1", "telecom > default", 96 + 24},
        {"::ffff:192.0.3.1", "default", 96 + 24},
        {"64:ff9b::192.0.2.255", "telecom > default", 96 + 24},
        {"64:ff9b::1.0.0.1", "default", 96 + 1},
        {"2002:c000:201::1", "telecom > default", 16 + 24},
        {"2002:c000:201:ffff:ffff:ffff:ffff:ffff", "telecom > default", 16 + 24},
        {"2002:c000:301::1", "default", 16 + 24},
        {"::fffe:ffff:ffff", "unicom > default", 96},
        {"::192.0.2.1", "unicom > default", 81},
        {"2003::", "unicom > default", 16},
        {"64:ff9b:1::", "unicom > default", 48},
    };
    for (const auto& [client, chain, length] : cases) {
        EXPECT_EQ(world.chain(client), chain) << client;
        EXPECT_EQ(table.lookup(address(client)).length, length) << client;
    }
    const auto matches = lines_of(address("2002:c000:201::1"), world.catalog, world.prefixes);
    ASSERT_EQ(matches.size(), 1U);
    EXPECT_EQ(matches[0].prefix, prefix("192.0.2.0/24"));
}

TEST(LineChoice, TenThousandLinesOfOnePrefixEach) {
    LineConfig config;
    config.order.clear();
    for (unsigned i = 0; i < 10000; ++i) {
        const auto third = std::to_string(i / 256);
        config.lines.push_back(
            own_line("l" + std::to_string(i), {"10." + third + "." + std::to_string(i % 256) + ".0/24"}));
        config.lines.back().place = {"splitline.toml", i + 1};
        config.order.push_back(config.lines.back().name);
    }
    const auto catalog = build(config);
    Diagnostics findings;
    const auto prefixes = read_prefixes(catalog, config.databases, findings);
    EXPECT_EQ(findings.text(), "");
    const auto table = compile(catalog, prefixes, use_all(catalog));
    EXPECT_EQ(table.chains.size(), 10001U);
    EXPECT_EQ(chain_of(catalog, table, address("10.0.7.255")), "l7 > default");
    EXPECT_EQ(chain_of(catalog, table, address("10.39.15.1")), "l9999 > default");
    EXPECT_EQ(chain_of(catalog, table, address("10.39.16.1")), "default");
    EXPECT_EQ(lines_of(address("10.0.7.1"), catalog, prefixes).at(0).source, "splitline.toml:8");
}

}  // namespace
}  // namespace splitline::line_test
