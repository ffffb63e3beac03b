// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/world.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "support/packet_runner.h"
#include "zone/zone_check.h"
#include "zone/zone_reader.h"

namespace splitline::bench {

namespace {

constexpr const char* kCountry4 = "/usr/share/tor/geoip";
constexpr const char* kCountry6 = "/usr/share/tor/geoip6";

void need_clean(const Diagnostics& diagnostics) {
    if (diagnostics.has_errors()) throw std::runtime_error(diagnostics.text());
}

template <typename T>
T need(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().text());
    return std::move(*result);
}

void append_records(std::string& text, size_t names, unsigned line, unsigned change, unsigned labels) {
    for (size_t i = 0; i < names; ++i) {
        const std::string name = name_text(i, labels);
        const unsigned host = i == 0 ? change % 250 : static_cast<unsigned>(i % 250);
        fmt::format_to(std::back_inserter(text), "{} 300 A 192.0.{}.{}\n{} 300 AAAA 2001:db8:{}::{:x}\n", name, line,
                       host, name, line, host);
    }
}

std::shared_ptr<const LineSystem> country_lines() {
    LineConfig config;
    config.databases.country_csv = {kCountry4, kCountry6};
    return read_lines(config);
}

/// Why nothing can be measured here; "" if nothing is missing.
std::string what_is_missing() {
    if (!std::filesystem::exists(kCountry4)) return "the country tables are missing: install tor-geoipdb";
    return testing_support::PrivateNetwork::missing();
}

/// Google Benchmark's table, medians alone.
class MedianReporter : public benchmark::ConsoleReporter {
  public:
    MedianReporter() : ConsoleReporter(OO_Tabular) {}
    void ReportRuns(const std::vector<Run>& runs) override {
        std::vector<Run> shown;
        for (Run run : runs) {
            failed_ = failed_ || run.error_occurred;
            if (!run.error_occurred && run.repetitions > 1 && run.aggregate_name != "median") continue;
            // How often it ran is the same for all rows of a table; the name says what ran.
            run.run_type = Run::RT_Iteration;
            for (std::string* part : {&run.run_name.iterations, &run.run_name.repetitions, &run.run_name.time_type})
                part->clear();
            shown.push_back(run);
        }
        if (!shown.empty()) ConsoleReporter::ReportRuns(shown);
    }
    [[nodiscard]] bool failed() const { return failed_; }

  private:
    bool failed_ = false;
};

}  // namespace

std::string name_text(size_t index, unsigned labels) {
    std::string text = fmt::format("www-shop{:07}.", index);
    for (; labels > 3; --labels) text += "sub.";
    return text + "bench.example.";
}

std::string random_name(std::mt19937& random, unsigned labels, const std::string& suffix) {
    std::string text = fmt::format("randomly{:07x}.", random() >> 4);
    for (; labels > 1; --labels) text += fmt::format("{:03x}.", random() % 4096);
    return text + suffix;
}

std::string zone_text(size_t names, unsigned change, unsigned labels) {
    std::string text =
        "$ORIGIN bench.example.\n@ 3600 SOA ns1 hostmaster 1 14400 3600 1209600 300\n@ 3600 NS ns1\n"
        "@ 3600 NS ns2\nns1 3600 A 192.0.2.53\nns2 3600 A 192.0.2.54\n*.any 300 A 192.0.2.55\n";
    const auto append_line = [&](unsigned line, unsigned changed) {
        append_records(text, names, line, changed, 3);
        if (labels > 3) append_records(text, names, line, 0, labels);
    };
    append_line(0, change);
    text += "$LINE internal\n";
    append_line(1, 0);
    text += "$LINE oversea\n";
    append_line(2, 0);
    return text;
}

std::shared_ptr<const LineSystem> read_lines(const LineConfig& config) {
    LineCatalog catalog = need(LineCatalog::build(config));
    Diagnostics diagnostics;
    PrefixTable prefixes = read_prefixes(catalog, config.databases, diagnostics);
    need_clean(diagnostics);
    return std::make_shared<const LineSystem>(LineSystem{std::move(catalog), std::move(prefixes)});
}

std::shared_ptr<const LineSystem> geo_lines() {
    static const std::shared_ptr<const LineSystem> lines = country_lines();
    return lines;
}

ZoneSource build_zone(const std::string& text, const LineSystem& lines) {
    Diagnostics diagnostics;
    ZoneSource source;
    source.path = "bench.example.zone";
    const ZoneRecords records = read_zone_text(text, source.path, diagnostics);
    const auto known = [&](std::string_view name) { return lines.catalog.find(name).has_value(); };
    check_zone(records, known, diagnostics);
    need_clean(diagnostics);
    source.image = ZoneImage::build(records, lines.catalog);
    return source;
}

std::shared_ptr<const Image> build_image(size_t names, const Image* previous, unsigned change, unsigned labels) {
    const auto lines = geo_lines();
    return need(compile_image(lines, {build_zone(zone_text(names, change, labels), *lines)}, previous));
}

Address random_client(std::mt19937& random, bool ipv6) {
    Address client;
    if (!ipv6) {
        do {
            for (size_t i = 0; i < 4; ++i) client.bytes[i] = static_cast<uint8_t>(random());
        } while (client.bytes[0] == 0 || client.bytes[0] == 127 || client.bytes[0] >= 224 || client.bytes[0] == 192);
        return client;
    }
    const auto& blocks = geo_lines()->prefixes.ipv6;
    const LinePrefix6& block = blocks[random() % blocks.size()];
    client.family = Address::Family::kIpv6;
    for (size_t i = 0; i < 16; ++i) {
        const auto fixed = static_cast<uint8_t>(block.address >> (120 - 8 * i));
        const unsigned kept =
            block.length > 8 * i ? std::min<unsigned>(8, block.length - static_cast<unsigned>(8 * i)) : 0;
        const auto free = static_cast<uint8_t>(0xffU >> kept);
        client.bytes[i] = static_cast<uint8_t>((fixed & ~free) | (static_cast<uint8_t>(random()) & free));
    }
    return client;
}

int run_benchmarks(int argc, char** argv, std::string missing) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    if (missing.empty()) missing = what_is_missing();
    if (!missing.empty()) {
        fmt::print(stderr, "nothing is measured: {}\n", missing);
        return 77;  // what ctest takes for skipped
    }
    MedianReporter reporter;
    const size_t matched = benchmark::RunSpecifiedBenchmarks(&reporter);
    benchmark::Shutdown();
    if (matched == 0) return 3;
    return reporter.failed() ? 1 : 0;
}

}  // namespace splitline::bench
