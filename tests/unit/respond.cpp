// SPDX-License-Identifier: GPL-3.0-or-later
// Answers: flags, sections, exact bytes, EDNS, and the server's own names in class CH.
#include <gmock/gmock.h>

#include "support/respond_fixture.h"

namespace splitline {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr unsigned kNoError = 0, kNxdomain = 3, kRefused = 5;
constexpr const char* kSoaRecord =
    "example.com. 300 IN SOA ns1.example.com. hostmaster.example.com. 1 14400 3600 1209600 300";

// The contract with the fast path, byte by byte: this is what both must send.
TEST_F(RespondTest, WritesExactlyTheseBytes) {
    DnsQuery query("wWw.ExAmPlE.cOm", kA);
    query.id = 0x1234;
    query.flags = kFlagRd | kFlagCd;
    Edns edns;
    edns.flags = 0x8000;
    edns.options = {ecs(address("198.51.100.0"), 24), {kOptionCookie, Bytes(8, 1), {}}, {kOptionNsid, {}, {}}};
    const Bytes expected = from_hex(
        "1234 8510 0001 0001 0000 0001"                                 // AA RD CD
        "03 77 57 77 07 45 78 41 6d 50 6c 45 03 63 4f 6d 00 0001 0001"  // as asked
        "c00c 0001 0001 00000258 0004 c6336450"                         // 198.51.100.80
        "00 0029 04d0 00 00 8000 000b 0008 0007 0001 18 18 c63364");    // 1232, DO, ECS with scope 24
    EXPECT_EQ(hex(ask(query.with(edns).bytes())), hex(expected));
}

TEST_F(RespondTest, FlagsComeFromTheQueryOrAreClear) {
    const struct {
        uint16_t query, response;
    } cases[] = {{0, kFlagQr | kFlagAa},
                 {kFlagRd, kFlagQr | kFlagAa | kFlagRd},
                 {kFlagCd, kFlagQr | kFlagAa | kFlagCd},
                 {kFlagAd, kFlagQr | kFlagAa},
                 {kFlagAa, kFlagQr | kFlagAa},
                 {kFlagTc, kFlagQr | kFlagAa},
                 {kFlagRa, kFlagQr | kFlagAa},
                 {kFlagZ, kFlagQr | kFlagAa},
                 {0x07ff & ~0xf, kFlagQr | kFlagAa | kFlagRd | kFlagCd}};
    for (const auto& c : cases) {
        const auto response = ask(DnsQuery("example.com", kSoa).with_flags(c.query));
        EXPECT_EQ(response.flags, c.response) << std::hex << c.query;
        EXPECT_EQ(response.rcode, kNoError);
        EXPECT_THAT(response.answer, SizeIs(1));
        EXPECT_FALSE(response.edns);
    }
}

TEST_F(RespondTest, AnswersByTheLineOfTheSender) {
    const struct {
        std::string_view client;
        const char* expected;
        LineId line;
    } cases[] = {{kInternalClient, "www.example.com. 600 IN A 198.51.100.80", *image_->lines->catalog.find("internal")},
                 {"2001:db8:1::9", "www.example.com. 600 IN A 198.51.100.80", *image_->lines->catalog.find("internal")},
                 {kOtherClient, "www.example.com. 600 IN A 192.0.2.10", kDefaultLine},
                 {"2001:db8:2::9", "www.example.com. 600 IN A 192.0.2.10", kDefaultLine}};
    for (const auto& c : cases) {
        for (const auto transport : {Transport::kUdp, Transport::kTcp}) {
            EXPECT_THAT(ask(DnsQuery("www.example.com", kA), transport, c.client).answer, ElementsAre(c.expected));
            EXPECT_EQ(responded_.line, c.line);
        }
    }
}

TEST_F(RespondTest, NegativeAnswersCarryTheSoa) {
    const struct {
        const char* name;
        uint16_t type;
        unsigned rcode;
    } cases[] = {{"www.example.com", kTxt, kNoError}, {"www.example.com", 666, kNoError},
                 {"www.example.com", 0, kNoError},    {"b.c.example.com", kA, kNoError},
                 {"no.example.com", kA, kNxdomain},   {"example.com", 1000, kNoError}};
    for (const auto& c : cases) {
        const auto response = ask(DnsQuery(c.name, c.type).with({}));
        EXPECT_EQ(response.rcode, c.rcode) << c.name;
        EXPECT_EQ(response.flags & kFlagAa, kFlagAa);
        EXPECT_THAT(response.answer, IsEmpty());
        EXPECT_THAT(response.authority, ElementsAre(kSoaRecord));
        EXPECT_TRUE(response.edns);
    }
}

TEST_F(RespondTest, RefersWithoutAuthority) {
    const auto response = ask(DnsQuery("x.sub.example.com", kA));
    EXPECT_EQ(response.flags & kFlagAa, 0);
    EXPECT_THAT(response.answer, IsEmpty());
    EXPECT_THAT(response.authority, SizeIs(2));
    EXPECT_THAT(response.additional, ElementsAre("ns.sub.example.com. 600 IN A 192.0.2.55"));
}

TEST_F(RespondTest, RefusesWhatItDoesNotServe) {
    for (const char* name : {"example.net", ".", "com", "notexample.com"}) {
        const auto response = ask(DnsQuery(name, kA).with({}));
        EXPECT_EQ(response.rcode, kRefused) << name;
        EXPECT_EQ(response.flags, kFlagQr | kFlagRd);
        EXPECT_THAT(response.authority, IsEmpty()) << "no upward referral";
        EXPECT_TRUE(response.edns);
        EXPECT_FALSE(responded_.line);
    }
}

TEST_F(RespondTest, AnyGetsOneHinfo) {
    const auto response = ask(DnsQuery("www.example.com", kAny));
    ASSERT_THAT(response.answer, SizeIs(1));
    EXPECT_NE(response.answer[0].find("HINFO"), std::string::npos);
}

TEST_F(RespondTest, SpeaksEdnsOnlyWhenSpokenTo) {
    policy_.udp_payload = 1400;
    for (const auto transport : {Transport::kUdp, Transport::kTcp}) {
        EXPECT_FALSE(ask(DnsQuery("www.example.com", kA), transport).edns);
        Edns edns;
        edns.flags = 0xffff;
        edns.options = {{100, {1, 2, 3}, {}},
                        {kOptionNsid, {}, {}},
                        {kOptionCookie, Bytes(8, 7), {}},
                        {kOptionPadding, Bytes(40), {}},
                        {9, {}, {}},
                        {11, {}, {}},
                        {kOptionCookie, Bytes(3, 7), {}},
                        {100, {}, {}}};
        const auto response = ask(DnsQuery("www.example.com", kA).with(edns), transport);
        EXPECT_EQ(response.rcode, kNoError);
        ASSERT_TRUE(response.edns);
        EXPECT_EQ(response.edns->payload, 1400);
        EXPECT_EQ(response.edns->version, 0);
        EXPECT_EQ(response.edns->flags, 0x8000) << "DO is copied, unknown flags are clear";
        EXPECT_THAT(response.edns->options, IsEmpty());
        edns.flags = 0x7fff;
        EXPECT_EQ(ask(DnsQuery("www.example.com", kA).with(edns), transport).edns->flags, 0);
    }
}

TEST_F(RespondTest, IgnoresOrdinaryRecordsInTheAdditionalSection) {
    DnsQuery query("www.example.com", kA);
    query.with({}).additionals = 2;
    query.trailing = from_hex("00 0018 00ff 00000000 0000");  // a record of type SIG
    EXPECT_THAT(ask(query).answer, SizeIs(1));
}

TEST_F(RespondTest, TellsVersionAndIdentityWhereThePolicyDoes) {
    policy_.version = "Splitline test";
    policy_.identity = std::string(300, 'n');
    const struct {
        const char* name;
        uint16_t type;
        unsigned rcode;
    } cases[] = {{"VERSION.bind", kTxt, kNoError},  {"version.server", kTxt, kNoError}, {"id.server", kTxt, kNoError},
                 {"hostname.BIND", kTxt, kNoError}, {"hostname.bind", kAny, kNoError},  {"version.bind", kA, kRefused},
                 {"authors.bind", kTxt, kRefused},  {"www.example.com", kTxt, kRefused}};
    for (const auto& c : cases) {
        DnsQuery query(c.name, c.type);
        query.rclass = 3;
        const auto response = ask(query.with({}));
        EXPECT_EQ(response.rcode, c.rcode) << c.name;
        ASSERT_THAT(response.answer, SizeIs(c.rcode == kNoError ? 1 : 0)) << c.name;
    }
    DnsQuery query("version.bind", kTxt);
    query.rclass = 3;
    EXPECT_THAT(ask(query).answer, ElementsAre("version.bind. 0 CH TXT \"Splitline test\""));
    policy_.version.reset();
    EXPECT_EQ(ask(query).rcode, kRefused);
}

TEST_F(RespondTest, OtherClassesAreRefused) {
    for (const uint16_t rclass : {uint16_t{0}, uint16_t{3}, uint16_t{4}, uint16_t{254}, uint16_t{255}}) {
        DnsQuery query("www.example.com", kA);
        query.rclass = rclass;
        EXPECT_EQ(ask(query).rcode, kRefused) << rclass;
    }
}

}  // namespace
}  // namespace splitline
