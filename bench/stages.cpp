// SPDX-License-Identifier: GPL-3.0-or-later
// What each stage of the responder costs: the same queries through programs that end behind one stage after the other
// (stages.bpf.c), all in one round; a stage's cost is what its program takes longer than the one before. Stages overlap
// in the processor, so a stage's cost is what leaving it out would save, not what it would take alone.
#include <benchmark/benchmark.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/core.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

#include "bench/queries.h"
#include "bench/rig.h"
#include "maps/config.h"
#include "stages.skel.h"

namespace splitline::bench {
namespace {

namespace ts = testing_support;

constexpr uint32_t kRepeat = 1U << 18;
constexpr int kRounds = 15;

/// The programs over the maps of a world's responder.
class Stages {
  public:
    Stages(const Scenario& scenario, World& world) : skeleton_(stages_bpf::open(), stages_bpf::destroy) {
        if (!skeleton_) throw std::runtime_error("cannot open the stages");
        for (const bpf_program* other : {skeleton_->progs.respond, skeleton_->progs.heartbeat})
            bpf_program__set_autoload(const_cast<bpf_program*>(other), false);
        bpf_map__set_max_entries(skeleton_->maps.queries, scenario.queries);
        share_maps(world.bed().program_fd());
        if (const int error = stages_bpf::load(skeleton_.get()); error != 0)
            throw std::system_error(-error, std::generic_category(), "load the stages");
        first_ =
            prepare_queries(scenario, world, bpf_map__fd(skeleton_->maps.queries), bpf_map__fd(skeleton_->maps.state));
    }

    /// Mean ns behind each stage, in order.
    [[nodiscard]] std::array<double, 8> nanoseconds() const {
        const auto& progs = skeleton_->progs;
        const std::array<const bpf_program*, 8> programs = {progs.to_query,    progs.to_packet, progs.to_name,
                                                            progs.to_question, progs.to_lookup, progs.to_answer,
                                                            progs.to_reply,    progs.to_count};
        std::array<double, 8> all{};
        for (size_t i = 0; i < programs.size(); ++i) {
            const ts::Outcome outcome = ts::run_program(bpf_program__fd(programs[i]), first_, kRepeat);
            if (outcome.verdict != XDP_TX) throw std::runtime_error(fmt::format("stage {} did not end well", i));
            all[i] = outcome.nanoseconds;
        }
        return all;
    }

  private:
    // What the responder is configured with and serves from, found by name; of constants' names only what follows the
    // object's is the same.
    void share_maps(int program_fd) {
        for (const auto& [name, fd] : ts::open_maps(program_fd)) {
            bpf_map* map = nullptr;
            bpf_object__for_each_map(map, skeleton_->obj) {
                const std::string ours = bpf_map__name(map);
                const bool constants = ours.ends_with(".rodata") && name.ends_with(".rodata");
                if (ours == name || constants) bpf_map__reuse_fd(map, fd.get());
            }
        }
    }

    std::unique_ptr<stages_bpf, void (*)(stages_bpf*)> skeleton_;
    ts::Bytes first_;
};

void measure(benchmark::State& state, const Scenario& scenario) {
    try {
        const Stages& stages = rig_of<Stages>(scenario);
        for ([[maybe_unused]] auto _ : state) {
            const auto behind = stages.nanoseconds();
            constexpr std::array<const char*, 7> kNames = {"1_packet", "2_name",  "3_question", "4_lookup",
                                                           "5_answer", "6_reply", "7_count"};
            for (size_t i = 0; i < kNames.size(); ++i) state.counters[kNames[i]] = behind[i + 1] - behind[i];
            state.SetIterationTime((behind.back() - behind.front()) * 1e-9);
        }
    } catch (const std::exception& error) {
        state.SkipWithError(error.what());
    }
}

void stage_costs(benchmark::State& state) {
    measure(state, {static_cast<size_t>(state.range(0)), state.range(1) != 0, state.range(2) != 0,
                    static_cast<uint32_t>(state.range(3))});
}

template <Asked asked>
void absence(benchmark::State& state) {
    measure(state, {1000, false, false, 1 << 16, asked, static_cast<unsigned>(state.range(0))});
}

void in_rounds(benchmark::internal::Benchmark* benchmark) {
    benchmark->UseManualTime()->Unit(benchmark::kNanosecond)->Iterations(1)->Repetitions(kRounds);
}

BENCHMARK(absence<Asked::kNodata>)->Name("nodata")->ArgName("labels")->Arg(3)->Apply(in_rounds);
BENCHMARK(absence<Asked::kAbsent>)->Name("nxdomain")->ArgName("labels")->Arg(3)->Arg(6)->Arg(10)->Apply(in_rounds);
BENCHMARK(stage_costs)
    ->ArgNames({"names", "ipv6", "ecs", "queries"})
    ->Args({1000, 0, 0, 1})
    ->Args({1000, 0, 0, 1 << 16})
    ->Args({1000, 0, 1, 1 << 16})
    ->Args({1000, 1, 0, 1 << 16})
    ->Args({100'000, 0, 0, 1 << 18})
    ->Args({1'000'000, 0, 0, 1 << 20})
    ->Apply(in_rounds);

}  // namespace
}  // namespace splitline::bench

int main(int argc, char** argv) {
    return splitline::bench::run_benchmarks(argc, argv);
}
