// SPDX-License-Identifier: GPL-3.0-or-later
// The fixture of tests/bpf: one loaded FastPath a test program, serving example_image(), and the two things expected of
// a frame: it passes untouched for a reason, or it is answered with what the resolver says.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "support/packet.h"
#include "support/packet_dns.h"
#include "support/packet_image.h"
#include "support/packet_native.h"
#include "support/packet_runner.h"

namespace splitline::testing_support {

class BpfTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!PrivateNetwork::missing().empty()) GTEST_SKIP() << PrivateNetwork::missing();
        if (bed_ == nullptr) serve_with({});
    }

    static void TearDownTestSuite() { bed_.reset(); }

    static void serve(std::shared_ptr<const Image> image) {
        image_ = std::move(image);
        bed_->publish(image_);
    }

    /// Another bed, of that policy and those settings, which serves nothing yet; the next suite makes its own again.
    static void make_bed(const ResponsePolicy& policy = {}, const std::function<void(FastPathSettings&)>& adjust = {}) {
        bed_.reset();  // an interface holds one program
        image_.reset();
        bed_ = std::make_unique<FastPathBed>(policy, adjust);
    }
    static void serve_with(const ResponsePolicy& policy, const std::function<void(FastPathSettings&)>& adjust = {}) {
        make_bed(policy, adjust);
        serve(example_image());
    }

    static Frame frame_of(const DnsQuery& query, bool ipv6 = false) {
        Frame frame;
        if (ipv6) frame.ipv6();
        frame.payload = query.bytes();
        return frame;
    }

    /// Runs the frame and has judge() look at the outcome.
    static Outcome run(const Bytes& frame) {
        Outcome outcome = bed_->run(frame);
        EXPECT_EQ(judge(outcome, frame, *image_, bed_->policy(), responder_), "") << "frame " << hex(frame);
        return outcome;
    }

    static void expect_pass(const Bytes& frame, sl_reason reason) {
        const Outcome outcome = run(frame);
        EXPECT_EQ(verdict_name(outcome.verdict), "XDP_PASS");
        EXPECT_STREQ(label(outcome.reason), reason_label(reason));
    }
    static void expect_pass(const DnsQuery& query, sl_reason reason) {
        expect_pass(frame_of(query).bytes(), reason);
        expect_pass(frame_of(query, true).bytes(), reason);
    }

    /// Denied in both families: the name does not exist (NXDOMAIN), or is in no zone (REFUSED).
    static void expect_denied(const DnsQuery& query, sl_reason reason = SL_REASON_NXDOMAIN) {
        for (const bool ipv6 : {false, true}) {
            const Outcome outcome = run(frame_of(query, ipv6).bytes());
            EXPECT_EQ(verdict_name(outcome.verdict), "XDP_TX");
            EXPECT_STREQ(label(outcome.reason), reason_label(reason));
        }
    }

    /// The response to a frame that must be answered.
    static DnsResponse expect_answer(const Bytes& frame) {
        const Outcome outcome = run(frame);
        EXPECT_EQ(verdict_name(outcome.verdict), "XDP_TX") << label(outcome.reason);
        if (outcome.verdict != XDP_TX) return {};
        return read_response(parse_frame(outcome.bytes).payload);
    }
    /// Both families must answer the same.
    static DnsResponse expect_answer(const DnsQuery& query) {
        DnsResponse response = expect_answer(frame_of(query).bytes());
        EXPECT_EQ(expect_answer(frame_of(query, true).bytes()).answer, response.answer);
        return response;
    }

    static const char* label(const std::optional<sl_reason>& reason) {
        return reason ? reason_label(*reason) : "(not one reason)";
    }

    static inline std::unique_ptr<FastPathBed> bed_;
    static inline std::shared_ptr<const Image> image_;
    static inline Responder responder_;
};

}  // namespace splitline::testing_support
