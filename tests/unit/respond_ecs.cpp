// SPDX-License-Identifier: GPL-3.0-or-later
// EDNS Client Subnet (RFC 7871): whose line decides, what is echoed, which scope, what is malformed.
#include <gmock/gmock.h>

#include "support/respond_fixture.h"

namespace splitline {
namespace {

using namespace testing_support;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr unsigned kNoError = 0, kFormErr = 1, kNxdomain = 3, kRefused = 5;
constexpr const char* kDefaultAnswer = "www.example.com. 600 IN A 192.0.2.10";
constexpr const char* kInternalAnswer = "www.example.com. 600 IN A 198.51.100.80";

DnsQuery with_ecs(const Bytes& data, const char* name = "www.example.com", uint16_t type = kA) {
    Edns edns;
    edns.options = {{kOptionEcs, data, {}}};
    return DnsQuery(name, type).with(edns);
}

struct Usable {
    const char* what;
    std::string data;  // the option, as hex
    std::string_view client;
    const char* answer;
    unsigned scope;
};

const Usable kUsable[] = {
    {"an internal /24 through another resolver", "0001 18 00 c63364", kOtherClient, kInternalAnswer, 24},
    {"an internal /32", "0001 20 00 c6336401", kOtherClient, kInternalAnswer, 24},
    {"another /24 through an internal resolver", "0001 18 00 cb0071", kInternalClient, kDefaultAnswer, 5},
    {"a short prefix: scope is longer than source", "0001 05 00 c0", kOtherClient, kDefaultAnswer, 6},
    {"an internal IPv6 /48", "0002 30 00 20010db80001", kOtherClient, kInternalAnswer, 48},
    {"another IPv6 /56", "0002 38 00 20010db8000200", kInternalClient, kDefaultAnswer, 47},
    {"SOURCE 0, internal sender", "0001 00 00", kInternalClient, kInternalAnswer, 0},
    {"SOURCE 0, IPv6", "0002 00 00", kOtherClient, kDefaultAnswer, 0},
    {"family 0, as dig +subnet=0", "0000 00 00", kInternalClient, kInternalAnswer, 0},
};

TEST_F(RespondTest, UsesAndEchoesTheSubnet) {
    for (const auto& c : kUsable) {
        for (const auto transport : {Transport::kUdp, Transport::kTcp}) {
            const Bytes data = from_hex(c.data);
            const auto response = ask(with_ecs(data), transport, c.client);
            EXPECT_EQ(response.rcode, kNoError) << c.what;
            EXPECT_THAT(response.answer, ::testing::ElementsAre(c.answer)) << c.what;
            ASSERT_TRUE(response.edns) << c.what;
            ASSERT_THAT(response.edns->options, SizeIs(1)) << c.what;
            EXPECT_EQ(response.edns->options[0].code, kOptionEcs);
            const Bytes& echoed = response.edns->options[0].data;
            Bytes expected = data;
            expected[3] = static_cast<uint8_t>(c.scope);
            EXPECT_EQ(hex(echoed), hex(expected)) << c.what;
        }
    }
}

TEST_F(RespondTest, UntailoredAnswersHaveScopeZero) {
    const struct {
        const char* name;
        uint16_t type;
        unsigned rcode;
    } cases[] = {{"same.example.com", kA, kNoError},  {"alias.example.com", kA, kNoError},
                 {"no.example.com", kA, kNxdomain},   {"example.com", kSoa, kNoError},
                 {"x.sub.example.com", kA, kNoError}, {"example.net", kA, kRefused}};
    const Bytes data = from_hex("0001 18 00 c63364");
    for (const auto& c : cases) {
        const auto response = ask(with_ecs(data, c.name, c.type));
        EXPECT_EQ(response.rcode, c.rcode) << c.name;
        ASSERT_THAT(response.edns->options, SizeIs(1)) << c.name;
        EXPECT_EQ(hex(response.edns->options[0].data), hex(data)) << c.name;
    }
}

// A missing type at a tailored name: which line has the type may differ, so the negative answer is tailored too.
TEST_F(RespondTest, NegativeAnswersOfTailoredNamesAreTailored) {
    const auto response = ask(with_ecs(from_hex("0001 18 00 c63364"), "www.example.com", kTxt));
    EXPECT_EQ(response.edns->options[0].data[3], 24);
}

TEST_F(RespondTest, MalformedIsFormErrWithOptWithoutEcho) {
    const struct {
        const char* what;
        const char* data;
    } cases[] = {
        {"empty", ""},
        {"three bytes", "0001 18"},
        {"family 3", "0003 18 00 c63364"},
        {"family 0 with SOURCE", "0000 08 00 c6"},
        {"family 0 with an address", "0000 00 00 c6"},
        {"SOURCE 33", "0001 21 00 c633640000"},
        {"SOURCE 129", "0002 81 00 20010db8000000000000000000000000ff"},
        {"SCOPE in a query", "0001 18 18 c63364"},
        {"address too short", "0001 18 00 c633"},
        {"address too long", "0001 18 00 c6336400"},
        {"bits behind SOURCE", "0001 17 00 c63365"},
        {"address without SOURCE", "0001 00 00 c6"},
        {"bits behind IPv6 SOURCE", "0002 2f 00 20010db80001"},
    };
    for (const auto& c : cases) {
        const auto response = ask(with_ecs(from_hex(c.data)));
        EXPECT_EQ(response.rcode, kFormErr) << c.what;
        EXPECT_EQ(response.flags, kFlagQr | kFlagRd) << c.what;
        EXPECT_THAT(response.answer, IsEmpty()) << c.what;
        EXPECT_FALSE(response.question.empty()) << c.what;
        ASSERT_TRUE(response.edns) << c.what;
        EXPECT_THAT(response.edns->options, IsEmpty()) << c.what;
    }
    Edns twice;
    twice.options = {ecs(address("198.51.100.0"), 24), ecs(address("198.51.100.0"), 24)};
    EXPECT_EQ(ask(DnsQuery("www.example.com", kA).with(twice)).rcode, kFormErr);
}

TEST_F(RespondTest, UnbelievedSubnetsAreUnknownOptions) {
    const Bytes good = from_hex("0001 18 00 c63364"), bad = from_hex("0003 18 18 c6");
    const auto ignored = [&](std::string_view client) {
        for (const Bytes& data : {good, bad}) {
            const auto response = ask(with_ecs(data), Transport::kUdp, client);
            EXPECT_EQ(response.rcode, kNoError);
            EXPECT_THAT(response.answer, ::testing::ElementsAre(kDefaultAnswer));
            EXPECT_THAT(response.edns->options, IsEmpty());
        }
    };
    policy_.ecs_trust = {*Prefix::parse("203.0.113.8/32"), *Prefix::parse("2001:db8:5::/48")};
    ignored(kOtherClient);
    ignored("2001:db8:6::1");
    EXPECT_THAT(ask(with_ecs(good), Transport::kUdp, "203.0.113.8").edns->options, SizeIs(1));
    EXPECT_THAT(ask(with_ecs(good), Transport::kUdp, "2001:db8:5::1").edns->options, SizeIs(1));
    EXPECT_EQ(ask(with_ecs(bad), Transport::kUdp, "203.0.113.8").rcode, kFormErr);
    policy_.ecs_trust.clear();
    policy_.ecs = false;
    ignored(kOtherClient);
}

}  // namespace
}  // namespace splitline
