// SPDX-License-Identifier: GPL-3.0-or-later
// Size limits: whole RRsets or none, TC where something needed is missing (RFC 2181 section 9, RFC 6891, RFC 9471).
#include <gmock/gmock.h>

#include "resolver/response.h"
#include "support/respond_fixture.h"
#include "support/soa_cases.h"

namespace splitline {
namespace {

using namespace testing_support;
using ::testing::SizeIs;

TEST_F(RespondTest, KeepsTheClientsLimitAndOurs) {
    const struct {
        const char* name;
        uint16_t type;
        std::optional<uint16_t> payload;  // of the client
        uint16_t ours;
        size_t answers;
        bool truncated;
    } cases[] = {
        {"big.example.com", kA, std::nullopt, 1232, 0, true},  // 40 addresses are 640 bytes
        {"big.example.com", kA, 1232, 1232, 40, false},
        {"big.example.com", kA, 512, 1232, 0, true},
        {"big.example.com", kA, 0, 1232, 0, true},      // RFC 6891 section 6.2.3: less than 512 is 512
        {"big.example.com", kA, 4096, 600, 0, true},    // our own limit
        {"big.example.com", kA, 684, 1232, 40, false},  // to the byte: 12 + 21 + 40 * 16 + 11
        {"big.example.com", kA, 683, 1232, 0, true},
        {"chain.example.com", kA, std::nullopt, 1232, 1, true},  // the CNAME stays
        {"chain.example.com", kA, 1232, 1232, 41, false},
        {"huge.example.com", kTxt, 65535, 1232, 0, true},
        {"www.example.com", kA, 0, 1232, 1, false},
    };
    for (const auto& c : cases) {
        policy_.udp_payload = c.ours;
        DnsQuery query(c.name, c.type);
        if (c.payload) {
            Edns edns;
            edns.payload = *c.payload;
            query.with(edns);
        }
        const auto response = ask(query);
        const size_t limit = c.payload ? std::max<size_t>(512, std::min(*c.payload, c.ours)) : 512;
        EXPECT_LE(response.size, limit) << c.name;
        EXPECT_THAT(response.answer, SizeIs(c.answers)) << c.name << ' ' << limit;
        EXPECT_EQ((response.flags & kFlagTc) != 0, c.truncated) << c.name << ' ' << limit;
        EXPECT_EQ(responded_.truncated, c.truncated);
        EXPECT_EQ(response.edns.has_value(), c.payload.has_value());
    }
}

TEST_F(RespondTest, TcpHasRoomForEverything) {
    const auto response = ask(DnsQuery("huge.example.com", kTxt).with({}), Transport::kTcp);
    EXPECT_THAT(response.answer, SizeIs(100));
    EXPECT_GT(response.size, 20'000U);
    EXPECT_EQ(response.flags & kFlagTc, 0);
}

// The alias stays where the SOA behind it has no room; over TCP it has.
TEST_F(RespondTest, KeepsAnAliasWithoutTheSoa) {
    for (const size_t size : {size_t{512}, size_t{513}}) {
        const SoaCase soa = soa_of_answer(size);
        image_ = ImageBuilder().zone(soa.zone()).build();
        for (const Transport transport : {Transport::kUdp, Transport::kTcp}) {
            const bool whole = size <= 512 || transport == Transport::kTcp;
            const auto response = ask(DnsQuery("alias.example.com", kA), transport);
            EXPECT_EQ(response.size, whole ? size : size - soa.size());
            EXPECT_THAT(response.answer, SizeIs(1));
            EXPECT_THAT(response.authority, SizeIs(whole ? 1 : 0));
            EXPECT_EQ((response.flags & kFlagTc) != 0, !whole);
        }
    }
}

/// Three RRsets of 40 bytes each, one a section; the sections' RRs need not be real to be cut.
Answer three_rrsets(bool additional_required) {
    Answer answer;
    answer.body.assign(120, 0);
    answer.answer_count = 2;
    answer.authority_count = answer.additional_count = 1;
    answer.cuts = {{40, 2, 0, 0, true}, {80, 2, 1, 0, true}, {120, 2, 1, 1, additional_required}};
    return answer;
}

TEST(WriteResponse, CutsBehindWholeRrsets) {
    const Bytes query = DnsQuery("x.example", kA).bytes();
    const auto question = std::span<const uint8_t>(query).subspan(12);
    const size_t fixed = 512 - 120;  // grows the question's share so that 512 bytes are just enough or just not
    struct Case {
        const char* what;
        size_t more;  // bytes missing
        unsigned answers, authorities, additionals;
        bool additional_required, truncated;
    };
    const Case cases[] = {
        {"fits", 0, 2, 1, 1, true, false},         {"optional additional", 1, 2, 1, 0, false, false},
        {"required glue", 1, 2, 1, 0, true, true}, {"optional additional, last byte", 40, 2, 1, 0, false, false},
        {"authority", 41, 2, 0, 0, false, true},   {"answer", 81, 0, 0, 0, false, true},
        {"nothing", 120, 0, 0, 0, false, true}};
    for (const auto& c : cases) {
        Bytes padded(question.begin(), question.end());
        padded.resize(fixed - 12 + c.more);
        const Answer answer = three_rrsets(c.additional_required);
        Response response;
        response.query = query;
        response.question = padded;
        response.answer = &answer;
        Bytes out(512, 0xa5);
        const Written written = write_response(response, out);
        EXPECT_EQ(written.truncated, c.truncated) << c.what;
        EXPECT_EQ((out[2] & 2) != 0, c.truncated) << c.what;
        EXPECT_EQ(out[7], c.answers) << c.what;
        EXPECT_EQ(out[9], c.authorities) << c.what;
        EXPECT_EQ(out[11], c.additionals) << c.what;
        EXPECT_EQ(written.size, 12 + padded.size() + size_t{40} * (c.answers / 2 + c.authorities + c.additionals))
            << c.what;
    }
}

}  // namespace
}  // namespace splitline
