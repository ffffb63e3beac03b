// SPDX-License-Identifier: GPL-3.0-or-later
// bench_load: loads the server at the other end of a veth for some seconds and prints what came back as JSON; of
// several kinds of queries, an object with one such for each.
//
// It is run in the client's network namespace by peers.sh, which has pinned everything; load.bpf.c says how it sends
// and judges, core_time.h what a core's time is made of.
#include <fmt/format.h>
#include <sched.h>

#include <boost/algorithm/string.hpp>
#include <boost/program_options.hpp>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>
#include <thread>

#include "bench/core_time.h"
#include "bench/load_generator.h"

namespace splitline::bench {
namespace {

namespace po = boost::program_options;
using Clock = std::chrono::steady_clock;

struct Options {
    bool list_kinds = false;
    LoadSettings load;
    std::vector<std::string> kinds;
    std::vector<std::string> behind;  // for each kind, or none
    unsigned turns = 0;
    double warm_up = 0;
    double seconds = 0;
    unsigned server_cpu = 0;
    std::vector<pid_t> processes;
};

/// What the generator and the clocks say at one moment, or what they have said in several turns.
struct Counts {
    double seconds = 0;
    load_results results{};
    CoreTime core;

    /// Adds what happened between two moments.
    void add(const Counts& before, const Counts& after) {
        seconds += after.seconds - before.seconds;
        core = core + (after.core - before.core);
        const auto add_to = [](auto& sum, auto from, auto till) { sum += till - from; };
        add_to(results.received, before.results.received, after.results.received);
        for (size_t i = 0; i < LOAD_VERDICTS; ++i)
            add_to(results.verdicts[i], before.results.verdicts[i], after.results.verdicts[i]);
        for (size_t i = 0; i < LOAD_LATENCY_CELLS; ++i)
            add_to(results.latency[i], before.results.latency[i], after.results.latency[i]);
    }
};

load_expect expect_from(const std::string& word) {
    if (word == "geo") return LOAD_EXPECT_GEO;
    if (word == "flat") return LOAD_EXPECT_FLAT;
    if (word == "echo") return LOAD_EXPECT_ECHO;
    throw std::runtime_error("--expect is geo, flat or echo");
}

Options read_options(int argc, char** argv) {
    Options options;
    LoadSettings& load = options.load;
    std::string expect, ask, behind;
    po::options_description all("bench_load");
    all.add_options()("device", po::value(&load.device)->default_value("cli0"), "the veth's end to send into");
    all.add_options()("ask", po::value(&ask)->default_value("plain"), "kinds of queries (--kinds), with commas");
    all.add_options()("kinds", po::bool_switch(&options.list_kinds),
                      "print the kinds besides plain, one a line, with the word floor behind those that have one");
    all.add_options()("turns", po::value(&options.turns)->default_value(1), "of each kind, one after the other");
    all.add_options()("server6", po::value(&load.server6)->default_value("::1"), "where to ask over IPv6");
    all.add_options()("names", po::value(&load.names)->required(), "names that the server has");
    all.add_options()("expect", po::value(&expect)->default_value("geo"),
                      "geo, flat (no lines) or echo (the question)");
    all.add_options()(
        "behind", po::value(&behind),
        "bytes behind each kind's question, with commas; without: none of an echo, else as the record says");
    all.add_options()("window", po::value(&load.window)->default_value(64), "most queries under way");
    all.add_options()("rate", po::value(&load.rate)->default_value(0), "queries a second; 0: as the window lets");
    all.add_options()("timed", po::bool_switch(&load.timed), "measure latencies");
    all.add_options()("cpu", po::value(&load.cpu)->default_value(0), "the sender's core");
    all.add_options()("server-cpu", po::value(&options.server_cpu)->default_value(1), "the server's core");
    all.add_options()("process", po::value(&options.processes)->composing(), "what an answer's core time is summed of");
    all.add_options()("warm-up", po::value(&options.warm_up)->default_value(0.5), "seconds before the measurement");
    all.add_options()("seconds", po::value(&options.seconds)->default_value(3), "seconds of measurement of each kind");
    po::variables_map values;
    po::store(po::parse_command_line(argc, argv, all), values);
    if (options.list_kinds = values["kinds"].as<bool>(); options.list_kinds) return options;
    po::notify(values);
    load.expect = expect_from(expect);
    boost::split(options.kinds, ask, boost::is_any_of(","));
    if (!behind.empty()) boost::split(options.behind, behind, boost::is_any_of(","));
    if (!behind.empty() && options.behind.size() != options.kinds.size())
        throw std::runtime_error("--behind has as many numbers as --ask has kinds");
    load.timed = load.timed || load.rate != 0;
    if (load.names == 0 || load.window == 0 || options.turns == 0)
        throw std::runtime_error("--names, --window and --turns are at least 1");
    return options;
}

/// Nanoseconds below which the part `share` of the latencies counted lies.
double quantile(std::span<const __u64> cells, double share) {
    uint64_t all = 0, below = 0;
    for (const uint64_t count : cells) all += count;
    for (size_t cell = 0; cell < cells.size(); ++cell) {
        below += cells[cell];
        if (all == 0 || static_cast<double>(below) < share * static_cast<double>(all)) continue;
        // The inverse of count_latency() in load.bpf.c.
        constexpr size_t kSteps = 1U << LOAD_LATENCY_BITS;
        const size_t power = cell < 2 * kSteps ? 0 : cell / kSteps - 1;
        return static_cast<double>((cell - power * kSteps) << power);
    }
    return 0;
}

nlohmann::json report(const Options& options, const Counts& counts) {
    const load_results& results = counts.results;
    const auto answers = static_cast<double>(results.received);
    const auto tasks_ns = static_cast<double>(counts.core.tasks_ns);
    nlohmann::json json = {
        {"seconds", counts.seconds},
        {"answers", answers},
        {"answers_per_second", answers / counts.seconds},
        {"lost", results.lost},
        {"behind", results.behind},
        {"core_ns", answers > 0 ? tasks_ns / answers : 0},
        {"core_busy", static_cast<double>(counts.core.busy_ns) / static_cast<double>(counts.core.total_ns)},
        {"core_by_server", tasks_ns * 1e-9 / counts.seconds}};
    constexpr std::array kVerdicts = {"right",        "wrong_header", "wrong_question", "wrong_id",
                                      "wrong_record", "wrong_line",   "wrong_opt",      "wrong_length"};
    static_assert(kVerdicts.size() == LOAD_VERDICTS);
    for (size_t i = 0; i < kVerdicts.size(); ++i) json[kVerdicts[i]] = results.verdicts[i];
    if (!options.load.timed) return json;
    const std::span<const __u64> latency = results.latency;
    json["p50_ns"] = quantile(latency, 0.5);
    json["p99_ns"] = quantile(latency, 0.99);
    return json;
}

/// One turn of a kind.
void measure(const Options& options, LoadGenerator& generator, Counts& sum) {
    const auto now = [&] {
        const CoreTime core = read_core_time(options.processes, options.server_cpu);
        const std::chrono::duration<double> time = Clock::now().time_since_epoch();
        return Counts{time.count(), generator.results(), core};
    };
    const auto rest = [&](double seconds) {
        std::this_thread::sleep_for(std::chrono::duration<double>(seconds / options.turns));
    };
    generator.start();
    rest(options.warm_up);
    const Counts before = now();
    rest(options.seconds);
    sum.add(before, now());
    generator.stop();
    // Others than those given up, whose answers may have come late. (What came after its own judge had gone is
    // another's.)
    const load_results all = generator.results();
    sum.results.lost = all.sent > all.received ? all.sent - all.received : 0;
    sum.results.behind = all.behind;
}

void list_kinds() {
    for (const LoadKind& kind : LoadKind::all().subspan(1))
        std::cout << kind.name << (kind.has_floor() ? " floor" : "") << '\n';
}

int run(const Options& options) {
    if (options.list_kinds) {
        list_kinds();
        return 0;
    }
    std::vector<std::unique_ptr<LoadGenerator>> generators;
    for (size_t i = 0; i < options.kinds.size(); ++i) {
        LoadSettings load = options.load;
        load.kind = &LoadKind::of(options.kinds[i]);
        if (!options.behind.empty()) load.behind = static_cast<uint32_t>(std::stoul(options.behind[i]));
        generators.push_back(std::make_unique<LoadGenerator>(load));
    }
    std::vector<Counts> sums(generators.size());
    for (unsigned turn = 0; turn < options.turns; ++turn)
        for (size_t i = 0; i < generators.size(); ++i) measure(options, *generators[i], sums[i]);
    nlohmann::json json;
    for (size_t i = 0; i < sums.size(); ++i) json[options.kinds[i]] = report(options, sums[i]);
    std::cout << (sums.size() == 1 ? json.front() : json).dump() << '\n';
    return 0;
}

}  // namespace
}  // namespace splitline::bench

int main(int argc, char** argv) {
    try {
        return splitline::bench::run(splitline::bench::read_options(argc, argv));
    } catch (const std::exception& error) {
        std::cerr << "bench_load: " << error.what() << '\n';
        return 1;
    }
}
