// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/load_generator.h"

#include <bpf/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <random>
#include <stdexcept>
#include <system_error>

#include "bench/queries.h"
#include "load.skel.h"
#include "maps/mapped_array.h"
#include "support/packet.h"

namespace splitline::bench {

namespace {

namespace ts = testing_support;

constexpr uint32_t kSeed = 4711;
// Enough that names and clients come from everywhere; the array itself is read in order.
constexpr uint32_t kMinQueries = 1U << 16, kMaxQueries = 1U << 20;
constexpr uint32_t kBatch = 64, kTimedBatch = 8;
constexpr auto kPatience = std::chrono::milliseconds(300);

[[noreturn]] void fail(int error, const char* what) {
    throw std::system_error(std::abs(error), std::generic_category(), what);
}

void pin_to(unsigned cpu) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(cpu, &cpus);
    if (sched_setaffinity(0, sizeof cpus, &cpus) != 0) fail(errno, "pin the sender to its core");
}

}  // namespace

void LoadGenerator::Destroy::operator()(load_bpf* skeleton) const {
    load_bpf::destroy(skeleton);
}

LoadGenerator::LoadGenerator(const LoadSettings& settings) : settings_(settings) {
    queries_ = kMinQueries;
    while (queries_ < kMaxQueries && queries_ / 4 < settings.names) queries_ *= 2;
    load();
    prepare_queries();
}

LoadGenerator::~LoadGenerator() {
    stop();
}

void LoadGenerator::stop() {
    stop_ = true;
    // A signal ends BPF_PROG_TEST_RUN; one that comes before it has begun does not.
    while (sender_.joinable() && !ended_) {
        pthread_kill(sender_.native_handle(), SIGUSR1);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    if (!sender_.joinable()) return;
    sender_.join();
    // Another judge would find fault with answers that come late.
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (under_way() && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void LoadGenerator::load() {
    skeleton_.reset(load_bpf::open());
    if (!skeleton_) fail(errno, "open the load's programs");
    load_settings& rodata = const_cast<load_settings&>(skeleton_->rodata->settings);
    rodata.device = if_nametoindex(settings_.device.c_str());
    if (rodata.device == 0) throw std::runtime_error("no interface " + settings_.device);
    rodata.kind = settings_.kind->expected();
    rodata.expect = settings_.expect;
    rodata.behind = settings_.behind;
    rodata.window = settings_.window;
    rodata.timed = settings_.timed || settings_.rate != 0;
    rodata.interval = settings_.rate == 0 ? 0 : 1'000'000'000 / settings_.rate;
    bpf_map__set_max_entries(skeleton_->maps.queries, queries_);
    if (const int error = load_bpf::load(skeleton_.get()); error != 0) fail(error, "load the load's programs");
}

void LoadGenerator::prepare_queries() {
    const MappedArray<bench_query> queries(bpf_map__fd(skeleton_->maps.queries), queries_);
    const Address server6 = ts::address(settings_.server6);
    std::mt19937 random(kSeed);
    for (uint32_t i = 0; i < queries_; ++i) {
        const ts::Bytes bytes = settings_.kind->query(settings_.names, server6, random).bytes();
        bench_query& query = queries[i];
        if (bytes.size() > sizeof query.frame) throw std::runtime_error("a query does not fit bench_query");
        std::copy(bytes.begin(), bytes.end(), query.frame);
        query.length = static_cast<uint16_t>(bytes.size());
    }
    const bench_state start{0, queries_ - 1};
    const uint32_t zero = 0;
    if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.state), &zero, &start, BPF_ANY) != 0)
        fail(errno, "set the sender's state");
}

bool LoadGenerator::under_way() const {
    const volatile load_results& live = skeleton_->bss->results;
    return static_cast<int64_t>(live.sent - live.lost - live.received) > 0;
}

// What is unanswered at a turn's begin never will be: it must neither fill the window nor be waited for at the end. And
// what came after it was given up must not make the window larger than it is.
void LoadGenerator::forget_lost() {
    volatile load_results& live = skeleton_->bss->results;
    live.lost = live.sent - live.received;
    skeleton_->bss->seen = skeleton_->bss->stalled = 0;
}

void LoadGenerator::start() {
    const int device = static_cast<int>(if_nametoindex(settings_.device.c_str()));
    const int judge = bpf_program__fd(skeleton_->progs.judge_answer);
    if (const int error = bpf_xdp_attach(device, judge, XDP_FLAGS_DRV_MODE, nullptr); error != 0)
        fail(error, "attach the judge of the answers");
    forget_lost();
    stop_ = ended_ = false;
    struct sigaction action {};
    action.sa_handler = [](int) {};
    sigaction(SIGUSR1, &action, nullptr);
    sender_ = std::thread([this] { send(); });
}

void LoadGenerator::send() {
    try {
        pin_to(settings_.cpu);
        const MappedArray<bench_query> queries(bpf_map__fd(skeleton_->maps.queries), queries_);
        bpf_test_run_opts options{};
        options.sz = sizeof options;
        options.data_in = queries[0].frame;
        // Not the queries' own length: the kernel writes a frame's length anew only where the program has changed it,
        // and a frame that comes back from the server still has its answer's.
        options.data_size_in = queries[0].length + 1U;
        options.repeat = -1;  // 2^32 - 1 frames, longer than any measurement
        options.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
        options.batch_size = skeleton_->rodata->settings.timed != 0 ? kTimedBatch : kBatch;
        const int program = bpf_program__fd(skeleton_->progs.send_query);
        while (!stop_ && error_ == 0)
            if (const int error = bpf_prog_test_run_opts(program, &options); error != 0 && error != -EINTR)
                error_ = error;
    } catch (const std::system_error& error) {
        error_ = error.code().value();
    }
    ended_ = true;
}

load_results LoadGenerator::results() const {
    if (error_ != 0) fail(error_, "send live frames by BPF_PROG_TEST_RUN");
    load_results copy{};
    const volatile load_results& live = skeleton_->bss->results;
    copy.sent = live.sent;
    copy.lost = live.lost;
    copy.received = live.received;
    copy.behind = live.behind;
    std::copy(std::begin(live.verdicts), std::end(live.verdicts), std::begin(copy.verdicts));
    std::copy(std::begin(live.latency), std::end(live.latency), std::begin(copy.latency));
    return copy;
}

}  // namespace splitline::bench
