// SPDX-License-Identifier: GPL-3.0-or-later
// Whether answers grow with the CPUs: the responder on one CPU, then on all at once, over the same maps and prepared
// queries, each CPU with a frame and a place in the queries of its own (scaling.bpf.c).
//
// What CPUs lose to each other without sharing anything (caches, memory, clock, a hypervisor's neighbours) the ideal
// program's column tells, which loses that alone; what shared writes would cost, the responder behind one shared
// counter. Every repetition is one round of all of them in turn, alone and together; shown are medians over the rounds.
#include <benchmark/benchmark.h>
#include <bpf/bpf.h>
#include <fmt/core.h>

#include <array>
#include <memory>
#include <span>
#include <stdexcept>
#include <system_error>

#include "bench/every_cpu.h"
#include "bench/ideal_geo_program.h"
#include "bench/queries.h"
#include "bench/rig.h"
#include "scaling.skel.h"
#include "support/packet_native.h"

namespace splitline::bench {
namespace {

namespace ts = testing_support;

constexpr int kRounds = 11;

/// The programs over one scenario's queries.
class Rig {
  public:
    Rig(const Scenario& scenario, World& world)
        : world_(world), ideal_(*world_.image(), scenario.names), cpus_(usable_cpus()) {
        skeleton_.reset(scaling_bpf::open());
        if (!skeleton_) throw std::runtime_error("cannot open the benchmark's programs");
        bpf_map__set_max_entries(skeleton_->maps.queries, scenario.queries);
        if (const int error = scaling_bpf::load(skeleton_.get()); error != 0)
            throw std::system_error(-error, std::generic_category(), "load the benchmark's programs");
        set_target(BENCH_NOTHING, bpf_program__fd(skeleton_->progs.nothing));
        set_target(BENCH_RESPONDER, world_.bed().program_fd());
        set_target(BENCH_IDEAL, ideal_.program_fd());
        frame_ =
            prepare_queries(scenario, world_, bpf_map__fd(skeleton_->maps.queries), bpf_map__fd(skeleton_->maps.state));
    }

    /// Nanoseconds a program takes for one answer.
    struct Cost {
        double alone, together;  // on one CPU, on all at once
        /// The part of a lone CPU's answers a second that each has beside the others.
        [[nodiscard]] double kept() const { return alone / together; }
    };

    /// One round: the responder, the responder behind a shared counter, the ideal program; the wrapper is subtracted.
    [[nodiscard]] std::array<Cost, 3> round() {
        turn_ = (turn_ + 1) % cpus_.size();
        const auto& progs = skeleton_->progs;
        const Cost wrapper = cost(progs.to_nothing, false);
        std::array<Cost, 3> costs = {cost(progs.to_responder, true), cost(progs.to_shared, true),
                                     cost(progs.to_ideal, false)};
        for (Cost& each : costs) each = {each.alone - wrapper.alone, each.together - wrapper.together};
        return costs;
    }
    [[nodiscard]] size_t cpus() const { return cpus_.size(); }

  private:
    struct Destroy {
        void operator()(scaling_bpf* skeleton) const { scaling_bpf::destroy(skeleton); }
    };

    void set_target(uint32_t slot, int fd) {
        if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.targets), &slot, &fd, BPF_ANY) != 0)
            throw std::system_error(errno, std::generic_category(), "set a tail call's target");
    }

    [[nodiscard]] uint64_t answers() { return world_.bed().fast_path().counters().reasons[SL_REASON_ANSWER]; }

    Cost cost(const bpf_program* program, bool counts) {
        const int fd = bpf_program__fd(program);
        const uint64_t before = answers();
        const CpuRun alone = run_on(std::span(cpus_).subspan(turn_, 1), fd, frame_);
        const CpuRun together = run_on(cpus_, fd, frame_);
        const uint64_t answered = answers() - before, ran = alone.packets + together.packets;
        if (answered != (counts ? ran : 0))
            throw std::runtime_error(fmt::format("{} of {} queries were answered", answered, ran));
        return {alone.nanoseconds, together.nanoseconds};
    }

    World& world_;
    IdealGeo ideal_;
    std::vector<unsigned> cpus_;
    size_t turn_ = 0;  // which CPU works alone in this round
    std::unique_ptr<scaling_bpf, Destroy> skeleton_;
    ts::Bytes frame_;
};

void all_cpus(benchmark::State& state) {
    const Scenario scenario{static_cast<size_t>(state.range(0)), false, false, static_cast<uint32_t>(state.range(1))};
    try {
        Rig& rig = rig_of<Rig>(scenario);
        for ([[maybe_unused]] auto _ : state) {
            const auto [responder, shared, ideal] = rig.round();
            state.SetIterationTime(responder.together * 1e-9);
            state.counters["cpus"] = static_cast<double>(rig.cpus());
            state.counters["alone_ns"] = responder.alone;
            state.counters["Mps_alone"] = 1e3 / responder.alone;
            state.counters["Mps_all"] = 1e3 / responder.together * static_cast<double>(rig.cpus());
            state.counters["kept"] = responder.kept();
            state.counters["kept_ideal"] = ideal.kept();
            state.counters["kept_shared"] = shared.kept();
            state.counters["shared_ns"] = shared.together;
        }
    } catch (const std::exception& error) {
        state.SkipWithError(error.what());
    }
}

BENCHMARK(all_cpus)
    ->ArgNames({"names", "queries"})
    ->Args({1000, 1 << 16})
    ->Args({100'000, 1 << 18})
    ->Args({1'000'000, 1 << 20})
    ->UseManualTime()
    ->Unit(benchmark::kNanosecond)
    ->Iterations(1)
    ->Repetitions(kRounds);

}  // namespace
}  // namespace splitline::bench

int main(int argc, char** argv) {
    return splitline::bench::run_benchmarks(argc, argv,
                                            splitline::bench::usable_cpus().size() < 2 ? "needs two CPUs" : "");
}
