// SPDX-License-Identifier: GPL-3.0-or-later
// A query's frame in, its reply's frame out; headers and checksums are judged by the tests' own reader of frames.
#include "resolver/query_frame.h"

#include <gmock/gmock.h>

#include <numeric>

#include "support/packet.h"

namespace splitline {
namespace {

using namespace testing_support;
using ::testing::IsEmpty;

constexpr int kQuerySize = 29;

Bytes message(size_t size, uint8_t first) {
    Bytes bytes(size);
    std::iota(bytes.begin(), bytes.end(), first);
    return bytes;
}

struct Row {
    const char* name;
    bool ipv6;
    std::vector<VlanTag> tags;
    size_t padding;
    size_t reply;  // bytes of message
};

class Frames : public ::testing::TestWithParam<Row> {
  protected:
    Frames() {
        if (GetParam().ipv6) query_.ipv6();
        query_.tags = GetParam().tags;
        query_.padding = GetParam().padding;
        query_.payload = message(kQuerySize, 1);
        wire_ = query_.bytes();
    }

    testing_support::Frame query_;
    Bytes wire_;
};

TEST_P(Frames, AreTakenApart) {
    const auto parsed = QueryFrame::parse(wire_);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->client, query_.source);
    EXPECT_EQ(parsed->ip, query_.l3_offset());
    EXPECT_EQ(parsed->message, query_.payload_offset());
    EXPECT_EQ(parsed->message_size, kQuerySize);
}

TEST_P(Frames, AreTurnedRound) {
    const auto parsed = QueryFrame::parse(wire_);
    ASSERT_TRUE(parsed);
    const Bytes reply = message(GetParam().reply, 0x80);
    Bytes out = wire_;
    out.resize(std::max(out.size(), parsed->message + reply.size()), 0xa5);
    std::copy(reply.begin(), reply.end(), out.begin() + static_cast<std::ptrdiff_t>(parsed->message));
    out.resize(parsed->turn_round(out, reply.size()));
    const ParsedFrame in = parse_frame(wire_), back = parse_frame(out);
    EXPECT_THAT(back.faults, IsEmpty()) << hex(out);
    EXPECT_EQ(back.destination_mac, in.source_mac);
    EXPECT_EQ(back.source_mac, in.destination_mac);
    EXPECT_EQ(back.destination, in.source);
    EXPECT_EQ(back.source, in.destination);
    EXPECT_EQ(back.destination_port, in.source_port);
    EXPECT_EQ(back.source_port, in.destination_port);
    EXPECT_EQ(back.hops, 64);
    EXPECT_TRUE(back.has_udp_checksum);
    EXPECT_EQ(back.padding, 0U);
    EXPECT_EQ(hex(back.payload), hex(reply));
    // Ethernet types and tags are where they were, and as they were.
    EXPECT_EQ(hex(std::span(out).subspan(12, parsed->ip - 12)), hex(std::span(wire_).subspan(12, parsed->ip - 12)));
    // DSCP, flow label and identification are the client's own affair.
    if (GetParam().ipv6)
        EXPECT_EQ(hex(std::span(out).subspan(parsed->ip, 4)), hex(from_hex("60000000")));
    else
        EXPECT_EQ(hex(std::span(out).subspan(parsed->ip + 1, 1)) + hex(std::span(out).subspan(parsed->ip + 4, 4)),
                  hex(from_hex("00")) + hex(from_hex("00004000")));
}

INSTANTIATE_TEST_SUITE_P(Table, Frames,
                         ::testing::Values(Row{"ipv4", false, {}, 0, 100}, Row{"ipv4_odd", false, {}, 0, 101},
                                           Row{"ipv4_shorter", false, {}, 0, 12}, Row{"ipv4_padded", false, {}, 18, 30},
                                           Row{"ipv4_largest", false, {}, 0, 1400},
                                           Row{"ipv4_vlan", false, {{kTagVlan, 0x2007}}, 0, 77},
                                           Row{"ipv4_qinq", false, {{kTagQinQ, 7}, {kTagVlan, 42}}, 3, 77},
                                           Row{"ipv6", true, {}, 0, 100}, Row{"ipv6_odd", true, {}, 0, 1399},
                                           Row{"ipv6_one_more_than_words", true, {}, 0, 33},
                                           Row{"ipv6_vlan", true, {{kTagVlan, 1}}, 0, 512},
                                           Row{"ipv6_qinq", true, {{kTagQinQ, 7}, {kTagQinQ, 42}}, 0, 513}),
                         [](const auto& each) { return std::string(each.param.name); });

// Of 65536 messages that differ in one word one sums up to zero, which must be sent as all ones.
TEST(QueryFrame, NeverSendsNoChecksum) {
    testing_support::Frame frame;
    frame.payload = message(kQuerySize + 1, 1);
    unsigned all_ones = 0;
    for (unsigned word = 0; word < 0x10000; ++word) {
        Bytes wire = frame.bytes();
        const auto parsed = QueryFrame::parse(wire);
        ASSERT_TRUE(parsed);
        wire[parsed->message] = static_cast<uint8_t>(word >> 8);
        wire[parsed->message + 1] = static_cast<uint8_t>(word);
        parsed->turn_round(wire, frame.payload.size());
        const ParsedFrame back = parse_frame(wire);
        ASSERT_THAT(back.faults, IsEmpty()) << word;
        ASSERT_TRUE(back.has_udp_checksum) << word;
        all_ones += wire[parsed->message - 2] == 0xff && wire[parsed->message - 1] == 0xff ? 1 : 0;
    }
    EXPECT_EQ(all_ones, 1U);
}

TEST(QueryFrame, TakesNothingShort) {
    for (const bool ipv6 : {false, true}) {
        testing_support::Frame frame;
        if (ipv6) frame.ipv6();
        frame.tags = {{kTagVlan, 7}};
        frame.payload = message(kQuerySize, 1);
        const Bytes wire = frame.bytes();
        for (size_t size = 0; size < wire.size(); ++size)
            EXPECT_FALSE(QueryFrame::parse(Bytes(wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(size))))
                << size;
        EXPECT_TRUE(QueryFrame::parse(wire));
    }
}

TEST(QueryFrame, TakesNothingElse) {
    testing_support::Frame frame;
    frame.payload = message(kQuerySize, 1);
    for (const uint16_t type : {0x0806, 0x86de, 0x0000}) {
        frame.ether_type = type;
        EXPECT_FALSE(QueryFrame::parse(frame.bytes())) << type;
    }
    frame.ether_type = {};
    for (const uint16_t length : {0, 7, static_cast<int>(8 + kQuerySize + 1), 0xffff}) {
        frame.udp_length = length;
        EXPECT_FALSE(QueryFrame::parse(frame.bytes())) << length;
    }
    frame.udp_length = {};
    frame.tags = {{kTagQinQ, 1}, {kTagVlan, 2}, {kTagVlan, 3}};
    EXPECT_FALSE(QueryFrame::parse(frame.bytes()));
}

}  // namespace
}  // namespace splitline
