// SPDX-License-Identifier: GPL-3.0-or-later
// The responder's C compiled for the host, over maps that the real publisher fills: for fuzzing, and for frames that
// TEST_RUN cannot make (no room at the tail, none at the head).
//
// One object a process: the C program's maps are globals.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernel/publisher.h"
#include "maps/config.h"
#include "resolver/respond.h"
#include "support/packet.h"
#include "support/packet_runner.h"

namespace splitline::testing_support {

/// What the frame's buffer leaves the program.
struct Slack {
    uint32_t tail = 2048, head = 192;
};

class NativeProgram {
  public:
    explicit NativeProgram(ResponsePolicy policy = {});
    ~NativeProgram();
    NativeProgram(const NativeProgram&) = delete;
    NativeProgram& operator=(const NativeProgram&) = delete;

    /// Throws on errors.
    void publish(const std::shared_ptr<const Image>& image);
    /// Verdict, bytes, reason and line, as TEST_RUN and the counters tell them. REQUIRES: at most 2048 bytes.
    Outcome run(std::span<const uint8_t> frame, Slack slack = {});
    [[nodiscard]] const ResponsePolicy& policy() const { return policy_; }
    /// Buckets looked up since the program was made.
    [[nodiscard]] uint64_t bucket_looks() const;

  private:
    void set_config();

    ResponsePolicy policy_;
    std::unique_ptr<Publisher> publisher_;
    std::vector<sl_ecs_sender> senders_;
    uint8_t* buffer_ = nullptr;
};

/// What is wrong with the outcome of `frame`, judged without the program: a passed frame is unchanged; an answered one
/// is a right datagram back to the sender whose message is what the resolver says. Empty if nothing is.
std::string judge(const Outcome& outcome, std::span<const uint8_t> frame, const Image& image,
                  const ResponsePolicy& policy, Responder& responder);

}  // namespace splitline::testing_support
