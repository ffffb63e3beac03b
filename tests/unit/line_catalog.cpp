// SPDX-License-Identifier: GPL-3.0-or-later
// The vocabulary and the line orders.
#include <algorithm>
#include <set>

#include "unit/line_fixture.h"

namespace splitline::line_test {
namespace {

TEST(LineVocabulary, HasEveryCodeInItsGroup) {
    struct Case {
        std::string name;
        LineGroup group;
    };
    const Case cases[] = {
        {"internal", LineGroup::kMainland},
        {"oversea", LineGroup::kOversea},
        {"telecom", LineGroup::kIsp},
        {"bgctv", LineGroup::kIsp},
        {"topway_video", LineGroup::kIsp},
        {"aliyun", LineGroup::kCloud},
        {"search", LineGroup::kSearch},
        {"google", LineGroup::kSearchEngine},
        {"yahoo", LineGroup::kSearchEngine},
        {"cn_telecom_huabei", LineGroup::kIspRegion},
        {"cn_edu_xinan", LineGroup::kIspRegion},
        {"cn_telecom_beijing", LineGroup::kIspProvince},
        {"cn_mobile_shaanxi", LineGroup::kIspProvince},
        {"cn_mobile_shanxi", LineGroup::kIspProvince},
        {"cn_region_huabei", LineGroup::kRegion},
        {"cn_region_neimenggu", LineGroup::kProvince},
    };
    const auto catalog = build({});
    for (const auto& [name, group] : cases) {
        const auto id = catalog.find(name);
        ASSERT_TRUE(id) << name;
        EXPECT_EQ(catalog.line(*id).group, group) << name;
        EXPECT_EQ(catalog.name(*id), name);
    }
    // default, internal, oversea, 14 ISPs, aliyun, search, 7 engines, 4 ISPs and the regions x (7 regions + 31
    // provinces)
    EXPECT_EQ(catalog.size(), 3U + 14 + 1 + 1 + 7 + 5 * (7 + 31));
    EXPECT_EQ(catalog.name(kDefaultLine), "default");
    EXPECT_FALSE(catalog.find("cn_drpeng_beijing"));
    EXPECT_FALSE(catalog.find(""));
}

TEST(LineVocabulary, NamesAreUniqueAndGroupsHaveNames) {
    std::set<std::string> names;
    for (const auto& line : builtin_lines()) {
        EXPECT_TRUE(names.insert(line.name).second) << line.name;
        EXPECT_TRUE(line.sources.empty());
        EXPECT_EQ(line_group_from_name(line_group_name(line.group)), line.group);
    }
    EXPECT_EQ(line_group_from_name("custom"), LineGroup::kCustom);
    EXPECT_EQ(line_group_from_name("isp-province"), LineGroup::kIspProvince);
    EXPECT_EQ(line_group_from_name("default"), LineGroup::kDefault);
    EXPECT_FALSE(line_group_from_name("isps"));
}

/// One line of each group, ordered by rank.
std::string order_of_groups(const std::vector<std::string>& order) {
    LineConfig config;
    config.order = order;
    config.lines = {own_line("office"), own_line("japan", {}, LineGroup::kCountry),
                    own_line("asia", {}, LineGroup::kContinent)};
    const auto catalog = build(config);
    std::vector<LineId> lines;
    for (const auto* name :
         {"default", "oversea", "asia", "japan", "internal", "cn_region_huanan", "cn_region_guangdong", "telecom",
          "cn_telecom_huanan", "cn_telecom_guangdong", "aliyun", "search", "google", "office"})
        lines.push_back(catalog.find(name).value());
    std::ranges::sort(lines, {}, [&](LineId id) { return catalog.rank(id); });
    return chain_text(catalog, lines);
}

TEST(LineOrder, PresetsRankGroupsAsTheProvidersDo) {
    const std::string alibaba =
        "office > google > search > aliyun > cn_telecom_guangdong > cn_telecom_huanan > telecom > cn_region_guangdong "
        "> "
        "cn_region_huanan > internal > japan > asia > oversea > default";
    EXPECT_EQ(order_of_groups({"alibaba"}), alibaba);
    EXPECT_EQ(order_of_groups({"huawei"}), alibaba);
    EXPECT_EQ(order_of_groups({"dnspod"}),
              "office > google > search > aliyun > cn_telecom_guangdong > cn_region_guangdong > cn_telecom_huanan > "
              "cn_region_huanan > telecom > internal > japan > asia > oversea > default");
}

TEST(LineOrder, ExplicitOrderRanksListedLinesFirstAndAloneThenByGroup) {
    EXPECT_EQ(order_of_groups({"oversea", "telecom", "default"}),
              "oversea > telecom > office > google > search > aliyun > cn_telecom_guangdong > cn_telecom_huanan > "
              "cn_region_guangdong > cn_region_huanan > internal > japan > asia > default");
    LineConfig config;
    config.order = {"unicom", "telecom"};
    const auto catalog = build(config);
    const auto rank = [&](const char* name) { return catalog.rank(catalog.find(name).value()); };
    EXPECT_EQ(rank("unicom"), 0U);
    EXPECT_EQ(rank("telecom"), 1U);
    EXPECT_EQ(rank("mobile"), rank("edu"));
    EXPECT_GT(rank("cn_telecom_beijing"), 1U);
    EXPECT_EQ(catalog.rank(kDefaultLine), catalog.rank_count() - 1);
    for (size_t id = 1; id < catalog.size(); ++id)
        EXPECT_LT(catalog.rank(static_cast<LineId>(id)), catalog.rank_count() - 1);
}

TEST(LineCatalog, ConfigurationOrderComesBeforeTheVocabulary) {
    LineConfig config;
    config.lines = {own_line("office"), own_line("mobile"), own_line("telecom")};
    const auto catalog = build(config);
    const auto precedence = [&](const char* name) { return catalog.precedence(catalog.find(name).value()); };
    EXPECT_EQ(precedence("office"), 0U);
    EXPECT_EQ(precedence("mobile"), 1U);
    EXPECT_EQ(precedence("telecom"), 2U);
    EXPECT_EQ(precedence("default"), 3U);
    EXPECT_LT(precedence("unicom"), precedence("edu"));
    EXPECT_EQ(catalog.find("office"), LineId(builtin_lines().size()));
    EXPECT_EQ(catalog.line(*catalog.find("mobile")).group, LineGroup::kIsp);
}

TEST(LineCatalog, MainlandAndOverseaGetCountriesWhereADatabaseExists) {
    using Countries = std::vector<std::string>;
    LineConfig config;
    const auto countries = [&](const char* name) {
        const auto catalog = build(config);
        return catalog.line(catalog.find(name).value()).sources.countries;
    };
    EXPECT_EQ(countries("internal"), Countries{});
    config.databases.country_mmdb = {"country.mmdb"};
    EXPECT_EQ(countries("internal"), (Countries{"CN"}));
    EXPECT_EQ(countries("oversea"), (Countries{"*", "!CN"}));
    EXPECT_EQ(countries("telecom"), Countries{});
    config.lines = {own_line("internal", {"192.0.2.0/24"})};
    EXPECT_EQ(countries("internal"), Countries{});
    EXPECT_EQ(countries("oversea"), (Countries{"*", "!CN"}));
}

Line at(Line line, unsigned row) {
    line.place = {"splitline.toml", row};
    return line;
}

TEST(LineCatalog, RejectsWithPlaceAndRemedy) {
    struct Case {
        std::vector<std::string> order;
        std::vector<Line> lines;
        std::string error;
    };
    const std::string long_name(64, 'a');
    const Case cases[] = {
        {{"alibabba"},
         {},
         "splitline.toml:3: unknown line order 'alibabba'; use alibaba, dnspod, huawei or a list of line names"},
        {{}, {}, "splitline.toml:3: the line order is empty; use alibaba, dnspod, huawei or a list of line names"},
        {{"telecom", "huawei"}, {}, "splitline.toml:3: 'huawei' is a whole line order and stands alone, not in a list"},
        {{"telecom", "ofice"},
         {},
         "splitline.toml:3: unknown line 'ofice' in the line order; `splitline line list` shows the names"},
        {{"telecom", "unicom", "telecom"},
         {},
         "splitline.toml:3: line 'telecom' is twice in the line order; remove one"},
        {{"default", "unicom"},
         {},
         "splitline.toml:3: 'default' must be the last line of the line order, no line behind it would ever win"},
        {{"alibaba"},
         {at(own_line("office"), 7), at(own_line("office"), 9)},
         "splitline.toml:9: line 'office' is configured twice (first in splitline.toml:7); remove one"},
        {{"alibaba"},
         {at(own_line("telecom"), 7), at(own_line("telecom"), 9)},
         "splitline.toml:9: line 'telecom' is configured twice (first in splitline.toml:7); remove one"},
        {{"alibaba"},
         {at(own_line("Office"), 7)},
         "splitline.toml:7: 'Office' is no line name; use a lower-case letter, then up to 62 of a-z 0-9 _ -"},
        {{"alibaba"},
         {at(own_line(""), 7)},
         "splitline.toml:7: '' is no line name; use a lower-case letter, then up to 62 of a-z 0-9 _ -"},
        {{"alibaba"},
         {at(own_line(long_name), 7)},
         "splitline.toml:7: '" + long_name +
             "' is no line name; use a lower-case letter, then up to 62 of a-z 0-9 _ -"},
        {{"alibaba"},
         {at(own_line("dnspod"), 7)},
         "splitline.toml:7: a line cannot be named 'dnspod', which is a line order; choose another name"},
        {{"alibaba"},
         {at(own_line("default", {"192.0.2.0/24"}), 7)},
         "splitline.toml:7: line 'default' is every address and takes no sources; remove them"},
        {{"alibaba"},
         {at(own_line("rest", {}, LineGroup::kDefault), 7)},
         "splitline.toml:7: line 'rest' cannot be in group default, which is for the line of that name"},
        {{"alibaba"},
         {at(own_line("telecom", {}, LineGroup::kCloud), 7)},
         "splitline.toml:7: line 'telecom' is built in, its group is isp, not cloud; remove the group or choose "
         "another name"},
    };
    for (const auto& [order, lines, error] : cases) {
        LineConfig config;
        config.order = order;
        config.lines = lines;
        config.order_place = {"splitline.toml", 3};
        const auto catalog = LineCatalog::build(config);
        ASSERT_FALSE(catalog) << error;
        EXPECT_EQ(catalog.error().text(), error);
    }
}

TEST(LineCatalog, TakesTenThousandLinesAndNoMoreThanIdsReach) {
    LineConfig config;
    for (unsigned i = 0; i < 10000; ++i) config.lines.push_back(own_line("l" + std::to_string(i)));
    config.order.clear();
    for (const auto& line : config.lines) config.order.push_back(line.name);
    const auto catalog = build(config);
    EXPECT_EQ(catalog.rank(catalog.find("l9999").value()), 9999U);
    for (unsigned i = 10000; i < 65536; ++i) config.lines.push_back(own_line("l" + std::to_string(i)));
    const auto too_many = LineCatalog::build(config);
    ASSERT_FALSE(too_many);
    EXPECT_EQ(too_many.error().text(), "more than 65536 lines");
}

}  // namespace
}  // namespace splitline::line_test
