// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/arena.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace splitline {
namespace {

constexpr uint32_t kUnitsPerPage = SL_OBJECT_END / SL_UNIT;

TEST(Arena, NeverHandsOutTheReferenceThatMeansNone) {
    Arena arena(1);
    EXPECT_NE(*arena.allocate(1), 0U);
}

TEST(Arena, ObjectsStayInsideAPageAndClearOfItsReserve) {
    Arena arena(3);
    for (int i = 0; i < 100; ++i) {
        const auto ref = arena.allocate(100);
        ASSERT_TRUE(ref);
        EXPECT_LE(sl_ref_offset(*ref) + 100 * SL_UNIT, SL_OBJECT_END);
    }
}

TEST(Arena, IsExhaustedExactly) {
    Arena arena(1);
    EXPECT_TRUE(arena.allocate(kUnitsPerPage - 1));
    EXPECT_FALSE(arena.allocate(1));
}

TEST(Arena, NeighboursMergeWhenFreed) {
    Arena arena(1);
    const auto a = arena.allocate(10), b = arena.allocate(10), c = arena.allocate(10);
    ASSERT_TRUE(arena.allocate(kUnitsPerPage - 1 - 30));
    arena.free(*a, 10);
    arena.free(*c, 10);
    EXPECT_FALSE(arena.allocate(11));
    arena.free(*b, 10);
    EXPECT_TRUE(arena.allocate(30));
}

TEST(Arena, APageFreeAsAWholeServesTablesAgain) {
    Arena arena(2);
    const auto first = arena.allocate(kUnitsPerPage - 1);
    const auto second = arena.allocate(kUnitsPerPage);
    ASSERT_TRUE(first && second);
    EXPECT_FALSE(arena.allocate_pages(1));
    arena.free(*second, kUnitsPerPage);
    // The page objects are cut from now is the second: it stays theirs.
    EXPECT_TRUE(arena.allocate(kUnitsPerPage));
}

TEST(Arena, PageRunsAreContiguousAndComeBack) {
    Arena arena(8);
    const auto a = arena.allocate_pages(3), b = arena.allocate_pages(4);
    ASSERT_TRUE(a && b);
    EXPECT_TRUE(*a + 3 <= *b || *b + 4 <= *a);
    EXPECT_FALSE(arena.allocate_pages(1));
    arena.free_pages(*a, 3);
    EXPECT_FALSE(arena.allocate_pages(4));
    EXPECT_EQ(arena.allocate_pages(3), a);
}

// Against a model that knows every byte handed out: no two live objects ever share one.
TEST(Arena, RandomUseNeverOverlaps) {
    std::mt19937 random(20261121);
    Arena arena(4);
    std::map<sl_ref, uint32_t> live;
    for (int step = 0; step < 200000; ++step) {
        if (random() % 2 == 0 || live.empty()) {
            const uint32_t units = 1 + random() % (step % 1000 == 0 ? 4000 : 60);
            const auto ref = arena.allocate(units);
            if (!ref) continue;
            const auto next = live.lower_bound(*ref);
            ASSERT_TRUE(next == live.end() || *ref + units <= next->first);
            ASSERT_TRUE(next == live.begin() || std::prev(next)->first + std::prev(next)->second <= *ref);
            live.emplace(*ref, units);
        } else {
            auto victim = live.lower_bound(static_cast<sl_ref>(random() % (4 * SL_UNITS_PER_PAGE)));
            if (victim == live.end()) victim = live.begin();
            arena.free(victim->first, victim->second);
            live.erase(victim);
        }
        uint64_t bytes = 0;
        if (step % 1000 == 0) {
            for (const auto& [ref, units] : live) bytes += uint64_t{units} * SL_UNIT;
            ASSERT_EQ(arena.used_bytes(), bytes);
        }
    }
    for (const auto& [ref, units] : live) arena.free(ref, units);
    EXPECT_EQ(arena.used_bytes(), 0U);
    EXPECT_TRUE(arena.allocate_pages(2)) << "all but the first page and the one objects are cut from";
}

}  // namespace
}  // namespace splitline
