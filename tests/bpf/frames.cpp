// SPDX-License-Identifier: GPL-3.0-or-later
// Around the DNS message: link and network headers that are answered, byte-exact replies, truncation at every byte,
// padding.
#include <algorithm>
#include <string>
#include <vector>

#include "support/packet_fixture.h"

namespace splitline::testing_support {
namespace {

struct Variant {
    std::string name;
    std::vector<VlanTag> tags;
    bool ipv6;
};

std::vector<Variant> variants() {
    std::vector<Variant> all;
    for (const bool ipv6 : {false, true}) {
        const std::string family = ipv6 ? "IPv6" : "IPv4";
        all.push_back({family + " untagged", {}, ipv6});
        all.push_back({family + " 802.1Q", {{kTagVlan, 0x6042}}, ipv6});
        all.push_back({family + " priority tag", {{kTagVlan, 0xe000}}, ipv6});
        all.push_back({family + " 802.1ad alone", {{kTagQinQ, 7}}, ipv6});
        all.push_back({family + " QinQ", {{kTagQinQ, 7}, {kTagVlan, 42}}, ipv6});
        all.push_back({family + " two 802.1Q tags", {{kTagVlan, 7}, {kTagVlan, 42}}, ipv6});
    }
    return all;
}

Frame frame_of_variant(const Variant& variant, const DnsQuery& query) {
    Frame frame;
    if (variant.ipv6) frame.ipv6();
    frame.tags = variant.tags;
    frame.payload = query.bytes();
    return frame;
}

DnsQuery edns_query(std::string_view name, uint16_t type) {
    Edns edns;
    edns.options = {ecs(address("203.0.113.77"), 24), {kOptionCookie, {1, 2, 3, 4, 5, 6, 7, 8}, {}}};
    return DnsQuery(name, type).with(edns);
}

class Frames : public BpfTest {};

TEST_F(Frames, EveryHeaderVariantIsAnswered) {
    for (const Variant& variant : variants()) {
        SCOPED_TRACE(variant.name);
        for (const DnsQuery& query : {DnsQuery("a.example.com", kA), edns_query("split.example.com", kA)}) {
            const Outcome outcome = run(frame_of_variant(variant, query).bytes());
            ASSERT_EQ(verdict_name(outcome.verdict), "XDP_TX");
            const ParsedFrame out = parse_frame(outcome.bytes);
            EXPECT_EQ(out.hops, 64);
            EXPECT_EQ(out.destination_mac, kClientMac);
            EXPECT_EQ(out.source_mac, kServerMac);
        }
    }
}

// One reply written out by hand; most others are compared through parsers.
TEST_F(Frames, ReplyByteForByte) {
    DnsQuery query("A.example.com", kA);
    query.id = 0x1234;
    const Outcome outcome = run(frame_of(query).bytes());
    const Bytes expected = from_hex(
        "02 00 00 00 00 07  02 00 00 00 00 53  08 00"
        "45 00 00 4b 00 00 40 00 40 11 4e 32  c0 00 02 35  c6 33 64 07"
        "00 35 9c 40 00 37 c6 32"
        "12 34 85 00 00 01 00 01 00 00 00 00"
        "01 41 07 65 78 61 6d 70 6c 65 03 63 6f 6d 00 00 01 00 01"
        "c0 0c 00 01 00 01 00 00 01 2c 00 04 c0 00 02 0a");
    EXPECT_EQ(hex(outcome.bytes), hex(expected));
}

// The same for what the first one lacks: QinQ, IPv6, CD, a negative answer, OPT and ECS.
TEST_F(Frames, NegativeReplyByteForByte) {
    Edns edns;
    edns.flags = 0x8000;
    edns.options = {ecs(address("203.0.113.255"), 24)};
    DnsQuery query("A.example.com", kAaaa);
    query.id = 0x1234;
    query.with_flags(kFlagRd | kFlagCd | kFlagAd).with(edns);
    const Outcome outcome = run(frame_of_variant({"", {{kTagQinQ, 7}, {kTagVlan, 42}}, true}, query).bytes());
    const Bytes expected = from_hex(
        "02 00 00 00 00 07 02 00 00 00 00 53 88 a8 00 07 81 00 00 2a 86 dd "
        "60 00 00 00 00 70 11 40 "
        "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 53 20 01 0d b8 00 0c 00 00 00 00 00 00 00 00 00 07 "
        "00 35 9c 40 00 70 75 b9 "
        "12 34 85 10 00 01 00 00 00 01 00 01 "
        "01 41 07 65 78 61 6d 70 6c 65 03 63 6f 6d 00 00 1c 00 01 "
        "c0 0e 00 06 00 01 00 00 01 2c 00 27 "
        "03 6e 73 31 c0 0e "
        "0a 68 6f 73 74 6d 61 73 74 65 72 c0 0e "
        "78 a3 f1 75 00 00 1c 20 00 00 03 84 00 12 75 00 00 00 01 2c "
        "00 00 29 04 d0 00 00 80 00 00 0b 00 08 00 07 00 01 18 00 cb 00 71 ");
    EXPECT_EQ(hex(outcome.bytes), hex(expected));
}

TEST_F(Frames, TruncatedFramesPass) {
    for (const Variant& variant : variants()) {
        const Bytes whole = frame_of_variant(variant, edns_query("a.example.com", kA)).bytes();
        for (size_t size = 14; size < whole.size(); ++size) {
            SCOPED_TRACE(variant.name + ", " + std::to_string(size) + " bytes");
            const Outcome outcome = run(Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)));
            EXPECT_EQ(verdict_name(outcome.verdict), "XDP_PASS");
        }
    }
}

