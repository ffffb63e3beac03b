// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/home_pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "kernel/arena.h"

namespace splitline {
namespace {

constexpr uint32_t kFirst = 3, kPages = 2;
constexpr uint32_t kBlockUnits = HomePages::kLines;
constexpr uint32_t kPageUnits = SL_OBJECT_END / SL_UNIT;

uint32_t free_units(const HomePages& homes) {
    uint32_t free = 0;
    homes.for_each_free([&](sl_ref, uint32_t units) { free += units; });
    return free;
}

TEST(HomePages, TheHomesOfAllHashesLieInThePages) {
    for (uint32_t units = 1; units <= kBlockUnits; ++units) {
        const HomePages homes(kFirst, kPages, units);
        for (const uint64_t hash : {uint64_t{0}, uint64_t{0xffffffff}, ~uint64_t{0}, uint64_t{0x7fffffff12345678}}) {
            for (unsigned seed = 0; seed < 256; ++seed) {
                const sl_ref home =
                    sl_home(&homes.homes(), hash, sl_home_group(&homes.homes(), hash), static_cast<uint8_t>(seed));
                ASSERT_TRUE(homes.holds(home));
                ASSERT_LE(sl_ref_offset(home) + units * SL_UNIT, SL_OBJECT_END);
                ASSERT_EQ(home / kBlockUnits, (home + units - 1) / kBlockUnits);
            }
        }
    }
}

TEST(HomePages, AnObjectLiesAtItsHomeOrInItsBlockOrInTheNext) {
    HomePages homes(kFirst, kPages, 5);
    const uint64_t hash = 0x4242424242424242;
    const uint32_t block = homes.home(hash) / kBlockUnits;
    EXPECT_EQ(homes.allocate(5, hash), homes.home(hash));
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

// Names of one block, told apart by the low half of their hashes, which a seed must spread over its places.
TEST(HomePages, ExpectedNamesHaveTheirPlacesWhateverComesBefore) {
    std::mt19937_64 random(7);
    for (int round = 0; round < 100; ++round) {
        HomePages homes(kFirst, kPages, 4);
        std::vector<uint64_t> hashes(1 + random() % 12);
        for (uint64_t& hash : hashes) hash = uint64_t{0x12345678} << 32 | (random() & 0xffffffff);
        homes.expect(hashes);
        std::set<sl_ref> places;
        for (const uint64_t hash : hashes) places.insert(homes.home(hash));
        EXPECT_GE(places.size(), hashes.size() - hashes.size() / 4);
        // Others of the same block, whose own places are not expected to be taken, find none that is.
        uint64_t other = hashes[0];
        while (places.contains(homes.home(other))) other = uint64_t{0x12345678} << 32 | (random() & 0xffffffff);
        for (size_t free = homes.homes().places - places.size(); free-- > 0;)
            ASSERT_FALSE(places.contains(homes.allocate(4, other).value()));
        std::set<sl_ref> at_home;
        for (const uint64_t hash : hashes)
            if (const auto ref = homes.allocate(4, hash); ref == homes.home(hash)) at_home.insert(*ref);
        EXPECT_EQ(at_home, places);
    }
}

TEST(HomePages, TheSameNamesInAnyOrderHaveTheSameSeeds) {
    std::mt19937_64 random(3);
    std::vector<uint64_t> hashes(2000);
    for (uint64_t& hash : hashes) hash = random();
    HomePages homes(kFirst, kPages, 4), again(kFirst, kPages, 4);
    homes.expect(hashes);
    std::ranges::reverse(hashes);
    again.expect(hashes);
    EXPECT_TRUE(std::ranges::equal(homes.seeds(), again.seeds()));
}

TEST(HomePages, ThereIsRoomForAllSeeds) {
    for (const uint32_t units : {1, 2, 3, 4, 8}) {
        for (const uint32_t pages : {1, 1023, 1024, 1025, 4096, 4097, 100'000}) {
            const HomePages homes(kFirst, pages, units);
            const uint32_t last = sl_home_group(&homes.homes(), ~uint64_t{0});
            ASSERT_LT(last, homes.seeds().size());
            ASSERT_EQ(homes.seed_run().first, kFirst);
            ASSERT_EQ(homes.homes().page, kFirst + homes.seed_run().pages);
            ASSERT_GE(homes.seed_run().pages * size_t{SL_PAGE_SIZE}, homes.seeds().size());
            ASSERT_LT((homes.seed_run().pages - 1) * size_t{SL_PAGE_SIZE}, homes.seeds().size());
            ASSERT_TRUE(homes.holds(homes.home(~uint64_t{0})));
        }
    }
}

TEST(HomePages, WhatIsNoLongerExpectedIsFree) {
    HomePages homes(kFirst, kPages, 32);
    const std::vector<uint64_t> hashes = {1, 2, 3, 4, 5, 6};
    homes.expect(hashes);
    const uint32_t block = homes.home(1) / kBlockUnits;
    EXPECT_EQ(*homes.allocate(32, 1) / kBlockUnits, block);
    EXPECT_NE(*homes.allocate(32, 1) / kBlockUnits, block) << "the other half of the block is kept";
    homes.forget_expected();
    EXPECT_EQ(*homes.allocate(32, 1) / kBlockUnits, block);
}

TEST(HomePages, WhatIsLargerThanABlockHasNoHome) {
    HomePages homes(kFirst, kPages, 4);
    EXPECT_TRUE(homes.allocate(kBlockUnits, 0));
    EXPECT_FALSE(homes.allocate(kBlockUnits + 1, 0));
    EXPECT_FALSE(homes.allocate_anywhere(kBlockUnits + 1));
}

TEST(HomePages, NoPagesHoldNothing) {
    HomePages none;
    EXPECT_FALSE(none.allocate(1, 42));
    EXPECT_FALSE(none.allocate_anywhere(1));
    EXPECT_FALSE(none.holds(0));
    EXPECT_EQ(free_units(none), 0U);
}

// All that is allocated is apart, inside a block and before the page's reserve; and all can be had again.
TEST(HomePages, RandomUseNeverOverlaps) {
    std::mt19937_64 random(20261121);
    HomePages homes(kFirst, kPages, 4);
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
    EXPECT_EQ(free_units(homes), kPages * kPageUnits);
    uint32_t units = 0;
    while (homes.allocate_anywhere(1)) ++units;
    EXPECT_EQ(units, kPages * kPageUnits);
}

// What they are for: nine of ten places taken, by records that have as many lines as a place, or about as many.
double part_at_home(uint32_t units, uint32_t more_or_less) {
    HomePages homes(1, 64, units);
    std::mt19937_64 random(1);
    std::vector<uint64_t> hashes(homes.homes().pages * (SL_HOME_PAGE_BLOCKS - 1) * homes.homes().places / 10 * 9);
    for (uint64_t& hash : hashes) hash = random();
    homes.expect(hashes);
    size_t at_home = 0;
    for (const uint64_t hash : hashes) {
        const auto has = static_cast<uint32_t>(units - more_or_less + random() % (2 * more_or_less + 1));
        const auto ref = homes.allocate(has, hash);
        at_home += ref && *ref == homes.home(hash) ? 1U : 0U;
    }
    return static_cast<double>(at_home) / static_cast<double>(hashes.size());
}

TEST(HomePages, RecordsThatAreAlikeAreNearlyAllAtHome) {
    for (const uint32_t units : {1, 2, 3, 4, 5, 6, 8}) EXPECT_GT(part_at_home(units, 0), 0.8) << units;
}
TEST(HomePages, MostOfThoseThatDifferAreAtHomeToo) {
    EXPECT_GT(part_at_home(4, 1), 0.6);
}

TEST(ArenaHomes, OthersTakeThemOnlyWithoutRoomElsewhere) {
    Arena arena(4);
    ASSERT_TRUE(arena.begin_homes(1, 4));
    const sl_homes homes = arena.homes();
    const auto is_home = [&](sl_ref ref) { return sl_ref_page(ref) == homes.page; };
    EXPECT_TRUE(is_home(*arena.allocate(4, 0, 77)));
    EXPECT_EQ(arena.used_bytes(), SL_PAGE_SIZE + 4 * SL_UNIT) << "of the pages set aside, the seeds' is used";
    uint32_t elsewhere = 0, at_homes = 0;
    while (const auto ref = arena.allocate(50)) {
        (is_home(*ref) ? at_homes : elsewhere) += 1;
        EXPECT_TRUE(at_homes == 0 || is_home(*ref));
    }
    EXPECT_GT(elsewhere, 2 * (SL_OBJECT_END / SL_UNIT) / 50 - 3);
    EXPECT_GT(at_homes, 50U) << "and then nothing is withheld";
}

TEST(ArenaHomes, WhatIsInFormerOnesIsFreedAsAllElse) {
    Arena arena(10);
    ASSERT_TRUE(arena.begin_homes(3, 4));
    const sl_homes first = arena.homes();
    const sl_ref old = *arena.allocate(4, 0, 1);
    arena.keep_homes();
    ASSERT_TRUE(arena.begin_homes(3, 4));
    EXPECT_NE(arena.homes().page, first.page);
    EXPECT_EQ(sl_ref_page(*arena.allocate(4, 0, 1)), arena.homes().page);
    arena.keep_homes();
    EXPECT_EQ(arena.free_pages(), 10 - 1 - 8 + 3U) << "those of the first that nothing is in, and their seeds'";
    arena.free(old, 4);
    EXPECT_EQ(arena.free_pages(), 10 - 1 - 8 + 4U);
    EXPECT_FALSE(arena.begin_homes(5, 4)) << "there are not so many pages";
}

TEST(ArenaHomes, KeptTheyExpectNobody) {
    Arena arena(5);
    ASSERT_TRUE(arena.begin_homes(3, HomePages::kLines / 2));
    const std::vector<uint64_t> hashes = {1, 2};
    arena.expect_at_home(hashes);
    const sl_ref one = *arena.allocate(HomePages::kLines / 2, 0, 1);
    arena.keep_homes();
    EXPECT_EQ(*arena.allocate(HomePages::kLines / 2, 0, 1), arena.home(2)) << "the block's other half";
    EXPECT_EQ(one, arena.home(1));
}

TEST(ArenaHomes, UndoneTheyAreThoseOfBefore) {
    Arena arena(10);
    ASSERT_TRUE(arena.begin_homes(2, 4));
    arena.undo_homes();
    EXPECT_EQ(arena.homes().pages, 0U);
    EXPECT_EQ(arena.free_pages(), 9U);

    ASSERT_TRUE(arena.begin_homes(2, 4));
    arena.keep_homes();
    const sl_homes first = arena.homes();
    const sl_ref kept = *arena.allocate(4, 0, 1);
    ASSERT_TRUE(arena.begin_homes(4, 4));
    const sl_ref lost = *arena.allocate(4, 0, 1);
    arena.undo_homes();
    EXPECT_EQ(arena.homes().page, first.page);
    EXPECT_EQ(arena.free_pages(), 1 + 4U) << "all but the page of what may be read still";
    arena.free(lost, 4);
    EXPECT_EQ(arena.free_pages(), 1 + 5U);
    arena.free(kept, 4);
    EXPECT_EQ(arena.homes().pages, 2U) << "homes stay, empty or not";
}

TEST(ArenaHomes, EndedTheirRoomIsLikeAnyOther) {
    Arena arena(5);
    ASSERT_TRUE(arena.begin_homes(3, 4));
    arena.keep_homes();
    const sl_ref a = *arena.allocate(4, 0, 1), b = *arena.allocate(4, 0, ~uint64_t{0});
    EXPECT_FALSE(arena.allocate_pages(1));
    arena.end_homes();
    EXPECT_EQ(arena.homes().pages, 0U);
    const auto page = arena.allocate_pages(1);
    ASSERT_TRUE(page) << "nothing was in the one in the middle, nor are there seeds";
    arena.free_pages(*page, 1);
    EXPECT_TRUE(arena.allocate(1000)) << "and larger objects than a block find room";
    arena.free(a, 4);
    arena.free(b, 4);
    EXPECT_EQ(arena.used_bytes(), 1000 * SL_UNIT);
    EXPECT_TRUE(arena.allocate_pages(2));
}

}  // namespace
}  // namespace splitline
