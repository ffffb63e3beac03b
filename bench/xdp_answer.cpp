// SPDX-License-Identifier: GPL-3.0-or-later
// Nanoseconds an answer takes in the loaded XDP program, and how that compares with the floor (floor.bpf.c),
// with the memory that it must read (memory.bpf.c), and with the ideal program (ideal_geo.bpf.c).
//
// BPF_PROG_TEST_RUN repeats inside the kernel and tells its own mean duration; random_query.bpf.c gives every
// repetition another random name and client, and its own cost is measured beside it and subtracted. Every repetition of
// a benchmark is one round of short turns - wrapper alone, wrapper and floor, responder, memory and ideal, then those
// of plain queries of the same world if these are others, and of names of as many labels; what a scenario lacks is left
// out - so that what disturbs the machine, which is mostly another one's work on the same core, disturbs them all;
// shown are medians over the rounds. Each scenario's answers are first compared with the resolver's, and the counters
// must say that every single query was answered.
#include <benchmark/benchmark.h>
#include <bpf/bpf.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/ideal_geo_program.h"
#include "bench/queries.h"
#include "bench/rig.h"
#include "floor.skel.h"
#include "maps/config.h"
#include "maps/maps.h"
#include "memory.skel.h"
#include "random_query.skel.h"
#include "support/packet_dns.h"
#include "support/packet_native.h"
#include "support/packet_runner.h"

namespace splitline::bench {
namespace {

namespace ts = testing_support;

constexpr uint32_t kRepeat = 1U << 16;  // of a turn: so many that what others left in the caches hardly counts
constexpr int kTurns = 4, kRounds = 15;

/// The ideal program over the world's image; made when first asked for. Worlds of as many names are alike.
const IdealGeo& ideal_of(const World& world) {
    static std::unique_ptr<IdealGeo> ideal;
    static size_t names = 0;
    if (names != world.names()) {
        names = 0;
        ideal.reset();
        ideal = std::make_unique<IdealGeo>(*world.image(), world.names());
        names = world.names();
    }
    return *ideal;
}

/// Mean ns of each target over a round's turns, without the wrapper's but for BENCH_NOTHING; 0 where the scenario lacks
/// the target.
using Costs = std::array<double, BENCH_TARGETS>;

double ratio(double cost, double compared) {
    return compared > 0 ? cost / compared : 0;
}

/// Those that are measured of plain queries beside others.
const std::vector<uint32_t> kBeside = {BENCH_NOTHING, BENCH_FLOOR, BENCH_RESPONDER};

std::vector<uint32_t> targets_of(const Scenario& scenario) {
    std::vector<uint32_t> targets = {BENCH_NOTHING};
    if (scenario.has_floor()) targets.push_back(BENCH_FLOOR);
    targets.push_back(BENCH_RESPONDER);
    if (scenario.has_memory()) targets.push_back(BENCH_MEMORY);
    if (scenario.has_ideal()) targets.push_back(BENCH_IDEAL);
    return targets;
}

/// The benchmark's programs over one scenario's queries.
class Rig {
  public:
    Rig(const Scenario& scenario, World& world) : Rig(scenario, world, targets_of(scenario)) {}

    Rig(const Scenario& scenario, World& world, std::vector<uint32_t> targets)
        : world_(world), targets_(std::move(targets)) {
        wrapper_.reset(random_query_bpf::open());
        floor_.reset(floor_bpf::open());
        memory_.reset(memory_bpf::open());
        if (!wrapper_ || !floor_ || !memory_) throw std::runtime_error("cannot open the benchmark's programs");
        bpf_map__set_max_entries(wrapper_->maps.queries, scenario.queries);
        load(random_query_bpf::load(wrapper_.get()));
        bpf_map__reuse_fd(floor_->maps.queries, bpf_map__fd(wrapper_->maps.queries));
        bpf_map__reuse_fd(floor_->maps.state, bpf_map__fd(wrapper_->maps.state));
        load(floor_bpf::load(floor_.get()));
        load_memory();
        set_target(BENCH_NOTHING, bpf_program__fd(wrapper_->progs.nothing));
        set_target(BENCH_FLOOR, bpf_program__fd(floor_->progs.floor_answer));
        set_target(BENCH_MEMORY, bpf_program__fd(memory_->progs.read_memory));
        set_target(BENCH_RESPONDER, world.bed().program_fd());
        if (measures(BENCH_IDEAL)) {
            ideal_ = &ideal_of(world);
            set_target(BENCH_IDEAL, ideal_->program_fd());
        }
        first_ =
            prepare_queries(scenario, world, bpf_map__fd(wrapper_->maps.queries), bpf_map__fd(wrapper_->maps.state));
        if (measures(BENCH_FLOOR)) check_reply(bpf_program__fd(wrapper_->progs.to_floor));
        if (measures(BENCH_IDEAL)) check_reply(bpf_program__fd(wrapper_->progs.to_ideal));
        if (!scenario.is_plain()) plain_ = std::make_unique<Rig>(scenario.plain(), world, kBeside);
        if (scenario.has_alike()) alike_ = std::make_unique<Rig>(scenario.alike(), world, kBeside);
    }