// The datagram ends early and IP and UDP say so: the message itself is what is short.
TEST_F(Frames, TruncatedMessagesPass) {
    const Bytes whole = edns_query("a.example.com", kA).bytes();
    for (const Variant& variant : variants())
        for (size_t size = 0; size < whole.size(); ++size) {
            SCOPED_TRACE(variant.name + ", " + std::to_string(size) + " bytes of message");
            Frame frame = frame_of_variant(variant, {});
            frame.payload.assign(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
            for (const size_t padding : {size_t{0}, whole.size() - size}) {
                frame.padding = padding;
                EXPECT_EQ(verdict_name(run(frame.bytes()).verdict), "XDP_PASS");
            }
        }
}

TEST_F(Frames, PaddingIsCutOff) {
    for (const Variant& variant : variants())
        for (const size_t padding : {1, 2, 18, 46, 200, 1200}) {
            SCOPED_TRACE(variant.name + ", padding " + std::to_string(padding));
            for (const char* name : {"a.example.com", "fits.example.com"}) {
                Frame frame = frame_of_variant(variant, DnsQuery(name, kA));
                frame.padding = padding;
                EXPECT_EQ(verdict_name(run(frame.bytes()).verdict), "XDP_TX");
            }
        }
}

// The shortest query there is fills an Ethernet frame of 60 bytes only with padding.
TEST_F(Frames, RootQueryInMinimumFrame) {
    serve(every_size_image());
    Frame frame = frame_of(DnsQuery(".", kA));
    frame.padding = 60 - frame.bytes().size();
    EXPECT_EQ(expect_answer(frame.bytes()).answer, std::vector<std::string>{". 60 IN A 192.0.2.1"});
    bed_.reset();
}

TEST_F(Frames, DontFragmentMayBeClear) {
    Frame frame = frame_of(DnsQuery("a.example.com", kA));
    frame.fragment = 0;
    expect_answer(frame.bytes());
}

TEST_F(Frames, SecondPortIsServed) {
    Frame frame = frame_of(DnsQuery("a.example.com", kA));
    frame.destination_port = 5353;
    expect_answer(frame.bytes());
}

// The checksum of the query may be partial on veth and virtio: it neither matters nor leaks into the reply's.
TEST_F(Frames, ReceivedUdpChecksumDoesNotMatter) {
    for (const uint16_t sum : {uint16_t{0}, uint16_t{1}, uint16_t{0xffff}, uint16_t{0xbeef}})
        for (const bool ipv6 : {false, true}) {
            Frame frame = frame_of(DnsQuery("a.example.com", kA), ipv6);
            frame.udp_checksum = sum;
            // RFC 8200 section 8.1: IPv6 without a checksum is not to be received; the kernel drops it.
            if (ipv6 && sum == 0) {
                expect_pass(frame.bytes(), SL_REASON_UDP_LENGTH);
            } else {
                expect_answer(frame.bytes());
            }
        }
}

TEST_F(Frames, EverySenderPortIsEchoed) {
    for (const uint16_t port : {uint16_t{1}, uint16_t{53}, uint16_t{255}, uint16_t{256}, uint16_t{65535}})
        for (const bool ipv6 : {false, true}) {
            Frame frame = frame_of(DnsQuery("a.example.com", kA), ipv6);
            frame.source_port = port;
            expect_answer(frame.bytes());
        }
}

TEST_F(Frames, Ipv4ChecksumMayBeZeroIfConfigured) {
    serve_with({}, [](FastPathSettings& settings) { settings.udp4_zero_checksum = true; });
    for (const bool ipv6 : {false, true}) {
        const Outcome outcome = run(frame_of(DnsQuery("a.example.com", kA), ipv6).bytes());
        EXPECT_EQ(parse_frame(outcome.bytes).has_udp_checksum, ipv6);
    }
    bed_.reset();
}

// RFC 768: a checksum that comes out as 0 is sent as 0xffff. Among all message ids at least one makes it so.
TEST_F(Frames, ChecksumThatComesOutAsZero) {
    for (const bool ipv6 : {false, true})
        for (const char* name : {"a.example.com", "both.example.com", "ns1.example.com"}) {
            SCOPED_TRACE(name);
            DnsQuery query(name, kA);
            query.id = 0;
            Frame frame = frame_of(query, ipv6);
            const ParsedFrame first = parse_frame(run(frame.bytes()).bytes);
            // The sum without the id, completed by the id to 0xffff.
            Bytes datagram;
            put16(datagram, first.source_port);
            put16(datagram, first.destination_port);
            put16(datagram, static_cast<unsigned>(8 + first.payload.size()));
            put16(datagram, 0);
            datagram.insert(datagram.end(), first.payload.begin(), first.payload.end());
            query.id = udp_checksum(first.source, first.destination, datagram);
            frame.payload = query.bytes();
            const Bytes out = run(frame.bytes()).bytes;
            const size_t at = frame.payload_offset() - 2;
            EXPECT_EQ(unsigned{out[at]} << 8 | out[at + 1], 0xffffU);
        }
}

}  // namespace
}  // namespace splitline::testing_support
