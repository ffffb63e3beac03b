// SPDX-License-Identifier: GPL-3.0-or-later
// The publisher over plain shared memory instead of BPF maps: what a packet of any generation would find.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>

#include "support/publisher_bed.h"

namespace splitline {
namespace {

using testing_support::ImageBuilder;
using Bed = testing_support::PublisherBed;

ImageBuilder zone_of(const std::map<std::string, std::string>& hosts, const std::string& apex = "example.com") {
    std::string text = "$ORIGIN " + apex +
                       ".\n$TTL 60\n@ SOA ns1.example.net. h.example.net. 1 14400 3600 1209600 300\n"
                       "@ NS ns1.example.net.\n@ NS ns2.example.net.\n";
    for (const auto& [host, address] : hosts) text += host + " A " + address + "\n";
    return ImageBuilder().zone(text, apex + ".zone");
}

TEST(Publisher, OldGenerationStaysWholeUntilTheNextCommit) {
    Bed bed(16, 100);
    ASSERT_TRUE(bed.publish(zone_of({{"a", "192.0.2.1"}, {"b", "192.0.2.2"}, {"gone", "192.0.2.3"}})));
    const auto a1 = bed.read("a.example.com.", 1), b1 = bed.read("b.example.com.", 1),
               gone1 = bed.read("gone.example.com.", 1);
    ASSERT_TRUE(a1 && b1 && gone1);
    ASSERT_TRUE(bed.publish(zone_of({{"a", "192.0.2.99"}, {"b", "192.0.2.2"}, {"new", "192.0.2.4"}})));
    EXPECT_EQ(bed.generation(), 2U);

    EXPECT_EQ(bed.read("a.example.com.", 1), a1) << "a packet in flight sees the old answer";
    EXPECT_EQ(bed.read("gone.example.com.", 1), gone1);
    EXPECT_EQ(bed.read("new.example.com.", 1), std::nullopt) << "and not the new name";

    EXPECT_NE(bed.read("a.example.com.", 2), a1);
    EXPECT_EQ(bed.read("b.example.com.", 2), b1);
    EXPECT_EQ(bed.read("gone.example.com.", 2), std::nullopt);
    EXPECT_TRUE(bed.read("new.example.com.", 2));
    EXPECT_EQ(bed.usage().names, 4U) << "apex, a, b, new";
}

TEST(Publisher, NoTwoImagesShareAGeneration) {
    Bed bed(16, 100);
    const auto first = zone_of({{"a", "192.0.2.1"}}).build(), other = zone_of({{"a", "192.0.2.99"}}).build();
    ASSERT_EQ(first->generation, other->generation);
    ASSERT_TRUE(bed.publish(first));
    const auto before = bed.read("a.example.com.", 1);
    EXPECT_THROW((void)bed.publish(other), std::invalid_argument);
    EXPECT_THROW((void)bed.publish(first), std::invalid_argument);
    EXPECT_EQ(bed.read("a.example.com.", 1), before);
    EXPECT_TRUE(bed.publish(zone_of({{"a", "192.0.2.99"}}))) << "the next one is served";
    EXPECT_NE(bed.read("a.example.com.", 2), before);
}

TEST(Publisher, WritesOnlyWhatChanged) {
    Bed bed(16, 100);
    ASSERT_TRUE(bed.publish(zone_of({{"a", "192.0.2.1"}, {"b", "192.0.2.2"}})));
    const uint64_t before = bed.usage().arena_bytes;
    ASSERT_TRUE(bed.publish(zone_of({{"a", "192.0.2.1"}, {"b", "192.0.2.77"}})));
    // One record of 96 bytes or so, beside the tables of the fresh line system each build() makes.
    EXPECT_LT(bed.usage().arena_bytes - before, 4 * SL_PAGE_SIZE + 4096);
    ASSERT_TRUE(bed.publish(zone_of({{"a", "192.0.2.1"}, {"b", "192.0.2.77"}})));
    ASSERT_TRUE(bed.publish(zone_of({{"a", "192.0.2.1"}, {"b", "192.0.2.77"}})));
    const uint64_t settled = bed.usage().arena_bytes;
    ASSERT_TRUE(bed.publish(zone_of({{"a", "192.0.2.1"}, {"b", "192.0.2.77"}})));
    EXPECT_EQ(bed.usage().arena_bytes, settled) << "what became unreachable is used again";
    EXPECT_GT(bed.waits(), 0) << "and only after a grace period";
}

TEST(Publisher, AnImageThatDoesNotFitChangesNothingAndSaysByHowMuch) {
    Bed bed(10, 50000);  // 2.5 MiB, of which the tables of two generations take 1.5
    ASSERT_TRUE(bed.publish(zone_of({{"a", "192.0.2.1"}})));
    const auto a1 = bed.read("a.example.com.", 1);
    std::map<std::string, std::string> many = {{"a", "192.0.2.99"}};
    for (int i = 0; i < 20000; ++i) many["x.host" + std::to_string(i)] = "198.51.100.1";
    const auto refused = bed.publish(zone_of(many));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("MiB short"), std::string::npos) << refused.error().message;
    EXPECT_EQ(bed.generation(), 1U);
    EXPECT_EQ(bed.read("a.example.com.", 1), a1) << "what had made room is back";
    EXPECT_FALSE(bed.publisher().leaves_names_out());
    EXPECT_EQ(bed.read("host1.example.com.", 2), std::nullopt) << "slots are put back";
    const auto again = bed.publish(zone_of({{"a", "192.0.2.99"}}));
    ASSERT_TRUE(again) << again.error().message << "; and the room it had taken is free again";
    EXPECT_TRUE(bed.read("a.example.com.", bed.generation()));
    EXPECT_NE(bed.read("a.example.com.", bed.generation()), a1);
}

// Whichever wait for a grace period fails, on the way into leaving names out, out of it, or back from a commit that is
// refused: what is served stays whole, or says that it is not.
TEST(Publisher, AWaitThatFailsDeniesNoName) {
    std::map<std::string, std::string> hosts, many, deep;
    for (int i = 0; i < 55; ++i) hosts["h" + std::to_string(i)] = "192.0.2.1";
    for (int i = 0; i < 90; ++i) many["h" + std::to_string(i)] = "192.0.2.2";
    for (int i = 0; i < 70; ++i) deep["x.d" + std::to_string(i)] = "192.0.2.3";
    for (int nth = 1; nth <= 12; ++nth) {
        Bed bed(32, 60);
        ASSERT_TRUE(bed.publish(zone_of(hosts)));
        const std::map<std::string, std::string>* served = &hosts;
        bed.fail_wait_in(nth);
        for (const auto* next : {&many, &deep, &hosts, &deep, &many, &hosts, &many}) {
            try {
                if (bed.publish(zone_of(*next).lines_of(bed.served()))) served = next;
            } catch (const std::runtime_error&) {
                // as a daemon would go on after one
            }
            EXPECT_EQ(bed.generation(), bed.served()->generation) << nth;
            for (const auto& [host, address] : *served) {
                const Dname name = *dname_from_text(host + ".example.com.");
                EXPECT_TRUE(bed.read_name(name, bed.generation()) || bed.filter_may_hold(name)) << host << ", " << nth;
                EXPECT_TRUE(bed.read_name(name, bed.generation()) || bed.publisher().leaves_out(name)) << host;
            }
        }
        EXPECT_LE(bed.usage().names, 60U);
    }
}

// A commit that can never be costs none of the names that were there their place.
TEST(Publisher, ARefusedCommitLeavesTheHotNamesWhereTheyAre) {
    std::map<std::string, std::string> hosts, deep;
    for (int i = 0; i < 500; ++i) hosts["h" + std::to_string(i)] = "192.0.2.1";
    for (int i = 0; i < 300; ++i) deep["x.d" + std::to_string(i)] = "192.0.2.3";
    Bed bed(32, 200);
    ASSERT_TRUE(bed.publish(zone_of(hosts)));
    NameDemand demand;
    for (int i = 300; i < 480; ++i)
        demand.missed.push_back(*dname_from_text("h" + std::to_string(i) + ".example.com."));
    demand.queries_a_missed = 50;
    bed.publisher().rebalance(demand);
    const auto there = [&] {
        std::vector<std::string> found;
        for (const auto& [host, address] : hosts)
            if (bed.read(host + ".example.com.", 1)) found.push_back(host);
        return found;
    };
    const auto before = there();
    ASSERT_GT(before.size(), 190U);
    EXPECT_FALSE(bed.publish(zone_of(deep)));
    EXPECT_EQ(there(), before);
    EXPECT_TRUE(bed.publisher().leaves_names_out());
}

// Names that can never come in, however often they are asked for, do not keep one that can from it.
TEST(Publisher, OnlyNamesThatAreLeftOutCount) {
    std::map<std::string, std::string> hosts;
    for (int i = 0; i < 100; ++i) hosts["h" + std::to_string(i)] = "192.0.2.1";
    Bed bed(16, 50);
    ASSERT_TRUE(bed.publish(zone_of(hosts)));
    std::string leaf;
    for (const auto& [host, address] : hosts)
        if (!bed.read(host + ".example.com.", 1)) leaf = host + ".example.com.";
    for (int round = 0; round < 3; ++round) {
        NameDemand demand;
        for (int i = 0; i < 3000; ++i)
            demand.missed.push_back(*dname_from_text("never" + std::to_string(i) + ".example.com."));
        for (int i = 0; i < 5; ++i) demand.missed.push_back(*dname_from_text(leaf));
        demand.queries_a_missed = 1000;
        bed.publisher().rebalance(demand);
    }
    EXPECT_TRUE(bed.read(leaf, 1));
}

// What comes in between commits is there for the generation served, and only for those after it.
TEST(Publisher, ANameThatComesInBelongsToTheGenerationServed) {
    Bed bed(16, 6);
    std::map<std::string, std::string> hosts;
    for (int i = 0; i < 20; ++i) hosts["h" + std::to_string(i)] = "192.0.2.1";
    ASSERT_TRUE(bed.publish(zone_of(hosts)));
    hosts["h0"] = "192.0.2.2";
    ASSERT_TRUE(bed.publish(zone_of(hosts).lines_of(bed.served())));
    const auto in_table = [&](uint64_t generation) {
        int count = 0;
        for (const auto& [host, address] : hosts) count += bed.read(host + ".example.com.", generation) ? 1 : 0;
        return count;
    };
    EXPECT_EQ(in_table(2), 4) << "with the apex, and one place kept free";
    NameDemand demand;
    for (const auto& [host, address] : hosts)
        if (!bed.read(host + ".example.com.", 2)) demand.missed.push_back(*dname_from_text(host + ".example.com."));
    demand.missed.resize(3);
    demand.queries_a_missed = 100;
    bed.publisher().rebalance(demand);
    for (const Dname& name : demand.missed) {
        EXPECT_TRUE(bed.read_name(name, 2)) << dname_to_text(name);
        EXPECT_FALSE(bed.read_name(name, 1));
        EXPECT_FALSE(bed.publisher().leaves_out(name));
    }
    EXPECT_EQ(in_table(2), 4) << "others have left for them";
    EXPECT_EQ(bed.usage().names, 5U);
    EXPECT_EQ(bed.usage().left_out_names, 16U);
    const uint64_t arena = bed.usage().arena_bytes;
    // To and fro: nothing is lost, nothing is free twice.
    for (int round = 0; round < 50; ++round) {
        demand.missed.assign(1, *dname_from_text("h" + std::to_string(round % 20) + ".example.com."));
        demand.queries_a_missed *= 1.5;
        bed.publisher().rebalance(demand);
        bed.publisher().rebalance(demand);
        EXPECT_TRUE(bed.read_name(demand.missed[0], 2)) << round;
    }
    EXPECT_EQ(bed.usage().names, 5U);
    EXPECT_EQ(bed.usage().arena_bytes, arena);
}

TEST(Publisher, AnExceptionOnTheWayChangesNothing) {
    Bed bed(16, 100);
    ASSERT_TRUE(bed.publish(zone_of({{"a", "192.0.2.1"}, {"b", "192.0.2.2"}})));
    const auto a1 = bed.read("a.example.com.", 1), b1 = bed.read("b.example.com.", 1);
    for (int attempt = 0; attempt < 3; ++attempt) {
        // Right before the flip, with everything written.
        bed.fail_next_wait();
        EXPECT_THROW((void)bed.publish(zone_of({{"a", "192.0.2.99"}, {"never", "192.0.2.3"}})), std::runtime_error);
        EXPECT_EQ(bed.generation(), 1U);
        for (const uint64_t generation : {1, 2}) {
            EXPECT_EQ(bed.read("a.example.com.", generation), a1);
            EXPECT_EQ(bed.read("b.example.com.", generation), b1);
            EXPECT_EQ(bed.read("never.example.com.", generation), std::nullopt);
        }
    }
    ASSERT_TRUE(bed.publish(zone_of({{"a", "192.0.2.1"}, {"c", "192.0.2.4"}})));
    EXPECT_EQ(bed.read("a.example.com.", 2), a1);
    EXPECT_EQ(bed.read("b.example.com.", 2), std::nullopt);
    EXPECT_TRUE(bed.read("c.example.com.", 2));
    EXPECT_EQ(bed.read("never.example.com.", 2), std::nullopt) << "the failed commit's generation came again";
}

TEST(Publisher, NamesThatMustBeThereAndDoNotFitAreRefused) {
    Bed bed(16, 3);
    const auto refused = bed.publish(zone_of({{"x.a", "192.0.2.1"}, {"x.b", "192.0.2.1"}, {"x.c", "192.0.2.1"}}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(
        refused.error().message,
        "the zones have 4 names that must be in the name table (with names below them, delegations, wildcards) and "
        "xdp.max_names is 3: 1 too many; raise xdp.max_names and restart");
    EXPECT_EQ(bed.generation(), 0U);
}

TEST(Publisher, AZoneServedInsideAnotherTakesItsNamesOver) {
    Bed bed(16, 100);
    auto parent = zone_of({{"x.child", "192.0.2.1"}, {"y.child", "192.0.2.2"}});
    ASSERT_TRUE(bed.publish(parent));
    const auto x1 = bed.read("x.child.example.com.", 1);
    ASSERT_TRUE(x1);
    auto both = zone_of({{"x.child", "192.0.2.1"}, {"y.child", "192.0.2.2"}});
    both.zone(
        "$ORIGIN child.example.com.\n$TTL 60\n@ SOA ns1.example.net. h.example.net. 1 14400 3600 1209600 300\n"
        "@ NS ns1.example.net.\n@ NS ns2.example.net.\nx A 198.51.100.9\n",
        "child.example.com.zone");
    ASSERT_TRUE(bed.publish(both));
    EXPECT_TRUE(bed.read("x.child.example.com.", 2));
    EXPECT_NE(bed.read("x.child.example.com.", 2), x1);
    EXPECT_EQ(bed.read("y.child.example.com.", 2), std::nullopt) << "the child zone does not have it";
    ASSERT_TRUE(bed.publish(parent));
    EXPECT_EQ(bed.read("x.child.example.com.", 3), x1) << "and the parent answers again when the child is dropped";
    EXPECT_TRUE(bed.read("y.child.example.com.", 3));
}

// What moves between zones is not gone: the commits after it must neither drop the name nor free its record twice.
// By several threads, without a table before.
TEST(Publisher, AFirstImageOfManyNamesHasThoseOfAZoneInsideFromThere) {
    constexpr size_t kNames = 6000;
    Bed bed(64, 20'000);
    std::string inside =
        "$ORIGIN child.example.com.\n$TTL 60\n@ SOA ns1.example.net. h.example.net. 1 14400 3600 1209600 300\n"
        "@ NS ns1.example.net.\n@ NS ns2.example.net.\n";
    std::map<std::string, std::string> outside;
    for (size_t i = 0; i < kNames; ++i) {
        const std::string host = "h" + std::to_string(i);
        outside[host] = "192.0.2.1";
        outside[host + ".child"] = "192.0.2.2";
        if (i % 2 == 0) inside += host + " A 198.51.100.9\n";
    }
    ASSERT_TRUE(bed.publish(zone_of(outside).zone(inside, "child.example.com.zone")));
    Bed alone(64, 20'000);
    ASSERT_TRUE(alone.publish(zone_of(outside)));
    for (size_t i = 0; i < kNames; ++i) {
        const std::string host = "h" + std::to_string(i);
        ASSERT_EQ(bed.read(host + ".example.com.", 1), alone.read(host + ".example.com.", 1)) << i;
        const auto taken_over = bed.read(host + ".child.example.com.", 1);
        ASSERT_EQ(taken_over.has_value(), i % 2 == 0) << i;
        ASSERT_NE(taken_over, alone.read(host + ".child.example.com.", 1)) << i;
    }
}

TEST(Publisher, ANameTakenOverStaysThroughUnrelatedCommits) {
    const char* const head =
        "$TTL 60\n@ SOA ns1.example.net. h.example.net. 1 14400 3600 1209600 300\n"
        "@ NS ns1.example.net.\n@ NS ns2.example.net.\n";
    const std::map<std::string, std::string> hosts = {{"x.child", "192.0.2.1"}, {"y.child", "192.0.2.2"}};
    auto both = zone_of(hosts);
    both.zone(std::string("$ORIGIN child.example.com.\n") + head + "x A 198.51.100.9\n", "child.example.com.zone");
    Bed bed(16, 100);
    ASSERT_TRUE(bed.publish(zone_of(hosts)));
    ASSERT_TRUE(bed.publish(both));
    const auto x = bed.read("x.child.example.com.", bed.generation());
    ASSERT_TRUE(x);
    auto unrelated = both;
    unrelated.zone(std::string("$ORIGIN other.example.\n") + head + "z A 192.0.2.3\n", "other.example.zone");
    for (int i = 0; i < 4; ++i) {
        ASSERT_TRUE(bed.publish(i % 2 == 0 ? unrelated : both));
        EXPECT_EQ(bed.read("x.child.example.com.", bed.generation()), x) << "commit " << i;
        EXPECT_EQ(bed.read("y.child.example.com.", bed.generation()), std::nullopt);
    }
    ASSERT_TRUE(bed.publish(both));
    ASSERT_TRUE(bed.publish(both));
    Bed fresh(16, 100);
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(fresh.publish(both));
    }
    EXPECT_EQ(bed.usage().arena_bytes, fresh.usage().arena_bytes) << "nothing is lost, nothing is free twice";
}

TEST(Publisher, AZoneThatLeavesHoldsItsNumberForOneCommit) {
    Bed bed(16, 100, 1);
    ASSERT_TRUE(bed.publish(zone_of({{"a", "192.0.2.1"}})));
    const auto refused = bed.publish(zone_of({{"a", "192.0.2.1"}}, "example.org"));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("xdp.max_zones is 1"), std::string::npos) << refused.error().message;
    EXPECT_TRUE(bed.read("a.example.com.", bed.generation()));
    Bed two(16, 100, 2);
    for (int i = 0; i < 6; ++i) {
        ASSERT_TRUE(two.publish(zone_of({{"a", "192.0.2.1"}}, i % 2 == 0 ? "example.com" : "example.org")));
    }
}

// Random histories of one zone: after every commit both the new and the previous generation read as they were
// published.
TEST(Publisher, RandomHistoriesReadBack) {
    std::mt19937 random(7);
    Bed bed(64, 400);
    std::map<std::string, std::string> hosts;
    std::map<std::string, std::optional<std::vector<uint8_t>>> previous;
    for (uint64_t generation = 1; generation <= 60; ++generation) {
        for (int i = 0; i < 30; ++i) {
            const std::string host = "h" + std::to_string(random() % 150);
            if (random() % 3 == 0) {
                hosts.erase(host);
            } else {
                hosts[host] = "192.0.2." + std::to_string(random() % 250);
            }
        }
        // Mostly the lines stay, as they do when a zone changes: then unchanged names are passed over.
        ASSERT_TRUE(bed.publish(zone_of(hosts).lines_of(generation % 10 == 0 ? nullptr : bed.served())));
        std::map<std::string, std::optional<std::vector<uint8_t>>> current;
        for (int i = 0; i < 150; ++i) {
            const std::string host = "h" + std::to_string(i);
            current[host] = bed.read(host + ".example.com.", generation);
            EXPECT_EQ(current[host].has_value(), hosts.contains(host)) << host << " at " << generation;
            if (generation > 1) {
                EXPECT_EQ(bed.read(host + ".example.com.", generation - 1), previous[host]) << host;
            }
        }
        EXPECT_EQ(bed.usage().names, hosts.size() + 1);
        previous = std::move(current);
    }
}

}  // namespace
}  // namespace splitline