    /// One round. Adds those of plain queries, where these are others, and of names of as many labels.
    [[nodiscard]] Costs round(Costs& plain, Costs& alike) {
        Costs own{};
        for (int turn = 0; turn < kTurns; ++turn) {
            add_turn(own);
            if (plain_) plain_->add_turn(plain);
            if (alike_) alike_->add_turn(alike);
        }
        return own;
    }

  private:
    template <typename Skeleton>
    struct Destroy {
        void operator()(Skeleton* skeleton) const { Skeleton::destroy(skeleton); }
    };

    [[nodiscard]] bool measures(uint32_t target) const {
        return std::find(targets_.begin(), targets_.end(), target) != targets_.end();
    }

    void add_turn(Costs& costs) {
        double wrapper = 0;
        for (const uint32_t target : targets_) {
            const double cost = nanoseconds(target) / kTurns;
            costs.at(target) += cost - wrapper;
            if (target == BENCH_NOTHING) wrapper = cost;
        }
    }

    /// Mean ns of one run of wrapper and target.
    double nanoseconds(uint32_t target) {
        const std::array<int, BENCH_TARGETS> wrappers = {
            bpf_program__fd(wrapper_->progs.to_nothing), bpf_program__fd(wrapper_->progs.to_floor),
            bpf_program__fd(wrapper_->progs.to_responder), bpf_program__fd(wrapper_->progs.to_ideal),
            bpf_program__fd(wrapper_->progs.to_memory)};
        const uint64_t before = answers(target);
        const ts::Outcome outcome = ts::run_program(wrappers.at(target), first_, kRepeat);
        if (outcome.verdict != XDP_TX) throw std::runtime_error("not answered: " + ts::verdict_name(outcome.verdict));
        if (const uint64_t answered = answers(target) - before; counts(target) && answered != kRepeat)
            throw std::runtime_error(fmt::format("{} of {} queries were answered", answered, kRepeat));
        return outcome.nanoseconds;
    }

    static void load(int error) {
        if (error != 0) throw std::system_error(-error, std::generic_category(), "load the benchmark's programs");
    }

    // Over the responder's own tables.
    void load_memory() {
        const auto maps = ts::open_maps(world_.bed().program_fd());
        bpf_map__reuse_fd(memory_->maps.queries, bpf_map__fd(wrapper_->maps.queries));
        bpf_map__reuse_fd(memory_->maps.state, bpf_map__fd(wrapper_->maps.state));
        bpf_map__reuse_fd(memory_->maps.buckets, maps.at(SL_MAP_BUCKETS).get());
        bpf_map__reuse_fd(memory_->maps.arena, maps.at(SL_MAP_ARENA).get());
        load(memory_bpf::load(memory_.get()));
    }

    void set_target(uint32_t slot, int fd) {
        if (bpf_map_update_elem(bpf_map__fd(wrapper_->maps.targets), &slot, &fd, BPF_ANY) != 0)
            throw std::system_error(errno, std::generic_category(), "set a tail call's target");
    }

    /// Whether the program counts its answers.
    static bool counts(uint32_t target) { return target == BENCH_RESPONDER || target == BENCH_IDEAL; }
    [[nodiscard]] uint64_t answers(uint32_t target) const {
        if (target == BENCH_IDEAL) return ideal_->answers();
        const auto counters = world_.bed().fast_path().counters();
        uint64_t all = 0;
        for (const sl_reason reason : {SL_REASON_ANSWER, SL_REASON_NODATA, SL_REASON_NXDOMAIN, SL_REASON_REFUSED})
            all += counters.reasons[reason];
        return all;
    }

    // What we compare with must do its work right too: addresses, lengths and checksums.
    void check_reply(int wrapper_fd) {
        const ts::Outcome outcome = ts::run_program(wrapper_fd, first_);
        const ts::ParsedFrame reply = ts::parse_frame(outcome.bytes);
        if (outcome.verdict != XDP_TX || !reply.faults.empty())
            throw std::runtime_error("a program compared with sends a wrong frame: " + ts::hex(outcome.bytes));
    }

