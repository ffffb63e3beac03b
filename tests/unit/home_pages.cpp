// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/home_pages.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <utility>

#include "kernel/arena.h"

namespace splitline {
namespace {

constexpr PageRun kRun{3, 2};
constexpr uint32_t kBlockUnits = 4096 / SL_UNIT;
constexpr uint32_t kPageUnits = SL_OBJECT_END / SL_UNIT;

uint32_t free_units(const HomePages& homes) {
    uint32_t free = 0;
    homes.for_each_free([&](sl_ref, uint32_t units) { free += units; });
    return free;
}

sl_ref home_of(uint64_t hash, PageRun run = kRun) {
    return run.first * SL_UNITS_PER_PAGE + sl_home_unit(hash, run.pages);
}

TEST(HomePages, TheHomesOfAllHashesLieInThePages) {
    for (const uint64_t hash : {uint64_t{0}, uint64_t{0xffffffff}, ~uint64_t{0}, uint64_t{0x7fffffff12345678}}) {
        const sl_ref home = home_of(hash);
        EXPECT_GE(sl_ref_page(home), kRun.first);
        EXPECT_LT(sl_ref_page(home), kRun.first + kRun.pages);
        EXPECT_LT(sl_ref_offset(home), SL_OBJECT_END);
    }
}

TEST(HomePages, AnObjectLiesAtItsHomeOrInItsBlockOrInTheNext) {
    HomePages homes(kRun);
    const uint64_t hash = 0x4242424242424242;
    const uint32_t block = home_of(hash) / kBlockUnits;
    EXPECT_EQ(homes.allocate(5, hash), home_of(hash));
    uint32_t taken = 5;
    auto ref = homes.allocate(5, hash);
    for (; ref && *ref / kBlockUnits == block; ref = homes.allocate(5, hash)) {
        EXPECT_EQ((*ref + 4) / kBlockUnits, block);
        taken += 5;
    }
    EXPECT_GE(taken, kBlockUnits - 2 * 5) << "most of the block can be used";
    ASSERT_TRUE(ref);
    EXPECT_EQ(*ref / kBlockUnits, block + 1);
}

TEST(HomePages, WhatIsLargerThanABlockHasNoHome) {
    HomePages homes(kRun);
    EXPECT_TRUE(homes.allocate(kBlockUnits, 0));
    EXPECT_FALSE(homes.allocate(kBlockUnits + 1, 0));
    EXPECT_FALSE(homes.allocate_anywhere(kBlockUnits + 1));
}

TEST(HomePages, NoPagesHoldNothing) {
    HomePages none({});
    EXPECT_FALSE(none.allocate(1, 42));
    EXPECT_FALSE(none.allocate_anywhere(1));
    EXPECT_FALSE(none.holds(0));
    EXPECT_EQ(free_units(none), 0U);
}

// All that is allocated is apart, inside a block and before the page's reserve; and all can be had again.
TEST(HomePages, RandomUseNeverOverlaps) {
    std::mt19937_64 random(20261121);
    HomePages homes(kRun);
    std::map<sl_ref, uint32_t> live;
    for (int step = 0; step < 100'000; ++step) {
        if (random() % 5 < 3 || live.empty()) {
            const auto units = static_cast<uint32_t>(1 + random() % (step % 100 == 0 ? kBlockUnits : 12));
            const auto ref = step % 3 == 0 ? homes.allocate_anywhere(units) : homes.allocate(units, random());
            if (!ref) continue;
            ASSERT_TRUE(homes.holds(*ref));
            ASSERT_LE(sl_ref_offset(*ref) + units * SL_UNIT, SL_OBJECT_END);
            ASSERT_EQ(*ref / kBlockUnits, (*ref + units - 1) / kBlockUnits);
            const auto next = live.lower_bound(*ref);
            ASSERT_TRUE(next == live.end() || *ref + units <= next->first);
            ASSERT_TRUE(next == live.begin() || std::prev(next)->first + std::prev(next)->second <= *ref);
            live.emplace(*ref, units);
        } else {
            auto victim = live.lower_bound(static_cast<sl_ref>(random() % (6 * SL_UNITS_PER_PAGE)));
            if (victim == live.end()) victim = live.begin();
            homes.free(victim->first, victim->second);
            live.erase(victim);
        }
    }
    for (const auto& [ref, units] : live) homes.free(ref, units);
    EXPECT_EQ(free_units(homes), kRun.pages * kPageUnits);
    uint32_t units = 0;
    while (homes.allocate_anywhere(1)) ++units;
    EXPECT_EQ(units, kRun.pages * kPageUnits);
}

// What they are for: pages three quarters full of records as zones have them.
TEST(HomePages, ThreeQuartersFullHalfOfTheRecordsAreAtHomeAndNearlyAllInItsBlock) {
    const PageRun run{1, 64};
    HomePages homes(run);
    std::mt19937_64 random(1);
    const uint32_t room = run.pages * (SL_OBJECT_END / SL_UNIT);
    uint32_t used = 0, records = 0, at_home = 0, in_block = 0;
    while (used < room / 4 * 3) {
        const auto units = static_cast<uint32_t>(3 + random() % 3);
        const uint64_t hash = random();
        ++records;
        used += units;
        const auto ref = homes.allocate(units, hash);
        if (!ref) continue;
        in_block += *ref / kBlockUnits == home_of(hash, run) / kBlockUnits ? 1U : 0U;
        at_home += *ref == home_of(hash, run) ? 1U : 0U;
    }
    EXPECT_GT(at_home, records / 2);
    EXPECT_GT(in_block, records / 100 * 93);
}

TEST(ArenaHomes, OthersTakeThemOnlyWithoutRoomElsewhere) {
    Arena arena(3);
    ASSERT_TRUE(arena.begin_homes(1));
    const PageRun homes = arena.homes();
    const auto is_home = [&](sl_ref ref) { return sl_ref_page(ref) == homes.first; };
    EXPECT_TRUE(is_home(*arena.allocate(4, 0, 77)));
    EXPECT_EQ(arena.used_bytes(), 4 * SL_UNIT) << "pages set aside are not used";
    uint32_t elsewhere = 0, at_homes = 0;
    while (const auto ref = arena.allocate(50)) {
        (is_home(*ref) ? at_homes : elsewhere) += 1;
        EXPECT_TRUE(at_homes == 0 || is_home(*ref));
    }
    EXPECT_GT(elsewhere, 2 * (SL_OBJECT_END / SL_UNIT) / 50 - 3);
    EXPECT_GT(at_homes, 50U) << "and then nothing is withheld";
}

TEST(ArenaHomes, WhatIsInFormerOnesIsFreedAsAllElse) {
    Arena arena(8);
    ASSERT_TRUE(arena.begin_homes(3));
    const PageRun first = arena.homes();
    const sl_ref old = *arena.allocate(4, 0, 1);
    arena.keep_homes();
    ASSERT_TRUE(arena.begin_homes(3));
    EXPECT_NE(arena.homes().first, first.first);
    EXPECT_EQ(sl_ref_page(*arena.allocate(4, 0, 1)), arena.homes().first);
    arena.keep_homes();
    EXPECT_EQ(arena.free_pages(), 8 - 1 - 6 + 2U) << "those of the first that nothing is in";
    arena.free(old, 4);
    EXPECT_EQ(arena.free_pages(), 8 - 1 - 6 + 3U);
    EXPECT_FALSE(arena.begin_homes(5)) << "there are not so many pages";
}

TEST(ArenaHomes, UndoneTheyAreThoseOfBefore) {
    Arena arena(8);
    ASSERT_TRUE(arena.begin_homes(2));
    arena.undo_homes();
    EXPECT_EQ(arena.homes().pages, 0U);
    EXPECT_EQ(arena.free_pages(), 7U);

    ASSERT_TRUE(arena.begin_homes(2));
    arena.keep_homes();
    const PageRun first = arena.homes();
    const sl_ref kept = *arena.allocate(4, 0, 1);
    ASSERT_TRUE(arena.begin_homes(4));
    const sl_ref lost = *arena.allocate(4, 0, 1);
    arena.undo_homes();
    EXPECT_EQ(arena.homes().first, first.first);
    EXPECT_EQ(arena.free_pages(), 1 + 3U) << "all but the page of what may be read still";
    arena.free(lost, 4);
    EXPECT_EQ(arena.free_pages(), 1 + 4U);
    arena.free(kept, 4);
    EXPECT_EQ(arena.homes().pages, 2U) << "homes stay, empty or not";
}

TEST(ArenaHomes, EndedTheirRoomIsLikeAnyOther) {
    Arena arena(4);
    ASSERT_TRUE(arena.begin_homes(3));
    arena.keep_homes();
    const sl_ref a = *arena.allocate(4, 0, 1), b = *arena.allocate(4, 0, ~uint64_t{0});
    EXPECT_FALSE(arena.allocate_pages(1));
    arena.end_homes();
    EXPECT_EQ(arena.homes().pages, 0U);
    const auto page = arena.allocate_pages(1);
    ASSERT_TRUE(page) << "nothing was in the one in the middle";
    arena.free_pages(*page, 1);
    EXPECT_TRUE(arena.allocate(1000)) << "and larger objects than a block find room";
    arena.free(a, 4);
    arena.free(b, 4);
    EXPECT_EQ(arena.used_bytes(), 1000 * SL_UNIT);
    EXPECT_TRUE(arena.allocate_pages(2));
}

}  // namespace
}  // namespace splitline
