// SPDX-License-Identifier: GPL-3.0-or-later
// The responder's C compiled for the host: frames that TEST_RUN cannot make, with little or no room at the tail and the
// head, and sweeps too long for a system call each. What holds for the kernel's build is held for this one by judge().
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/packet_dns.h"
#include "support/packet_image.h"
#include "support/packet_native.h"

namespace splitline::testing_support {
namespace {

class Native : public ::testing::Test {
  protected:
    void SetUp() override {
        image_ = example_image();
        program_.publish(image_);
    }

    Outcome run(const Frame& frame, Slack slack = {}) {
        const Bytes bytes = frame.bytes();
        Outcome outcome = program_.run(bytes, slack);
        EXPECT_EQ(judge(outcome, bytes, *image_, program_.policy(), responder_), "") << hex(bytes);
        return outcome;
    }

    NativeProgram program_;
    std::shared_ptr<const Image> image_;
    Responder responder_;
};

std::vector<Frame> sample_frames() {
    std::vector<Frame> frames;
    for (const bool ipv6 : {false, true})
        for (const size_t tags : {0, 1, 2})
            for (const auto& [name, type] :
                 std::vector<std::pair<const char*, uint16_t>>{{"a.example.com", kA},
                                                               {"split.example.com", kAaaa},
                                                               {"c1.example.com", kA},
                                                               {"medium.example.com", kTxt}}) {
                Edns edns;
                edns.options = {ecs(address(kTelecomClient6), 57)};
                Frame frame;
                if (ipv6) frame.ipv6();
                frame.tags.assign(tags, VlanTag{kTagVlan, 9});
                frame.payload = DnsQuery(name, type).with(edns).bytes();
                frames.push_back(frame);
            }
    return frames;
}

// A frame from a socket buffer has 0 to 63 bytes behind it: what does not fit there grows at the head, to the same
// bytes.
TEST_F(Native, EveryTailRoom) {
    for (const Frame& frame : sample_frames()) {
        const Outcome roomy = run(frame);
        ASSERT_EQ(verdict_name(roomy.verdict), "XDP_TX");
        for (uint32_t tail = 0; tail <= 1300; tail += tail < 70 ? 1 : 61) {
            const Outcome tight = run(frame, {tail, 2048});
            EXPECT_EQ(hex(tight.bytes), hex(roomy.bytes)) << "tail " << tail;
        }
    }
}

// Where the option's words overlap depends on how long its address is.
TEST_F(Native, EverySubnetInEveryTailRoom) {
    for (const char* client : {kTelecomClient, kTelecomClient6}) {
        const Address subnet = address(client);
        for (unsigned source = 0; source <= subnet.bits(); ++source) {
            Edns edns;
            edns.options = {ecs(subnet, source)};
            Frame frame;
            frame.payload = DnsQuery("split.example.com", kA).with(edns).bytes();
            for (uint32_t tail = 0; tail < 64; ++tail)
                EXPECT_EQ(verdict_name(run(frame, {tail, 2048}).verdict), "XDP_TX") << source << ", tail " << tail;
        }
    }
}

TEST_F(Native, NoRoomAtEitherEndPassesUnchanged) {
    for (const Frame& frame : sample_frames()) {
        const size_t growth = run(frame).bytes.size() - frame.bytes().size();
        for (const size_t head : {size_t{0}, growth / 2, growth - 1, growth}) {
            const Outcome outcome = run(frame, {static_cast<uint32_t>(growth - 1), static_cast<uint32_t>(head)});
            EXPECT_EQ(outcome.reason == SL_REASON_ROOM, head < growth) << growth << " bytes, head " << head;
        }
    }
}

// A reply shorter than the padded query needs no room at all.
TEST_F(Native, ShrinkingNeedsNoRoom) {
    for (Frame frame : sample_frames()) {
        frame.padding = 900;
        EXPECT_EQ(verdict_name(run(frame, {0, 0}).verdict), "XDP_TX");
    }
}

TEST_F(Native, EveryPayloadSize) {
    std::vector<unsigned> wrong;
    for (const char* name : {"medium.example.com", "a.example.com"})
        for (unsigned payload = 0; payload < 65536; ++payload) {
            Edns edns;
            edns.payload = static_cast<uint16_t>(payload);
            Frame frame;
            frame.payload = DnsQuery(name, kTxt).with(edns).bytes();
            const Bytes bytes = frame.bytes();
            if (!judge(program_.run(bytes), bytes, *image_, program_.policy(), responder_).empty())
                wrong.push_back(payload);
        }
    EXPECT_THAT(wrong, ::testing::IsEmpty());
}

TEST_F(Native, EveryTypeOfEveryShape) {
    for (const char* name :
         {"a.example.com", "example.com", "split.example.com", "c1.example.com", "to-gone.example.com"})
        for (unsigned type = 0; type < 65536; ++type) {
            Frame frame;
            frame.payload = DnsQuery(name, static_cast<uint16_t>(type)).bytes();
            run(frame);
            if (HasFailure()) return;
        }
}

TEST_F(Native, EveryFlagWord) {
    for (unsigned flags = 0; flags < 65536; ++flags) {
        Frame frame;
        frame.payload = DnsQuery("a.example.com", kA).with_flags(static_cast<uint16_t>(flags)).bytes();
        const Outcome outcome = run(frame);
        EXPECT_EQ(outcome.verdict == XDP_TX, (flags & 0xfa00) == 0) << flags;
        if (HasFailure()) return;
    }
}

// Any single byte of a frame, at any value.
TEST_F(Native, EveryByteChanged) {
    for (const Frame& frame : sample_frames()) {
        const Bytes whole = frame.bytes();
        for (size_t at = 0; at < whole.size(); ++at)
            for (unsigned value = 0; value < 256; ++value) {
                Bytes changed = whole;
                changed[at] = static_cast<uint8_t>(value);
                const Outcome outcome = program_.run(changed);
                ASSERT_EQ(judge(outcome, changed, *image_, program_.policy(), responder_), "") << hex(changed);
            }
    }
}

// What a random name costs behind another one below the same encloser, however deep it is: one look into the table for
// its own bucket, one for its next closer name if that is another, one for a wildcard.
TEST_F(Native, AFloodCostsOneLookAName) {
    struct Case {
        std::string encloser;
        sl_reason reason;
        uint64_t wildcards;
    };
    for (const Case& flood :
         {Case{"example.com", SL_REASON_NXDOMAIN, 0}, Case{"split.example.com", SL_REASON_NXDOMAIN, 0},
          Case{"wild.example.com", SL_REASON_ANSWER, 1}, Case{"com", SL_REASON_REFUSED, 0},
          Case{"not-in-the-table", SL_REASON_REFUSED, 0}}) {
        for (const std::string deep : {"", "y.", "z.y.", "g.f.e.d.c.y."}) {
            for (unsigned number = 0; number < 4; ++number) {
                Frame frame;
                frame.payload = DnsQuery(fmt::format("x{}.{}{}", number, deep, flood.encloser), kA).bytes();
                const uint64_t before = program_.bucket_looks();
                EXPECT_EQ(run(frame).reason, flood.reason) << flood.encloser;
                if (number < 2) continue;
                const bool next_closer = deep.empty() && flood.encloser != "not-in-the-table";
                EXPECT_EQ(program_.bucket_looks() - before, (next_closer ? 1 : 2) + flood.wildcards)
                    << flood.encloser << ", " << deep;
            }
        }
    }
}

}  // namespace
}  // namespace splitline::testing_support
