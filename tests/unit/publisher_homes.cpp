// SPDX-License-Identifier: GPL-3.0-or-later
// Where the publisher puts the records of many names, over plain shared memory.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/publisher_bed.h"

namespace splitline {
namespace {

using testing_support::ImageBuilder;
using Bed = testing_support::PublisherBed;

std::string host(size_t number) {
    return "h" + std::to_string(number);
}

ImageBuilder zone_of(size_t names, const std::string& more = "",
                     const std::vector<std::string>& telecom = {"192.0.2.0/24"}) {
    std::string text =
        "$ORIGIN example.com.\n$TTL 60\n@ SOA ns1.example.net. h.example.net. 1 14400 3600 1209600 300\n"
        "@ NS ns1.example.net.\n@ NS ns2.example.net.\n";
    for (size_t i = 0; i < names; ++i) text += host(i) + " A 192.0.2." + std::to_string(i % 250) + "\n";
    return ImageBuilder().line("telecom", telecom).zone(text + more, "example.com.zone");
}

/// Of the names [first, last): the part whose record is where the program looks first, and the part in that block.
struct Guessed {
    double at_home = 0, in_block = 0;
};

Guessed guessed(const Bed& bed, size_t first, size_t last) {
    Guessed guessed;
    for (size_t i = first; i < last && bed.homes().pages > 0; ++i) {
        const Dname name = *dname_from_text(host(i) + ".example.com.");
        const sl_ref ref = bed.ref_of(name), home = bed.home_of(name);
        EXPECT_NE(ref, 0U) << host(i);
        guessed.at_home += ref == home ? 1 : 0;
        guessed.in_block += ref / SL_HOME_BLOCK_UNITS == home / SL_HOME_BLOCK_UNITS ? 1 : 0;
    }
    const auto names = static_cast<double>(last - first);
    return {guessed.at_home / names, guessed.in_block / names};
}

TEST(PublisherHomes, RecordsOfManyNamesLieAtHome) {
    Bed bed(64, 40'000);
    ASSERT_TRUE(bed.publish(zone_of(20'000)));
    const Guessed all = guessed(bed, 0, 20'000);
    EXPECT_GT(all.at_home, 0.8);
    EXPECT_GT(all.in_block, 0.9);
}

// In so few pages one more or less makes homes a tenth fuller or emptier.
TEST(PublisherHomes, NoNumberOfNamesGoesWithoutThem) {
    for (size_t names = 16'400; names < 28'000; names += 400) {
        Bed bed(100, 40'000);
        ASSERT_TRUE(bed.publish(zone_of(names)));
        EXPECT_GT(guessed(bed, 0, names).at_home, 0.75) << names;
    }
}

// Homes that are fuller, rather than none.
TEST(PublisherHomes, FewerPagesWhereRoomIsTight) {
    const auto image = zone_of(90'000).build();
    Bed roomy(300, 100'000);
    ASSERT_TRUE(roomy.publish(image));
    for (size_t pages = 60;; ++pages) {
        ASSERT_LT(pages, 300U);
        Bed tight(pages, 100'000);
        if (!tight.publish(image) || tight.homes().pages == 0) continue;
        EXPECT_LT(tight.homes().pages, roomy.homes().pages);
        break;
    }
}

TEST(PublisherHomes, FewNamesNeedNone) {
    Bed bed(64, 40'000);
    ASSERT_TRUE(bed.publish(zone_of(1000)));
    EXPECT_EQ(bed.homes().pages, 0U);
}

TEST(PublisherHomes, ACommitOfFewNamesBeginsNone) {
    Bed bed(64, 40'000);
    for (size_t names = 16'380; names < 16'390; ++names) ASSERT_TRUE(bed.publish(zone_of(names)));
    EXPECT_EQ(bed.homes().pages, 0U);
}

TEST(PublisherHomes, AZoneThatHasGrownMuchGetsNewOnes) {
    Bed bed(128, 100'000);
    ASSERT_TRUE(bed.publish(zone_of(20'000)));
    const sl_homes first = bed.homes();
    ASSERT_TRUE(bed.publish(zone_of(21'000)));
    EXPECT_EQ(bed.homes().page, first.page);
    ASSERT_TRUE(bed.publish(zone_of(90'000)));
    EXPECT_NE(bed.homes().page, first.page);
    EXPECT_GT(guessed(bed, 21'000, 90'000).at_home, 0.8);
    for (const size_t i : {size_t{0}, size_t{20'999}, size_t{89'999}})
        EXPECT_TRUE(bed.read(host(i) + ".example.com.", bed.generation())) << i;
}

// New classes have every name looked at, and few written.
TEST(PublisherHomes, ClassesThatChangeLeaveTheRecordsAtHome) {
    Bed bed(64, 40'000);
    ASSERT_TRUE(bed.publish(zone_of(20'000)));
    const sl_homes homes = bed.homes();
    for (const char* more : {"$LINE telecom\nh0 A 192.0.2.1\n", "", "$LINE telecom\nh1 A 192.0.2.1\n"}) {
        ASSERT_TRUE(bed.publish(zone_of(20'000, more)));
        EXPECT_EQ(bed.homes().page, homes.page);
        EXPECT_GT(guessed(bed, 0, 20'000).at_home, 0.8);
    }
}

TEST(PublisherHomes, ACommitThatFailsLeavesThoseOfBefore) {
    Bed bed(128, 100'000);
    ASSERT_TRUE(bed.publish(zone_of(20'000)));
    const sl_homes before = bed.homes();
    const auto used = bed.usage().arena_bytes;
    bed.fail_next_wait();
    EXPECT_THROW((void)bed.publish(zone_of(90'000)), std::runtime_error);
    EXPECT_EQ(bed.usage().arena_bytes, used);
    ASSERT_TRUE(bed.publish(zone_of(21'000)));
    EXPECT_EQ(bed.homes().page, before.page);
    EXPECT_GT(guessed(bed, 20'000, 21'000).in_block, 0.4)
        << "not a tenth of the places are left; without homes none is in its block";
}

// Prefixes whose class table takes some thirty pages.
std::vector<std::string> many_prefixes() {
    std::vector<std::string> prefixes;
    for (unsigned i = 0; i < 6500; ++i) {
        const unsigned high = i / 256, low = i % 256;
        const std::string net = std::to_string(16 + high) + "." + std::to_string(low) + ".";
        prefixes.push_back(net + std::to_string(low) + ".0/24");
        prefixes.push_back(net + std::to_string((low + 1 + high) % 256) + ".0/24");
    }
    return prefixes;
}

// The fewest pages in which the names fit, and then such a table too, before anything is left out.
size_t pages_needed(size_t names, size_t then) {
    const auto first = zone_of(names).build();
    const auto second = zone_of(then, "$LINE telecom\nh0 A 192.0.2.1\n", many_prefixes()).build(first.get());
    for (size_t pages = 30;; ++pages) {
        Bed bed(pages, 40'000);
        if (!bed.publish(first) || bed.usage().left_out_names > 0) continue;
        if (bed.publish(second) && bed.usage().left_out_names == 0) return pages;
    }
}

// Homes take no room from anything but for a page of seeds: what fits with so few names that they have none fits with a
// few more.
// Several threads write so many names; one of them finds both buckets of a name full, and waits to move another.
TEST(PublisherHomes, AThreadThatFailsLeavesTheImageBefore) {
    Bed bed(128, 32'700);
    ASSERT_TRUE(bed.publish(zone_of(100)));
    const auto used = bed.usage().arena_bytes;
    const auto h5 = bed.read("h5.example.com.", 1);
    ASSERT_TRUE(h5);
    for (const int nth : {1, 3, 10}) {
        bed.fail_any_wait_in(nth);
        EXPECT_THROW((void)bed.publish(zone_of(32'600)), std::runtime_error) << nth;
        EXPECT_EQ(bed.generation(), 1U);
        EXPECT_EQ(bed.usage().arena_bytes, used);
        EXPECT_EQ(bed.usage().names, 101U);
        for (const uint64_t generation : {1, 2}) {
            EXPECT_EQ(bed.read("h5.example.com.", generation), h5);
            for (size_t i = 100; i < 32'600; i += 100)
                ASSERT_EQ(bed.read(host(i) + ".example.com.", generation), std::nullopt) << i << ", " << nth;
        }
    }
    const int before = bed.waits();
    ASSERT_TRUE(bed.publish(zone_of(32'600)));
    EXPECT_GT(bed.waits() - before, 10) << "those that failed were of threads that write names";
    for (size_t i = 0; i < 32'600; ++i) ASSERT_TRUE(bed.read(host(i) + ".example.com.", 2)) << i;
}

TEST(PublisherHomes, WhatFitsWithoutThemFits) {
    constexpr size_t kWithout = 16'300, kWith = 16'450;
    EXPECT_LE(pages_needed(kWith, kWith), pages_needed(kWithout, kWithout) + 1);
    EXPECT_LE(pages_needed(kWith, 5), pages_needed(kWithout, 5) + 1);
}

}  // namespace
}  // namespace splitline
