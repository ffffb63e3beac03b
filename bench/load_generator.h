// SPDX-License-Identifier: GPL-3.0-or-later
// The load's two programs (load.bpf.c), loaded and fed: queries are prepared, the judge is attached to the interface,
// and a thread pinned to one core keeps the sender running.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "bench/load_kind.h"

struct load_bpf;

namespace splitline::bench {

struct LoadSettings {
    std::string device;              // the veth's end to send into, in this process's network namespace
    const LoadKind* kind = nullptr;  // what to ask
    uint32_t names = 0;              // to ask for
    std::string server6;             // where to, over IPv6
    unsigned cpu = 0;                // to send on
    uint64_t rate = 0;               // queries a second; 0: as many as the window lets
    load_expect expect = LOAD_EXPECT_GEO;
    uint32_t behind = 0;  // bytes behind the question, of an echo or a padded answer
    uint32_t window = 0;
    bool timed = false;
};

class LoadGenerator {
  public:
    /// Prepares the queries. The interfaces have the MAC addresses of support/packet.h. Throws what fails.
    explicit LoadGenerator(const LoadSettings& settings);
    /// Stops sending.
    ~LoadGenerator();
    LoadGenerator(const LoadGenerator&) = delete;
    LoadGenerator& operator=(const LoadGenerator&) = delete;

    /// Replaces the interface's XDP program by the judge, which stays there, and sends.
    void start();
    /// Stops sending, and waits for the answers under way; may be started again.
    void stop();
    /// Everything counted since the first start(); may be called while it runs. Throws when the sender could not send.
    [[nodiscard]] load_results results() const;

  private:
    struct Destroy {
        void operator()(load_bpf* skeleton) const;
    };
    void load();
    void prepare_queries();
    void forget_lost();
    void send();
    [[nodiscard]] bool under_way() const;

    LoadSettings settings_;
    uint32_t queries_ = 0;
    std::unique_ptr<load_bpf, Destroy> skeleton_;
    std::thread sender_;
    std::atomic<bool> stop_ = false;
    std::atomic<bool> ended_ = false;
    std::atomic<int> error_ = 0;
};

}  // namespace splitline::bench