    World& world_;
    std::vector<uint32_t> targets_;  // that the scenario has, BENCH_NOTHING first
    const IdealGeo* ideal_ = nullptr;
    std::unique_ptr<random_query_bpf, Destroy<random_query_bpf>> wrapper_;
    std::unique_ptr<floor_bpf, Destroy<floor_bpf>> floor_;
    std::unique_ptr<memory_bpf, Destroy<memory_bpf>> memory_;
    std::unique_ptr<Rig> plain_;  // with plain queries, for scenarios of others
    std::unique_ptr<Rig> alike_;  // with plain queries for names of as many labels
    ts::Bytes first_;
};

void measure(benchmark::State& state, const Scenario& scenario) {
    try {
        Rig& rig = rig_of<Rig>(scenario);
        for ([[maybe_unused]] auto _ : state) {
            Costs plain{}, alike{};
            const Costs costs = rig.round(plain, alike);
            const double responder = costs[BENCH_RESPONDER];
            state.SetIterationTime(responder * 1e-9);
            state.counters["wrapper_ns"] = costs[BENCH_NOTHING];
            const auto compare = [&](const std::string& with, const std::string& to, double other) {
                state.counters[with] = other;
                state.counters[to] = ratio(responder, other);
            };
            compare("plain_ns", "to_plain", plain[BENCH_RESPONDER]);
            compare("alike_ns", "to_alike", alike[BENCH_RESPONDER]);
            compare("floor_ns", "ratio", costs[BENCH_FLOOR]);
            compare("memory_ns", "to_memory", costs[BENCH_MEMORY]);
            compare("ideal_ns", "to_ideal", costs[BENCH_IDEAL]);
            state.counters["plain_floor_ns"] = plain[BENCH_FLOOR];
        }
        state.counters["verified_insns"] = World::of(scenario).bed().fast_path().verified_instructions();
    } catch (const std::exception& error) {
        state.SkipWithError(error.what());
    }
}

void answer(benchmark::State& state) {
    measure(state, {static_cast<size_t>(state.range(0)), state.range(1) != 0, state.range(2) != 0,
                    static_cast<uint32_t>(state.range(3))});
}

// Prepared queries: enough that the names asked cover the table many times over, or that their records exceed most
// caches.
uint32_t query_count(size_t names) {
    return names <= 1000 ? 1U << 16 : names <= 100'000 ? 1U << 18 : 1U << 20;
}

template <Asked asked>
void absence(benchmark::State& state) {
    const auto names = static_cast<size_t>(state.range(0));
    measure(state, {names, false, false, query_count(names), asked, static_cast<unsigned>(state.range(1))});
}

void in_rounds(benchmark::internal::Benchmark* benchmark) {
    benchmark->UseManualTime()->Unit(benchmark::kNanosecond)->Iterations(1)->Repetitions(kRounds);
}

void scenarios(benchmark::internal::Benchmark* benchmark) {
    benchmark->ArgNames({"names", "ipv6", "ecs", "queries"})->Args({1000, 0, 0, 1});
    for (const size_t names : {size_t{1000}, size_t{100'000}, size_t{1'000'000}})
        for (const int ipv6 : {0, 1})
            for (const int ecs : {0, 1})
                benchmark->Args({static_cast<int64_t>(names), ipv6, ecs, static_cast<int64_t>(query_count(names))});
    in_rounds(benchmark);
}

void names_and_labels(benchmark::internal::Benchmark* benchmark, const std::vector<int64_t>& labels) {
    benchmark->ArgNames({"names", "labels"});
    for (const int64_t names : {1000, 1'000'000})
        for (const int64_t count : labels) benchmark->Args({names, count});
    in_rounds(benchmark);
}

BENCHMARK(answer)->Apply(scenarios);
BENCHMARK(absence<Asked::kNodata>)->Name("nodata")->Apply([](auto* b) { names_and_labels(b, {3}); });
BENCHMARK(absence<Asked::kAbsent>)->Name("nxdomain")->Apply([](auto* b) { names_and_labels(b, {3, 4, 6, 8, 10}); });
BENCHMARK(absence<Asked::kBelowName>)->Name("nxdomain_below_a_name")->Apply([](auto* b) { names_and_labels(b, {4}); });
BENCHMARK(absence<Asked::kWildcard>)->Name("wildcard")->Apply([](auto* b) { names_and_labels(b, {4, 10}); });
BENCHMARK(absence<Asked::kElsewhere>)->Name("refused")->Apply([](auto* b) { names_and_labels(b, {2, 10}); });

}  // namespace
}  // namespace splitline::bench

int main(int argc, char** argv) {
    return splitline::bench::run_benchmarks(argc, argv);
}
