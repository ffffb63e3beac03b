// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/hot_names.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "kernel/name_filter.h"
#include "maps/name_table.h"

namespace splitline {
namespace {

TEST(HotNames, AnEstimateHalvesWithinItsHalfLife) {
    HotNames names(100);
    names.next_round();
    names.note(1, 64);
    for (double expected = 64; expected > 0.3; expected /= 2) {
        EXPECT_NEAR(names.queries(1), expected, expected / 1000);
        for (unsigned round = 0; round < HotNames::kHalfLife; ++round) names.next_round();
    }
    EXPECT_EQ(names.queries(2), 0);
}

TEST(HotNames, WhatIsAskedNoMoreIsForgotten) {
    HotNames names(100);
    names.note_missed(1, "\1a", 10);
    for (unsigned round = 0; round < 20 * HotNames::kHalfLife; ++round) names.next_round();
    EXPECT_EQ(names.queries(1), 0);
    EXPECT_TRUE(names.hottest_missed(10).empty());
}

// Some hours of rounds: the unit that estimates are counted in grows beyond any bound, they do not.
TEST(HotNames, EstimatesStayRightForever) {
    HotNames names(100);
    for (unsigned round = 0; round < 60'000; ++round) {
        names.next_round();
        names.note(1, 10);
        names.note(2, 1);
    }
    // The sum of a geometric row: one round's queries over what fades in a round.
    const double fades = 1 - std::exp2(-1.0 / HotNames::kHalfLife);
    EXPECT_NEAR(names.queries(1), 10 / fades, 1);
    EXPECT_NEAR(names.queries(2), 1 / fades, 0.1);
}

TEST(HotNames, TheHottestMissedComeFirst) {
    HotNames names(100);
    for (int i = 1; i <= 20; ++i) names.note_missed(static_cast<uint64_t>(i), "\1" + std::string(1, 'a'), i);
    names.note(99, 1000);  // in the table: not missed
    names.forget_missed(20);
    const auto hottest = names.hottest_missed(3);
    ASSERT_EQ(hottest.size(), 3U);
    EXPECT_EQ(hottest[0].hash, 19U);
    EXPECT_EQ(hottest[1].hash, 18U);
    EXPECT_EQ(hottest[2].hash, 17U);
    EXPECT_NEAR(names.queries(20), 20, 0.1) << "its estimate stays";
}

TEST(HotNames, RemembersThoseAskedMost) {
    HotNames names(20'000);
    for (uint64_t round = 0; round < 400; ++round) {
        names.next_round();
        for (uint64_t hot = 0; hot < 5000; ++hot) names.note(hot, 5);
        for (uint64_t flood = 0; flood < 1000; ++flood) names.note_missed(10'000 + round * 1000 + flood, "\1x", 1);
    }
    for (uint64_t hot = 0; hot < 5000; ++hot) EXPECT_GT(names.queries(hot), 200) << hot;
    EXPECT_LE(names.hottest_missed(1'000'000).size(), 20'000U);
    uint64_t remembered = 0;
    for (uint64_t flood = 0; flood < 400'000; ++flood) remembered += names.queries(10'000 + flood) > 0 ? 1 : 0;
    EXPECT_LT(remembered, 25'000U) << "of all that came by";
}

TEST(NameFilter, HoldsWhatWasAddedAndLittleElse) {
    constexpr uint64_t kNames = 400'000;
    const uint32_t pages = NameFilter::pages_for(kNames);
    std::vector<uint8_t> arena(size_t{pages + 1} * SL_PAGE_SIZE, 0xff);
    NameFilter filter(arena.data());
    EXPECT_FALSE(filter.active());
    filter.start({1, pages}, kNames);
    const auto hash = [](uint64_t name) { return sl_hash_finish(sl_hash_word(7, name)); };
    for (uint64_t name = 0; name < kNames; ++name) filter.add(hash(name));
    uint64_t missing = 0, mistaken = 0;
    for (uint64_t name = 0; name < kNames; ++name) missing += filter.may_hold(hash(name)) ? 0 : 1;
    for (uint64_t name = kNames; name < 2 * kNames; ++name) mistaken += filter.may_hold(hash(name)) ? 1 : 0;
    EXPECT_EQ(missing, 0U);
    EXPECT_LT(mistaken, kNames / 200);
    EXPECT_GT(mistaken, 0U) << "or it is larger than it needs to be";
    EXPECT_FALSE(filter.worn());
    for (uint64_t gone = 0; gone < kNames / 3; ++gone) filter.note_gone();
    EXPECT_TRUE(filter.worn());
}

}  // namespace
}  // namespace splitline
