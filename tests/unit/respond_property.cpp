// SPDX-License-Identifier: GPL-3.0-or-later
// Properties of every response, over queries that were whole and then damaged at random (fixed seeds).
#include <gtest/gtest.h>

#include <random>

#include "support/respond_fixture.h"
#include "support/respond_rules.h"

namespace splitline {
namespace {

using namespace testing_support;

class RandomQuery {
  public:
    explicit RandomQuery(unsigned seed) : random_(seed) {}

    unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }

    Bytes make() {
        static const char* const kNames[] = {"www.example.com",
                                             "big.example.com",
                                             "huge.example.com",
                                             "x.sub.example.com",
                                             "no.example.com",
                                             "example.com",
                                             ".",
                                             "version.bind",
                                             "chain.example.com",
                                             "alias.example.com"};
        static const uint16_t kTypes[] = {kA, kTxt, kSoa, kNs, kAny, kAxfr, kOpt, kMx, 666, 250};
        DnsQuery query(kNames[below(10)], kTypes[below(10)]);
        query.flags = static_cast<uint16_t>(random_()) & (below(4) != 0 ? 0x07ff : 0xffff);
        query.rclass = below(8) != 0 ? 1 : 3;
        if (below(4) != 0) query.with(edns());
        return query.bytes();
    }

    void damage(Bytes& wire) {
        for (unsigned left = below(4); left > 0 && !wire.empty(); --left) {
            const auto at = wire.begin() + below(static_cast<unsigned>(wire.size()));
            switch (below(4)) {
                case 0:
                    *at = static_cast<uint8_t>(random_());
                    break;
                case 1:
                    wire.erase(at, wire.end());
                    break;
                case 2:
                    wire.insert(at, static_cast<uint8_t>(random_()));
                    break;
                default:
                    *at = static_cast<uint8_t>(*at ^ (1U << below(8)));
            }
        }
    }

  private:
    Edns edns() {
        Edns edns;
        edns.payload = static_cast<uint16_t>(random_());
        edns.version = below(8) != 0 ? 0 : 1;
        edns.flags = static_cast<uint16_t>(random_());
        for (unsigned left = below(4); left > 0; --left) {
            if (below(2) != 0) {
                edns.options.push_back(ecs(address(below(2) != 0 ? kInternalClient : "2001:db8:1::7"), below(129)));
            } else {
                edns.options.push_back({static_cast<uint16_t>(below(20)), Bytes(below(20), 1), {}});
            }
        }
        return edns;
    }

    std::mt19937 random_;
};

TEST_F(RespondTest, EveryResponseKeepsTheRules) {
    RandomQuery random(20240229);
    size_t answered = 0;
    for (unsigned round = 0; round < 60'000; ++round) {
        policy_.udp_payload = static_cast<uint16_t>(512 + random.below(900));
        policy_.ecs = random.below(8) != 0;
        Bytes query = random.make();
        if (round % 4 != 0) random.damage(query);
        const auto transport = random.below(4) != 0 ? Transport::kUdp : Transport::kTcp;
        const Bytes response = ask(query, transport);
        ASSERT_EQ(broken_rule(query, response, policy_, transport), "") << hex(query) << "\n" << hex(response);
        ASSERT_EQ(ask(query, transport), response) << "the same query, another answer: " << hex(query);
        answered += responded_.line.has_value();
    }
    EXPECT_GT(answered, 6'000U) << "too few queries reached the image to test the answers";
}

// What XDP does with a tailored answer rests on this: any address in the scope block gets the same answer.
TEST_F(RespondTest, EveryAddressInTheScopeGetsTheSameAnswer) {
    RandomQuery random(7871);
    for (unsigned round = 0; round < 4'000; ++round) {
        Address client = address(random.below(2) != 0 ? "198.51.100.0" : "2001:db8:1::");
        client.bytes[random.below(6) % (client.bits() / 8)] ^= static_cast<uint8_t>(1U << random.below(8));
        Edns edns;
        edns.options = {ecs(client, client.bits())};
        const auto first = ask(DnsQuery("www.example.com", kA).with(edns));
        const unsigned scope = first.edns->options.at(0).data.at(3);
        for (unsigned i = scope; i < client.bits(); ++i)
            if (random.below(2) != 0) client.bytes[i / 8] ^= static_cast<uint8_t>(0x80U >> i % 8);
        edns.options = {ecs(client, client.bits())};
        const auto second = ask(DnsQuery("www.example.com", kA).with(edns));
        ASSERT_EQ(second.answer, first.answer) << client.text() << "/" << scope;
        ASSERT_EQ(second.edns->options.at(0).data.at(3), scope) << client.text();
    }
}

}  // namespace
}  // namespace splitline
