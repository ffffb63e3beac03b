// SPDX-License-Identifier: GPL-3.0-or-later
// ECS (RFC 7871) on the fast path: every source length, echo and scope, malformed options, and who is believed.
#include <string>
#include <vector>

#include "support/packet_fixture.h"

namespace splitline::testing_support {
namespace {

class ClientSubnets : public BpfTest {
  protected:
    static Frame ask(const EdnsOption& option, const char* name = "split.example.com", uint16_t type = kA) {
        Edns edns;
        edns.options = {option};
        return frame_of(DnsQuery(name, type).with(edns));
    }

    /// The option of the response to one that must be answered.
    static Bytes echo_of(const Frame& frame) {
        const DnsResponse response = expect_answer(frame.bytes());
        if (!response.edns || response.edns->options.size() != 1 || response.edns->options[0].code != kOptionEcs) {
            ADD_FAILURE() << "no ECS option in the response";
            return {};
        }
        return response.edns->options[0].data;
    }

    static void expect_malformed(const Bytes& data) {
        const Outcome outcome = run(ask({kOptionEcs, data, {}}).bytes());
        EXPECT_STREQ(label(outcome.reason), "ecs");
    }
};

// Addresses on every line, in both families, and embedded IPv4.
const std::vector<const char*> kAddresses = {"203.0.113.9",
                                             "203.0.113.200",
                                             "1.1.1.1",
                                             "1.2.3.4",
                                             "8.8.8.8",
                                             "192.88.98.77",
                                             "100.64.0.1",
                                             "255.255.255.255",
                                             "0.0.0.0",
                                             "2001:db8:7e1e::1",
                                             "2001:db8:ff1:ce42::",
                                             "240e:1:2:3:4:5:6:7",
                                             "240e::",
                                             "2a00:1450::",
                                             "2001:db8:c:0:8000::",
                                             "::ffff:203.0.113.9",
                                             "64:ff9b::203.0.113.9",
                                             "2002:cb00:7109::",
                                             "::",
                                             "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};

// Names with lines and without, answers and NODATA.
const std::vector<std::pair<const char*, uint16_t>> kAsked = {
    {"split.example.com", kA}, {"split.example.com", kMx}, {"a.example.com", kA}, {"a.example.com", kMx}};

// judge() compares with the resolver; here the scope is held against the class table itself.
TEST_F(ClientSubnets, EverySourceLengthEchoesAndScopes) {
    for (const char* text : kAddresses) {
        const Address client = address(text);
        for (unsigned source = 0; source <= client.bits(); ++source) {
            SCOPED_TRACE(std::string(text) + "/" + std::to_string(source));
            const EdnsOption option = ecs(client, source);
            for (const auto& [name, type] : kAsked) {
                Bytes echo = echo_of(ask(option, name, type));
                ASSERT_EQ(echo.size(), option.data.size());
                const bool tailored = name[0] == 's' && source > 0;
                EXPECT_EQ(echo[3], tailored ? image_->classes->lookup(mask(client, source)).length : 0);
                echo[3] = 0;
                EXPECT_EQ(hex(echo), hex(option.data));
            }
        }
    }
}

// The subnet decides, not the sender; SOURCE 0 hands the decision back to the sender.
TEST_F(ClientSubnets, SubnetDecides) {
    struct Case {
        const char* sender;
        const char* subnet;
        unsigned source;
        const char* answer;
    };
    const std::vector<Case> cases = {
        {kDefaultClient, kTelecomClient, 32, "split.example.com. 600 IN A 192.0.2.140"},
        {kDefaultClient, kTelecomClient, 28, "split.example.com. 600 IN A 192.0.2.140"},
        {kTelecomClient, kOverseaClient, 24, "split.example.com. 600 IN A 192.0.2.130"},
        {kTelecomClient, kDefaultClient, 32, "split.example.com. 600 IN A 192.0.2.100"},
        {kTelecomClient, kDefaultClient, 0, "split.example.com. 600 IN A 192.0.2.140"},
        {kTelecomClient, kDefaultClient6, 0, "split.example.com. 600 IN A 192.0.2.140"},
        {kOverseaClient, kTelecomClient6, 64, "split.example.com. 600 IN A 192.0.2.140"},
        {kOverseaClient, kDefaultClient6, 128, "split.example.com. 600 IN A 192.0.2.100"},
        {kTelecomClient6, kOverseaClient, 24, "split.example.com. 600 IN A 192.0.2.130"},
        {kDefaultClient6, "::ffff:203.0.113.9", 128, "split.example.com. 600 IN A 192.0.2.140"},
        {kDefaultClient6, "64:ff9b::203.0.113.9", 124, "split.example.com. 600 IN A 192.0.2.140"},
        {kDefaultClient6, "2002:cb00:7109::", 44, "split.example.com. 600 IN A 192.0.2.140"},
    };
    for (const Case& one : cases) {
        SCOPED_TRACE(std::string(one.sender) + " for " + one.subnet + "/" + std::to_string(one.source));
        Frame frame = ask(ecs(address(one.subnet), one.source));
        if (address(one.sender).family == Address::Family::kIpv6) frame.ipv6();
        frame.source = address(one.sender);
        EXPECT_EQ(expect_answer(frame.bytes()).answer.at(0), one.answer);
    }
}

TEST_F(ClientSubnets, MalformedIsTheResolvers) {
    const std::vector<Bytes> malformed = {
        {},
        {0},
        {0, 1, 0},
        {0, 0, 0, 0},                  // family 0 is legal with SOURCE 0, and rare
        {0, 3, 8, 0, 1},               // a family nobody knows
        {1, 0, 24, 0, 1, 2, 3},        // family in the wrong byte order
        {0, 1, 24, 24, 1, 2, 3},       // SCOPE in a query
        {0, 1, 0, 1},                  //
        {0, 1, 33, 0, 1, 2, 3, 4, 0},  // SOURCE too long
        {0, 1, 255, 0},                //
        {0, 2, 129, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0},
        {0, 1, 24, 0, 1, 2},         // an octet too few
        {0, 1, 24, 0, 1, 2, 3, 0},   // an octet too many
        {0, 1, 0, 0, 0},             //
        {0, 2, 128, 0, 1, 2, 3, 4},  //
    };
    for (const Bytes& data : malformed) {
        SCOPED_TRACE(hex(data));
        expect_malformed(data);
    }
}

TEST_F(ClientSubnets, BitsBehindSourceAreMalformed) {
    for (const char* text : {"255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"})
        for (unsigned source = 1; source <= address(text).bits(); ++source) {
            if (source % 8 == 0) continue;
            EdnsOption option = ecs(address(text), source);
            option.data.back() = static_cast<uint8_t>(option.data.back() | (0x80U >> (source % 8)));
            SCOPED_TRACE("SOURCE " + std::to_string(source));
            expect_malformed(option.data);
            option.data.back() = static_cast<uint8_t>((option.data.back() & ~(0x80U >> (source % 8))) | 1);
            expect_malformed(option.data);
        }
}

TEST_F(ClientSubnets, TwoOfThemAreMalformed) {
    Edns edns;
    edns.options = {ecs(address(kTelecomClient), 24), ecs(address(kTelecomClient), 24)};
    expect_pass(DnsQuery("split.example.com", kA).with(edns), SL_REASON_ECS);
}

TEST_F(ClientSubnets, PlaceAmongOtherOptionsDoesNotMatter) {
    for (size_t place = 0; place < 4; ++place) {
        Edns edns;
        edns.options.assign(4, EdnsOption{65001, {1, 2, 3}, {}});
        edns.options[place] = ecs(address(kTelecomClient), 24);
        const DnsResponse response = expect_answer(DnsQuery("split.example.com", kA).with(edns));
        ASSERT_EQ(response.edns->options.size(), 1U);
        EXPECT_EQ(response.edns->options[0].data[3], 28);
    }
}

// No query that ends behind byte 1500 of its frame is read (QUERY_END_MAX in bpf/edns.h).
TEST_F(ClientSubnets, BehindALargeOption) {
    for (const size_t end : {400, 1000, 1499, 1500, 1501}) {
        SCOPED_TRACE(end);
        Edns edns;
        edns.options = {EdnsOption{65001, {}, {}}, ecs(address(kTelecomClient), 24)};
        const DnsQuery query("split.example.com", kA);
        edns.options[0].data.resize(end - frame_of(DnsQuery(query).with(edns)).bytes().size());
        const Bytes frame = frame_of(DnsQuery(query).with(edns)).bytes();
        ASSERT_EQ(frame.size(), end);
        if (end > 1500)
            EXPECT_STREQ(label(run(frame).reason), "edns");
        else
            EXPECT_EQ(expect_answer(frame).edns->options.at(0).data.at(3), 28);
    }
}

// The option in a frame cut or lying about its length at every byte.
TEST_F(ClientSubnets, EveryClaimedLength) {
    for (unsigned length = 0; length < 40; ++length) {
        EdnsOption option = ecs(address(kTelecomClient), 32);
        option.length = static_cast<uint16_t>(length);
        SCOPED_TRACE("claims " + std::to_string(length));
        const Outcome outcome = run(ask(option).bytes());
        EXPECT_EQ(outcome.verdict == XDP_TX, length == option.data.size());
    }
}

TEST_F(ClientSubnets, NegativeAndChainedAnswersScopeToo) {
    const EdnsOption option = ecs(address(kTelecomClient), 32);
    EXPECT_EQ(echo_of(ask(option, "split.example.com", kAaaa))[3], 28);
    EXPECT_EQ(echo_of(ask(option, "to-split.example.com"))[3], 28);
    EXPECT_EQ(echo_of(ask(option, "no-default.example.com"))[3], 28);
    EXPECT_EQ(echo_of(ask(option, "to-a.example.com"))[3], 0);
    EXPECT_EQ(echo_of(ask(option, "a.example.com", kAaaa))[3], 0);
    EXPECT_EQ(echo_of(ask(option, "to-gone.example.com"))[3], 0);
}

TEST_F(ClientSubnets, SwitchedOffTheOptionIsUnknown) {
    ResponsePolicy policy;
    policy.ecs = false;
    serve_with(policy);
    Frame frame = ask(ecs(address(kTelecomClient), 24));
    frame.source = address(kOverseaClient);
    const DnsResponse response = expect_answer(frame.bytes());
    EXPECT_EQ(response.answer.at(0), "split.example.com. 600 IN A 192.0.2.130");
    EXPECT_TRUE(response.edns->options.empty());
    EXPECT_TRUE(expect_answer(ask({kOptionEcs, {9}, {}}).bytes()).edns->options.empty());
    bed_.reset();
}

TEST_F(ClientSubnets, OnlyListedSendersAreBelieved) {
    ResponsePolicy policy;
    for (const char* text : {"198.51.100.0/25", "2001:db8:c::/48"}) {
        auto prefix = Prefix::parse(text);
        ASSERT_TRUE(prefix);
        policy.ecs_trust.push_back(*prefix);
    }
    serve_with(policy);
    for (const auto& [sender, believed] : std::vector<std::pair<const char*, bool>>{{"198.51.100.7", true},
                                                                                    {"198.51.100.127", true},
                                                                                    {"198.51.100.128", false},
                                                                                    {"100.64.0.1", false},
                                                                                    {"2001:db8:c:1::1", true},
                                                                                    {"2001:db8:d::1", false}}) {
        SCOPED_TRACE(sender);
        Frame frame = ask(ecs(address(kTelecomClient), 32));
        if (address(sender).family == Address::Family::kIpv6) frame.ipv6();
        frame.source = address(sender);
        const DnsResponse response = expect_answer(frame.bytes());
        EXPECT_EQ(response.edns->options.size(), believed ? 1U : 0U);
        EXPECT_EQ(response.answer.at(0) == "split.example.com. 600 IN A 192.0.2.140", believed);
        // Whether the sender is believed must not be asked again of the address that its first option tells.
        Edns twice;
        twice.options.assign(2, ecs(address(kTelecomClient), 32));
        frame.payload = DnsQuery("split.example.com", kA).with(twice).bytes();
        EXPECT_EQ(run(frame.bytes()).reason == SL_REASON_ECS, believed);
    }
    bed_.reset();
}

}  // namespace
}  // namespace splitline::testing_support
