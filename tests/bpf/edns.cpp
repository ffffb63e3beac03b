// SPDX-License-Identifier: GPL-3.0-or-later
// EDNS (RFC 6891): sizes, DO, flags and options nobody knows, and every way to get the OPT wrong.
#include <functional>
#include <string>
#include <vector>

#include "support/packet_fixture.h"

namespace splitline::testing_support {
namespace {

class EdnsQueries : public BpfTest {
  protected:
    static DnsQuery ask(const Edns& edns, std::string_view name = "a.example.com", uint16_t type = kA) {
        return DnsQuery(name, type).with(edns);
    }

    static Bytes message_with(const std::function<void(DnsQuery&, Edns&)>& change) {
        DnsQuery query("a.example.com", kA);
        Edns edns;
        change(query, edns);
        return query.with(edns).bytes();
    }
};

TEST_F(EdnsQueries, OptIsAnsweredWithOurs) {
    const DnsResponse response = expect_answer(ask({}));
    ASSERT_TRUE(response.edns);
    EXPECT_EQ(response.edns->payload, 1232);
    EXPECT_EQ(response.edns->flags, 0);
    EXPECT_EQ(response.edns->version, 0);
    EXPECT_TRUE(response.edns->options.empty());
    EXPECT_EQ(response.edns->owner, Bytes{0});
}

TEST_F(EdnsQueries, WithoutOptNoneComesBack) {
    EXPECT_FALSE(expect_answer(DnsQuery("a.example.com", kA)).edns);
}

TEST_F(EdnsQueries, DoIsCopiedOtherFlagsAreNot) {
    for (unsigned bit = 0; bit < 16; ++bit) {
        Edns edns;
        edns.flags = static_cast<uint16_t>(1U << bit);
        EXPECT_EQ(expect_answer(ask(edns)).edns->flags, edns.flags & 0x8000) << "flag bit " << bit;
        edns.flags = 0xffff;
        EXPECT_EQ(expect_answer(ask(edns)).edns->flags, 0x8000);
    }
}

TEST_F(EdnsQueries, ExtendedRcodeOfAQueryIsIgnored) {
    Edns edns;
    edns.extended_rcode = 0xff;
    EXPECT_EQ(expect_answer(ask(edns)).rcode, 0U);
}

TEST_F(EdnsQueries, EveryOtherVersionPasses) {
    for (unsigned version = 1; version < 256; ++version) {
        Edns edns;
        edns.version = static_cast<uint8_t>(version);
        expect_pass(ask(edns), SL_REASON_EDNS);
    }
}

// What is answered grows with the client's size up to ours; RFC 6891 counts less than 512 as 512.
TEST_F(EdnsQueries, SizeLimits) {
    const auto size_of = [](const char* name) {
        Edns edns;
        edns.payload = 4096;
        return expect_answer(ask(edns, name, kTxt)).size;
    };
    const size_t fits = size_of("fits.example.com"), medium = size_of("medium.example.com");
    ASSERT_LT(fits, 512U);
    ASSERT_GT(medium, 512U);
    ASSERT_LT(medium, 1232U);
    for (const unsigned payload :
         {0U, 2U, 511U, 512U, 513U, unsigned(medium) - 1, unsigned(medium), 1232U, 1233U, 65535U}) {
        SCOPED_TRACE("payload " + std::to_string(payload));
        Edns edns;
        edns.payload = static_cast<uint16_t>(payload);
        expect_answer(ask(edns, "fits.example.com", kTxt));
        if (payload >= medium)
            expect_answer(ask(edns, "medium.example.com", kTxt));
        else
            expect_pass(ask(edns, "medium.example.com", kTxt), SL_REASON_SIZE);
        expect_pass(ask(edns, "large.example.com", kTxt), SL_REASON_SIZE);
    }
}

// libknot reads a size of 1 as class IN and refuses it, so that one is the resolver's.
TEST_F(EdnsQueries, SizeOneIsTheResolvers) {
    Edns edns;
    edns.payload = 1;
    expect_pass(ask(edns), SL_REASON_EDNS);
}

// The OPT and the echoed ECS count too: the limit is on the whole message.
TEST_F(EdnsQueries, SizeLimitIsExactWithEveryOption) {
    for (unsigned source = 0; source <= 128; source += 8) {
        Edns edns;
        edns.payload = 1232;
        edns.options = {ecs(address("2001:db8:7e1e::"), source)};
        const size_t exact = expect_answer(ask(edns, "medium.example.com", kTxt)).size;
        edns.payload = static_cast<uint16_t>(exact);
        EXPECT_EQ(expect_answer(ask(edns, "medium.example.com", kTxt)).size, exact);
        edns.payload = static_cast<uint16_t>(exact - 1);
        expect_pass(ask(edns, "medium.example.com", kTxt), SL_REASON_SIZE);
    }
}

TEST_F(EdnsQueries, OurLimitIsConfigurable) {
    ResponsePolicy policy;
    policy.udp_payload = 700;
    serve_with(policy);
    Edns edns;
    EXPECT_EQ(expect_answer(ask(edns)).edns->payload, 700);
    expect_pass(ask(edns, "medium.example.com", kTxt), SL_REASON_SIZE);
    policy.udp_payload = 1400;
    serve_with(policy);
    edns.payload = 4096;
    EXPECT_GT(expect_answer(ask(edns, "large.example.com", kTxt)).size, 1232U);
    bed_.reset();
}

TEST_F(EdnsQueries, UnknownOptionsAreIgnored) {
    const std::vector<std::vector<EdnsOption>> sets = {
        {{kOptionNsid, {}, {}}},
        {{kOptionCookie, {1, 2, 3, 4, 5, 6, 7, 8}, {}}},
        {{kOptionCookie, Bytes(40, 7), {}}},
        {{kOptionPadding, Bytes(468, 0), {}}},
        {{65001, {1}, {}}},
        {{0, {}, {}}, {65535, {9, 9, 9}, {}}},
        std::vector<EdnsOption>(8, EdnsOption{65001, {1, 2, 3}, {}}),
    };
    for (size_t i = 0; i < sets.size(); ++i) {
        SCOPED_TRACE("set " + std::to_string(i));
        Edns edns;
        edns.options = sets[i];
        const DnsResponse response = expect_answer(ask(edns));
        EXPECT_EQ(response.answer.size(), 1U);
        EXPECT_TRUE(response.edns->options.empty());
    }
}

// More options than the program reads are the resolver's; wherever the border lies, both say the same.
TEST_F(EdnsQueries, ManyOptions) {
    bool passed = false;
    for (size_t count = 0; count <= 40; ++count) {
        Edns edns;
        edns.options.assign(count, EdnsOption{65001, {}, {}});
        for (const bool ipv6 : {false, true}) {
            const Outcome outcome = run(frame_of(ask(edns), ipv6).bytes());
            if (count <= 4) {
                EXPECT_EQ(verdict_name(outcome.verdict), "XDP_TX");
            }
            if (outcome.verdict == XDP_TX) continue;
            EXPECT_STREQ(label(outcome.reason), "edns");
            passed = true;
        }
    }
    EXPECT_TRUE(passed);
}

TEST_F(EdnsQueries, MalformedOptPasses) {
    struct Case {
        const char* name;
        std::function<void(DnsQuery&, Edns&)> change;
    };
    const std::vector<Case> cases = {
        {"owner not the root",
         [](DnsQuery&, Edns& e) {
             e.owner = {1, 'a', 0};
         }},
        {"owner a pointer to the question",
         [](DnsQuery&, Edns& e) {
             e.owner = {0xc0, 12};
         }},
        {"RDLENGTH one short",
         [](DnsQuery&, Edns& e) {
             e.options = {{65001, {1}, {}}}, e.length = 4;
         }},
        {"RDLENGTH one long",
         [](DnsQuery&, Edns& e) {
             e.options = {{65001, {1}, {}}}, e.length = 6;
         }},
        {"RDLENGTH 65535", [](DnsQuery&, Edns& e) { e.length = 65535; }},
        {"option longer than RDATA",
         [](DnsQuery&, Edns& e) {
             e.options = {{65001, {1}, uint16_t{2}}};
         }},
        {"option of 65535 bytes",
         [](DnsQuery&, Edns& e) {
             e.options = {{65001, {1}, uint16_t{65535}}};
         }},
        {"option header cut to 1", [](DnsQuery& q, Edns& e) { e.length = 1, q.trailing = {0}; }},
        {"option header cut to 3",
         [](DnsQuery& q, Edns& e) {
             e.length = 3, q.trailing = {0, 1, 0};
         }},
        {"second option cut",
         [](DnsQuery& q, Edns& e) {
             e.options = {{65001, {}, {}}}, e.length = 6, q.trailing = {0, 1};
         }},
    };
    for (const Case& one : cases) {
        SCOPED_TRACE(one.name);
        Frame frame;
        frame.payload = message_with(one.change);
        EXPECT_EQ(verdict_name(run(frame.bytes()).verdict), "XDP_PASS");
        frame.ipv6().padding = 64;  // what lies behind the message must not help
        EXPECT_EQ(verdict_name(run(frame.bytes()).verdict), "XDP_PASS");
    }
}

TEST_F(EdnsQueries, OtherAdditionalRecordsPass) {
    DnsQuery query("a.example.com", kA);
    query.additionals = 1;
    query.trailing = {0, 0, 250, 0, 255, 0, 0, 0, 0, 0, 0};  // TSIG, empty
    expect_pass(query, SL_REASON_EDNS);
    query.trailing = {0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4};
    expect_pass(query, SL_REASON_EDNS);
    DnsQuery twice("a.example.com", kA);
    twice.with({}).with({}).additionals = 1;
    expect_pass(twice, SL_REASON_TRAILING);
}

TEST_F(EdnsQueries, NegativeAndAliasAnswersCarryOptToo) {
    for (const auto& [name, type] : std::vector<std::pair<const char*, uint16_t>>{{"a.example.com", kAaaa},
                                                                                  {"to-gone.example.com", kA},
                                                                                  {"c1.example.com", kAaaa},
                                                                                  {"ent.empty.example.com", kA}}) {
        SCOPED_TRACE(name);
        EXPECT_TRUE(expect_answer(ask({}, name, type)).edns);
    }
}

}  // namespace
}  // namespace splitline::testing_support
