// SPDX-License-Identifier: GPL-3.0-or-later
// What a change costs the daemon: reading, checking, compiling and publishing zones of a thousand to a million names,
// compiling the class table of real country tables, and the memory a name takes in the daemon and in the kernel.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include "bench/world.h"
#include "compile/zone_update.h"
#include "support/packet_runner.h"
#include "zone/zone_check.h"
#include "zone/zone_reader.h"

namespace splitline::bench {
namespace {

namespace ts = testing_support;

// Records a name has: an A and an AAAA on each of three lines.
constexpr size_t kRecords = 6;

void count_names(benchmark::State& state, size_t names) {
    state.counters["names/s"] =
        benchmark::Counter(static_cast<double>(names), benchmark::Counter::kIsIterationInvariantRate);
}

size_t names_of(const benchmark::State& state) {
    return static_cast<size_t>(state.range(0));
}

ZoneRecords read(const std::string& text) {
    Diagnostics diagnostics;
    ZoneRecords records = read_zone_text(text, "bench.example.zone", diagnostics);
    if (diagnostics.has_errors()) throw std::runtime_error(diagnostics.text());
    return records;
}

void read_zone(benchmark::State& state) {
    const std::string text = zone_text(names_of(state));
    for ([[maybe_unused]] auto _ : state) {
        const ZoneRecords records = read(text);
        if (records.records.size() < names_of(state) * kRecords) return state.SkipWithError("records are missing");
    }
    count_names(state, names_of(state));
}

void check_zone_records(benchmark::State& state) {
    const auto lines = geo_lines();
    const ZoneRecords records = read(zone_text(names_of(state)));
    for ([[maybe_unused]] auto _ : state) {
        Diagnostics diagnostics;
        check_zone(
            records, [&](std::string_view name) { return lines->catalog.find(name).has_value(); }, diagnostics);
        if (diagnostics.has_errors()) return state.SkipWithError(diagnostics.text().c_str());
    }
    count_names(state, names_of(state));
}

void build_zone_image(benchmark::State& state) {
    const auto lines = geo_lines();
    const ZoneRecords records = read(zone_text(names_of(state)));
    size_t memory = 0;
    for ([[maybe_unused]] auto _ : state) memory = ZoneImage::build(records, lines->catalog)->memory();
    count_names(state, names_of(state));
    state.counters["image_B/name"] = static_cast<double>(memory) / static_cast<double>(names_of(state));
}

void compile_geo_classes(benchmark::State& state) {
    const auto lines = geo_lines();
    std::vector<bool> used(lines->catalog.size(), false);
    for (const char* name : {"default", "internal", "oversea"}) used[*lines->catalog.find(name)] = true;
    size_t bytes = 0;
    for ([[maybe_unused]] auto _ : state) {
        const auto classes = compile_classes(lines->catalog, lines->prefixes, used);
        if (!classes) return state.SkipWithError(classes.error().text().c_str());
        bytes = classes->cells.size() * sizeof(uint32_t);
    }
    state.counters["prefixes"] = static_cast<double>(lines->prefixes.ipv4.size() + lines->prefixes.ipv6.size());
    state.counters["table_KiB"] = static_cast<double>(bytes) / 1024;
}

std::unique_ptr<ts::FastPathBed> bed_for(size_t names) {
    return std::make_unique<ts::FastPathBed>(ResponsePolicy{}, [&](FastPathSettings& settings) {
        settings.max_names = static_cast<uint32_t>(names * 5 / 4 + 1000);
        settings.arena_mib = static_cast<uint32_t>(64 + names / 1000);
    });
}

double publish_seconds(ts::FastPathBed& bed, const std::shared_ptr<const Image>& image) {
    const auto start = std::chrono::steady_clock::now();
    bed.publish(image);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void publish_first(benchmark::State& state) {
    const auto image = build_image(names_of(state));
    const size_t tables = image->classes->cells.size() * sizeof(uint32_t);
    FastPathUsage usage;
    for ([[maybe_unused]] auto _ : state) {
        const auto bed = bed_for(names_of(state));
        state.SetIterationTime(publish_seconds(*bed, image));
        usage = bed->fast_path().usage();
    }
    count_names(state, names_of(state));
    state.counters["arena_B/name"] = static_cast<double>(usage.arena_bytes - tables) / static_cast<double>(usage.names);
}

// Raises the serial of the SOA among `records`; the bytes they refer to from now on.
std::unique_ptr<const std::string> bump_serial(std::vector<NodeRecord>& records) {
    const auto soa = std::find_if(records.begin(), records.end(), [](const auto& record) { return record.type == 6; });
    auto rdata = std::make_unique<std::string>(soa->rdata);
    for (size_t at = rdata->size() - 17; ++(*rdata)[at] == 0;) --at;
    soa->rdata = *rdata;
    return rdata;
}

// One address of one name changes; everything else in the zone stays.
void publish_change(benchmark::State& state) {
    auto image = build_image(names_of(state));
    const auto bed = bed_for(names_of(state));
    bed->publish(image);
    unsigned change = 0;
    for ([[maybe_unused]] auto _ : state) {
        image = build_image(names_of(state), image.get(), ++change);
        state.SetIterationTime(publish_seconds(*bed, image));
    }
    count_names(state, names_of(state));
}

// One record of a name changes and the SOA's serial rises, as by `splitline record set`: from the new records to the
// answer in XDP.
void commit_record(benchmark::State& state) {
    auto image = build_image(names_of(state));
    const auto bed = bed_for(names_of(state));
    bed->publish(image);
    uint32_t change = 0;
    std::mt19937 random(1);
    for ([[maybe_unused]] auto _ : state) {
        const ZoneImage& zone = *image->zones[0].image;
        const Dname name = *dname_from_text(name_text(random() % names_of(state)));
        const uint32_t address = ++change;
        std::vector<NodeRecord> records, apex;
        append_records(*zone.find(name), records);
        append_records(zone.apex_node(), apex);
        records[0].rdata = {reinterpret_cast<const char*>(&address), 4};
        const auto soa = bump_serial(apex);
        ZoneUpdate update(zone, image->lines->catalog);
        update.replace(name, std::move(records));
        update.replace(zone.apex(), std::move(apex));
        image = *change_zone(*image, update.finish());
        bed->publish(image);
    }
    state.counters["commits/s"] = benchmark::Counter(static_cast<double>(change), benchmark::Counter::kIsRate);
}

void sizes(benchmark::internal::Benchmark* benchmark) {
    benchmark->ArgName("names")->Arg(1000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
}

BENCHMARK(read_zone)->Apply(sizes);
BENCHMARK(check_zone_records)->Apply(sizes);
BENCHMARK(build_zone_image)->Apply(sizes);
BENCHMARK(compile_geo_classes)->Unit(benchmark::kMillisecond);
BENCHMARK(publish_first)->Apply(sizes)->UseManualTime()->Iterations(3);
BENCHMARK(commit_record)->Apply(sizes)->UseRealTime();
BENCHMARK(publish_change)->Apply(sizes)->UseManualTime()->Iterations(3);

}  // namespace
}  // namespace splitline::bench

int main(int argc, char** argv) {
    return splitline::bench::run_benchmarks(argc, argv);
}
