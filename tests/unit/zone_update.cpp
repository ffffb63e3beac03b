// SPDX-License-Identifier: GPL-3.0-or-later
// A zone changed name by name is the zone built from all its records, whatever the order of changes; and what a change
// touches is found.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "compile/zone_delta.h"
#include "unit/zone_history.h"
#include "zone/zone_render.h"

namespace splitline {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

/// Everything an image says of its names.
std::string shown(const ZoneImage& zone) {
    std::map<std::string, std::string> names;
    for (const Node& node : zone.nodes()) {
        std::string& text = names[dname_to_text(zone.name(node))];
        text += " flags " + std::to_string(node.flags) + " children " + std::to_string(node.children);
        std::vector<NodeRecord> records;
        append_records(node, records);
        std::multiset<std::string> sorted;  // the order within an RRset is of no interest
        for (const auto& record : records)
            sorted.insert(catalog().name(record.line) + " " + std::to_string(record.ttl) + " " +
                          type_to_text(record.type) + " " +
                          rdata_to_text(record.type,
                                        {reinterpret_cast<const uint8_t*>(record.rdata.data()), record.rdata.size()}));
        for (const auto& record : sorted) text += "\n  " + record;
        EXPECT_EQ(zone.find(zone.name(node)), &node);
    }
    std::string all = std::to_string(names.size()) + " names, " + std::to_string(zone.nodes().size()) + " counted, " +
                      std::to_string(zone.record_count()) + " records, serial " + std::to_string(zone.serial()) +
                      ", occluded " + std::to_string(zone.occluded_count()) + ", lines";
    for (const LineId line : zone.used_lines()) all += " " + catalog().name(line);
    for (const auto& [name, text] : names) all += "\n" + name + text;
    zone.aliases().for_each_at_or_below(zone.apex(), [&](DnameView target, DnameView alias) {
        all += "\n" + dname_to_text(alias) + " -> " + dname_to_text(target);
    });
    return all;
}

TEST(ZoneUpdate, RandomHistoriesGiveWhatABuildGives) {
    for (unsigned seed = 0; seed < 30; ++seed) {
        History history(seed);
        history.allow_structure = seed % 3 == 0;
        auto image = ZoneImage::build(read(master_file(history.zone)), catalog());
        for (int step = 0; step < 40; ++step) {
            const auto owners = history.step();
            image = changed(*image, history.zone, owners);
            const auto built = ZoneImage::build(read(master_file(history.zone)), catalog());
            ASSERT_EQ(shown(*image), shown(*built)) << "seed " << seed << " step " << step;
        }
    }
}

TEST(ZoneUpdate, SharesWhatItDoesNotTouch) {
    Text zone = kStart;
    for (int i = 0; i < 5000; ++i) zone["h" + std::to_string(i)] = {{"default", "A 192.0.2.1"}};
    const auto before = ZoneImage::build(read(master_file(zone)), catalog());
    ASSERT_GT(before->shards().size(), 8U);
    zone["h17"] = {{"default", "A 192.0.2.77"}};
    const auto after = changed(*before, zone, {"h17"});
    size_t differ = 0;
    for (size_t i = 0; i < before->shards().size(); ++i) differ += before->shards()[i] == after->shards()[i] ? 0 : 1;
    EXPECT_EQ(differ, 1U);
    const auto delta = compare_zones(*before, *after);
    ASSERT_EQ(delta.written.size(), 1U);
    EXPECT_EQ(dname_to_text(after->name(*delta.written[0])), "h17.example.com.");
    EXPECT_TRUE(delta.gone.empty());
}

TEST(ZoneUpdate, SpreadsAZoneThatOutgrowsItsShards) {
    Text zone = kStart;
    auto image = ZoneImage::build(read(master_file(zone)), catalog());
    for (int round = 0; round < 4; ++round) {
        std::set<std::string> owners;
        for (int i = 0; i < 400; ++i) {
            const std::string owner = "h" + std::to_string(round * 400 + i);
            zone[owner] = {{"default", "A 192.0.2.1"}};
            owners.insert(owner);
        }
        image = changed(*image, zone, owners);
    }
    EXPECT_GT(image->shards().size(), 4U);
    EXPECT_EQ(shown(*image), shown(*ZoneImage::build(read(master_file(zone)), catalog())));
}

TEST(ZoneUpdate, ANewSoaIsThatOfNegativeAnswers) {
    Text zone = kStart;
    auto image = ZoneImage::build(read(master_file(zone)), catalog());
    for (const std::string mname : {"ns.example.net.", "com.", "ns1"}) {
        zone["@"] = {{"default", "SOA " + mname + " h 1 14400 3600 1209600 300"}, {"default", "NS ns1"}};
        image = changed(*image, zone, {"@"});
        const auto built = ZoneImage::build(read(master_file(zone)), catalog());
        EXPECT_TRUE(std::ranges::equal(image->negative_soa().bytes(), built->negative_soa().bytes())) << mname;
        EXPECT_EQ(image->negative_soa().pointers(), built->negative_soa().pointers()) << mname;
    }
}

struct Affected {
    const char* name;
    Text more;    // beside kStart
    Text change;  // owners with their new records; an empty set removes the owner
    std::set<std::string> written;
};

const Affected kAffected[] = {
    {"an alias out of the zone is passed over",
     {{"cdn", {{"default", "CNAME cdn.example.net."}}}, {"a", {{"default", "A 192.0.2.1"}}}},
     {{"a", {{"default", "A 192.0.2.2"}}}},
     {"a.example.com."}},
    {"aliases follow their target",
     {{"w", {{"default", "CNAME v"}}},
      {"v", {{"internal", "CNAME a"}, {"default", "A 192.0.2.9"}}},
      {"other", {{"default", "CNAME b"}}},
      {"a", {{"default", "A 192.0.2.1"}}},
      {"b", {{"default", "A 192.0.2.1"}}}},
     {{"a", {{"default", "A 192.0.2.2"}}}},
     {"a.example.com.", "v.example.com.", "w.example.com."}},
    {"aliases follow the wildcard that answers for their target",
     {{"w", {{"default", "CNAME x.y.d"}}}, {"*.d", {{"default", "A 192.0.2.1"}}}, {"d", {{"default", "A 192.0.2.1"}}}},
     {{"*.d", {{"default", "A 192.0.2.2"}}}},
     {"*.d.example.com.", "w.example.com."}},
    {"a name that comes between target and wildcard",
     {{"w", {{"default", "CNAME x.y.d"}}}, {"*.d", {{"default", "A 192.0.2.1"}}}},
     {{"z.y.d", {{"default", "A 192.0.2.2"}}}},
     {"y.d.example.com.", "z.y.d.example.com.", "w.example.com."}},
    {"a target that comes to be",
     {{"w", {{"default", "CNAME x"}}}, {"far", {{"default", "CNAME y"}}}},
     {{"x", {{"default", "A 192.0.2.2"}}}},
     {"x.example.com.", "w.example.com."}},
    {"a target that goes",
     {{"w", {{"default", "CNAME x"}}}, {"x", {{"default", "A 192.0.2.2"}}}},
     {{"x", {}}},
     {"w.example.com."}},
    {"a delegation above the target",
     {{"w", {{"default", "CNAME x.d"}}}, {"d", {{"default", "A 192.0.2.1"}}}},
     {{"d", {{"default", "NS ns1"}}}},
     {"d.example.com.", "w.example.com."}},
};

TEST(ZoneDelta, FindsWhatAChangeTouchesAndNoMore) {
    for (const Affected& each : kAffected) {
        Text zone = kStart;
        zone.insert(each.more.begin(), each.more.end());
        const auto before = ZoneImage::build(read(master_file(zone)), catalog());
        std::set<std::string> owners;
        for (const auto& [owner, records] : each.change) {
            owners.insert(owner);
            if (records.empty())
                zone.erase(owner);
            else
                zone[owner] = records;
        }
        const auto after = changed(*before, zone, owners);
        std::set<std::string> written;
        for (const Node* node : compare_zones(*before, *after).written)
            written.insert(dname_to_text(after->name(*node)));
        EXPECT_EQ(written, each.written) << each.name;
    }
}

}  // namespace
}  // namespace splitline
