// SPDX-License-Identifier: GPL-3.0-or-later
// What is not a good query: no response, FORMERR, NOTIMP, REFUSED, BADVERS, BADKEY, each in its exact form.
#include <gmock/gmock.h>

#include "support/respond_fixture.h"

namespace splitline {
namespace {

using namespace testing_support;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr unsigned kFormErr = 1, kNotImp = 4, kRefused = 5, kNotAuth = 9, kBadVers = 16, kBadKey = 17;
constexpr uint16_t kTsig = 250, kClassAny = 255;

Bytes plain() {
    return DnsQuery("www.example.com", kA).bytes();
}

/// A TSIG record: key "key.", algorithm hmac-sha256, a MAC of 32 bytes.
Bytes tsig_wire(const std::string& key = "Key.example.com", const std::string& algorithm = "hmac-sha256") {
    Bytes rdata = wire_name(algorithm);
    for (const uint8_t byte : from_hex("0000 65432100 012c 0020")) rdata.push_back(byte);  // time, fudge 300, MAC size
    rdata.resize(rdata.size() + 32, 0xee);
    for (const uint8_t byte : from_hex("4242 0000 0000")) rdata.push_back(byte);  // original id, error, other length
    Bytes wire = wire_name(key);
    put16(wire, kTsig);
    put16(wire, kClassAny);
    put32(wire, 0);
    put16(wire, static_cast<unsigned>(rdata.size()));
    wire.insert(wire.end(), rdata.begin(), rdata.end());
    return wire;
}

TEST_F(RespondTest, NothingIsDueForResponsesAndScraps) {
    Bytes response = plain();
    response[2] |= 0x80;
    EXPECT_THAT(ask(response), IsEmpty());
    const Bytes query = plain();
    for (size_t size = 0; size < 12; ++size)
        EXPECT_THAT(ask(Bytes(query.begin(), query.begin() + static_cast<std::ptrdiff_t>(size))), IsEmpty()) << size;
}

// genreport's opcode tests: an unknown opcode gets a bare header whatever else is set (RFC 6895, RFC 1996, RFC 2136).
TEST_F(RespondTest, OtherOpcodesGetABareNotImp) {
    for (unsigned opcode = 1; opcode < 16; ++opcode) {
        DnsQuery query("www.example.com", kSoa);
        query.flags = static_cast<uint16_t>(opcode << 11 | 0x07f0);
        const Bytes with_question = query.with({}).bytes();
        const Bytes header_only(with_question.begin(), with_question.begin() + 12);
        for (const Bytes& wire : {with_question, header_only}) {
            Bytes expected = {0x5a, 0x17, static_cast<uint8_t>(0x80 | opcode << 3), kNotImp};
            expected.resize(12);
            EXPECT_EQ(hex(ask(wire)), hex(expected)) << opcode;
            EXPECT_EQ(responded_.rcode, kNotImp);
        }
    }
}

TEST_F(RespondTest, FormErrEchoesTheQuestionIfItParses) {
    struct Case {
        const char* what;
        Bytes wire;
        bool question;
    };
    const auto edit = [](auto change) {
        DnsQuery query("www.example.com", kA);
        change(query);
        return query.bytes();
    };
    Bytes compressed = from_hex("5a17 0100 0001 0000 0000 0000 c00c 0001 0001");
    Bytes header_only = from_hex("5a17 0100 0000 0000 0000 0000");
    Bytes one_promised = from_hex("5a17 0100 0001 0000 0000 0000");
    const Bytes query = plain();
    const Case cases[] = {
        {"header only", header_only, false},
        {"a question promised, none there", one_promised, false},
        {"two questions", edit([](auto& q) {
             q.questions = 2;
             q.trailing = Bytes(q.name.begin(), q.name.end());
         }),
         false},
        {"no question counted", edit([](auto& q) { q.questions = 0; }), false},
        {"compressed name", compressed, false},
        {"label of 64", edit([](auto& q) {
             q.name = Bytes(66, 'a');
             q.name[0] = 64;
             q.name[65] = 0;
         }),
         false},
        {"name of 256", edit([](auto& q) {
             q.name.assign(256, 1);
             q.name.back() = 0;
         }),
         false},
        {"cut in the type", Bytes(query.begin(), query.end() - 3), false},
        {"answer promised", edit([](auto& q) { q.answers = 1; }), true},
        {"answer record", edit([](auto& q) {
             q.answers = 1;
             q.trailing = from_hex("c00c00010001000000000004c0000201");
         }),
         true},
        {"authority record", edit([](auto& q) {
             q.authorities = 1;
             q.trailing = from_hex("c00c00010001000000000004c0000201");
         }),
         true},
        {"trailing byte", edit([](auto& q) { q.trailing = {0}; }), true},
        {"OPT promised", edit([](auto& q) { q.additionals = 1; }), true},
        {"many records", edit([](auto& q) {
             q.additionals = 200;
             q.trailing = Bytes(2200, 0);
         }),
         true},
        {"two OPT", edit([](auto& q) { q.with({}).with({}); }), true},
        {"OPT below a name", edit([](auto& q) {
             Edns e;
             e.owner = wire_name("x");
             q.with(e);
         }),
         true},
        {"OPT cut", edit([](auto& q) {
             Edns e;
             e.length = 4;
             q.with(e);
         }),
         true},
        {"option longer than OPT", edit([](auto& q) {
             Edns e;
             e.options = {{9, {}, 1}};
             q.with(e);
         }),
         true},
        {"scrap of an option", edit([](auto& q) {
             Edns e;
             e.length = 3;
             q.with(e).trailing = {0, 9, 0};
         }),
         true},
        {"TSIG twice", edit([](auto& q) {
             q.additionals = 2;
             q.trailing = tsig_wire();
             const Bytes again = tsig_wire();
             q.trailing.insert(q.trailing.end(), again.begin(), again.end());
         }),
         true},
    };
    for (const auto& c : cases) {
        for (const auto transport : {Transport::kUdp, Transport::kTcp}) {
            const Bytes wire = ask(c.wire, transport);
            ASSERT_GE(wire.size(), 12U) << c.what;
            const auto response = read_response(wire);
            EXPECT_EQ(response.fault, "") << c.what;
            EXPECT_EQ(response.rcode, kFormErr) << c.what;
            EXPECT_EQ(response.flags, kFlagQr | kFlagRd) << c.what;
            EXPECT_EQ(response.question.empty(), !c.question) << c.what;
            EXPECT_FALSE(response.edns) << c.what;
            EXPECT_THAT(response.answer, IsEmpty());
        }
    }
}

// A question-less query that is otherwise whole, as DNS Cookies use it (RFC 7873 section 5.4): FORMERR, but with OPT.
TEST_F(RespondTest, NoQuestionWithOptIsFormErrWithOpt) {
    const Bytes wire = from_hex("5a17 0000 0000 0000 0000 0001 00 0029 04d0 00000000 0000");
    EXPECT_EQ(hex(ask(wire)), hex(from_hex("5a17 8001 0000 0000 0000 0001 00 0029 04d0 00000000 0000")));
}

TEST_F(RespondTest, MetaTypes) {
    const struct {
        uint16_t type;
        unsigned rcode;
    } cases[] = {{kAxfr, kRefused}, {kIxfr, kRefused}, {253, kNotImp},  {254, kNotImp},  {249, kNotImp},
                 {kOpt, kFormErr},  {kTsig, kFormErr}, {128, kFormErr}, {200, kFormErr}, {248, kFormErr}};
    for (const auto& c : cases) {
        for (const auto transport : {Transport::kUdp, Transport::kTcp}) {
            const auto response = ask(DnsQuery("example.com", c.type).with({}), transport);
            EXPECT_EQ(response.rcode, c.rcode) << c.type;
            EXPECT_EQ(response.flags, kFlagQr | kFlagRd) << c.type;
            EXPECT_TRUE(response.edns);
            EXPECT_THAT(response.answer, IsEmpty());
            EXPECT_THAT(response.authority, IsEmpty());
        }
    }
}

TEST_F(RespondTest, IxfrMayNameItsSerial) {
    DnsQuery query("example.com", kIxfr);
    query.authorities = 1;
    query.trailing = from_hex("c00c 0006 0001 00000000 0016 00 00 00000001 00000002 00000003 00000004 00000005");
    EXPECT_EQ(ask(query).rcode, kRefused);
}

TEST_F(RespondTest, BadVersHasOptVersionZeroAndNoAnswer) {
    for (const uint8_t version : {uint8_t{1}, uint8_t{100}, uint8_t{255}}) {
        Edns edns;
        edns.version = version;
        edns.flags = 0x8000;
        edns.options = {{100, {1}, {}}, ecs(address("198.51.100.0"), 24)};
        const auto response = ask(DnsQuery("example.com", kSoa).with(edns));
        EXPECT_EQ(response.rcode, kBadVers);
        EXPECT_EQ(response.flags, kFlagQr | kFlagRd);
        EXPECT_THAT(response.answer, IsEmpty());
        EXPECT_THAT(response.authority, IsEmpty());
        EXPECT_EQ(response.edns->version, 0);
        EXPECT_EQ(response.edns->extended_rcode, 1);
        EXPECT_EQ(response.edns->flags, 0x8000);
        EXPECT_THAT(response.edns->options, IsEmpty());
    }
}

// RFC 8945 sections 5.2.1 and 5.3.2: NOTAUTH, and an unsigned TSIG record of error BADKEY as the last one.
TEST_F(RespondTest, UnknownKeyIsBadKey) {
    DnsQuery query("www.example.com", kA);
    query.id = 0x4243;
    query.with({}).additionals = 2;
    query.trailing = tsig_wire();
    Bytes expected = from_hex("4243 8109 0001 0000 0000 0002");
    const Bytes wire = query.bytes();
    expected.insert(expected.end(), wire.begin() + 12, wire.begin() + 12 + 21);
    for (const uint8_t byte : from_hex("00 0029 04d0 00000000 0000")) expected.push_back(byte);
    for (const uint8_t byte : wire_name("Key.example.com")) expected.push_back(byte);
    for (const uint8_t byte : from_hex("00fa 00ff 00000000 001d")) expected.push_back(byte);
    for (const uint8_t byte : wire_name("hmac-sha256")) expected.push_back(byte);
    for (const uint8_t byte : from_hex("0000 65432100 012c 0000 4242 0011 0000")) expected.push_back(byte);
    EXPECT_EQ(hex(ask(wire)), hex(expected));
    EXPECT_EQ(responded_.rcode, kNotAuth);
    EXPECT_EQ(ask(query, Transport::kTcp).rcode, kBadKey) << "libknot reads the TSIG error";
}

TEST_F(RespondTest, KeyErrorThatDoesNotFitIsTruncated) {
    const auto long_name = [](char letter) {
        std::string name;
        for (int i = 0; i < 3; ++i) name += std::string(61, letter) + '.';
        return name + std::string(50, letter);
    };
    DnsQuery query(long_name('q'), kA);
    query.additionals = 1;
    query.trailing = tsig_wire(long_name('k'), long_name('a'));
    const auto response = read_response(ask(query.bytes()));
    EXPECT_LE(response.size, 512U);
    EXPECT_EQ(response.fault, "");
    EXPECT_EQ(response.rcode, kNotAuth);
    EXPECT_EQ(response.flags & kFlagTc, kFlagTc);
    EXPECT_THAT(response.additional, IsEmpty());
    EXPECT_THAT(ask(query, Transport::kTcp).additional, SizeIs(1));
}

}  // namespace
}  // namespace splitline
