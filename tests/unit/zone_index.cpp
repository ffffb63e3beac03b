// SPDX-License-Identifier: GPL-3.0-or-later
// The index finds each record's name however names are ordered: one after the other as on the line before, or not.
#include "zone/zone_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "zone_fixture.h"

namespace splitline {
namespace {

const std::string kHead = "$ORIGIN example.com.\n$TTL 60\n@ SOA ns1 h 1 14400 3600 1209600 300\n@ NS ns1\n";

// Every record is at the node of its owner, every node has a name of its own, and what is above it is its parent.
void expect_sound(const ZoneRecords& zone) {
    const ZoneIndex index(zone);
    std::set<std::string> names;
    size_t records = 0;
    for (const ZoneNode& node : index.nodes()) {
        const DnameView name = index.name(node);
        EXPECT_TRUE(names.emplace(name).second) << dname_to_text(name) << " has two nodes";
        if (name != zone.apex) {
            EXPECT_EQ(index.name(index.node(node.parent)), dname_parent(name));
        }
        EXPECT_TRUE(node.has(ZoneNode::kInZone));
        const auto place = [&](uint32_t record) {
            return std::tuple(zone.records[record].line, zone.records[record].type, record);
        };
        const auto of_node = index.records(node);
        EXPECT_TRUE(std::is_sorted(of_node.begin(), of_node.end(),
                                   [&](uint32_t a, uint32_t b) { return place(a) < place(b); }));
        for (const uint32_t record : of_node) EXPECT_EQ(zone.owner(zone.records[record]), name);
        records += node.count;
    }
    EXPECT_EQ(records, zone.records.size());
    for (uint32_t i = 0; i < zone.records.size(); ++i)
        EXPECT_EQ(index.name(index.node(index.node_of(i))), zone.owner(zone.records[i]));
}

/// A few hundred names of one to four labels, some between others that have records.
std::vector<std::string> some_names(std::mt19937& random) {
    std::set<std::string> names;
    while (names.size() < 300) {
        std::string name = "n" + std::to_string(random() % 200);
        for (unsigned more = random() % 4; more > 0; --more) name += ".d" + std::to_string(random() % 5);
        names.insert(name);
    }
    std::vector<std::string> shuffled(names.begin(), names.end());
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    return shuffled;
}

void append(std::string& text, const std::string& name, unsigned records) {
    for (unsigned i = 0; i < records; ++i) text += name + " A 192.0.2." + std::to_string(i) + "\n";
}

TEST(ZoneIndex, FindsNamesInTheOrderOfTheLineBefore) {
    std::mt19937 random(1);
    const auto names = some_names(random);
    std::string text = kHead;
    for (const std::string line : {"default", "internal", "oversea"}) {
        text += "$LINE " + line + "\n";
        for (const auto& name : names) append(text, name, 1 + random() % 3);
    }
    expect_sound(zone_test::read_text(text).zone);
}

TEST(ZoneIndex, FindsNamesThatAreLeftOutAddedAndMoved) {
    for (unsigned seed = 0; seed < 20; ++seed) {
        std::mt19937 random(seed);
        auto names = some_names(random);
        std::string text = kHead;
        for (const std::string line : {"default", "internal", "oversea", "telecom"}) {
            text += "$LINE " + line + "\n";
            for (const auto& name : names)
                if (random() % 8 != 0)
                    append(text, random() % 16 == 0 ? "new" + std::to_string(random() % 9) : name, 1);
            for (int moved = 0; moved < 10; ++moved)
                std::swap(names[random() % names.size()], names[random() % names.size()]);
        }
        expect_sound(zone_test::read_text(text).zone);
    }
}

TEST(ZoneIndex, FindsTheNameBehindOneOfManyRecords) {
    std::string text = kHead;
    for (const std::string line : {"default", "internal", "oversea"}) {
        text += "$LINE " + line + "\n";
        append(text, "many", 200);
        append(text, "few", 3);
        append(text, "other", 1);
    }
    expect_sound(zone_test::read_text(text).zone);
}

}  // namespace
}  // namespace splitline
