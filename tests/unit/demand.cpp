// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/demand.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "support/packet_dns.h"

namespace splitline {
namespace {

using testing_support::DnsQuery;
using testing_support::kA;

TEST(Demand, NamesAreTakenFoldedOncePerQueryAndOnlyWhenSomebodyListens) {
    Demand demand;
    const auto query = DnsQuery("WwW.Example.COM", kA).bytes();
    demand.note(query);
    AskedNames asked;
    demand.take(asked);
    EXPECT_TRUE(asked.names.empty());
    for (int i = 0; i < 3; ++i) demand.note(query);
    demand.note(DnsQuery(".", kA).bytes());
    asked = {};
    demand.take(asked);
    const Dname www = *dname_from_text("www.example.com.");
    EXPECT_EQ(asked.names, (std::vector<Dname>{www, www, www, Dname(1, '\0')}));
    EXPECT_EQ(asked.queries, 4U);
    asked = {};
    demand.take(asked);
    EXPECT_TRUE(asked.names.empty());
    EXPECT_EQ(asked.queries, 0U);
}

TEST(Demand, WhatDoesNotFitIsCounted) {
    Demand demand;
    AskedNames asked;
    demand.take(asked);
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 50'000; ++i) demand.note(DnsQuery("n" + std::to_string(i) + ".example.com", kA).bytes());
        asked = {};
        demand.take(asked);
        EXPECT_EQ(asked.queries, 50'000U);
        EXPECT_GT(asked.names.size(), 2'000U);
        EXPECT_LT(asked.names.size(), 5'000U);
        EXPECT_EQ(asked.names.front(), *dname_from_text("n0.example.com."));
    }
}

TEST(Demand, IsTakenWhileAWorkerNotes) {
    Demand demand;
    AskedNames asked;
    demand.take(asked);
    std::atomic<bool> done = false;
    std::thread worker([&] {
        for (int i = 0; i < 200'000; ++i) demand.note(DnsQuery("a.example.com", kA).bytes());
        done = true;
    });
    while (!done) demand.take(asked);
    worker.join();
    demand.take(asked);
    EXPECT_EQ(asked.queries, 200'000U);
    EXPECT_FALSE(asked.names.empty());
    for (const Dname& name : asked.names) ASSERT_EQ(name, *dname_from_text("a.example.com."));
}

}  // namespace
}  // namespace splitline
