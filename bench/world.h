// SPDX-License-Identifier: GPL-3.0-or-later
// What the benchmarks serve: one zone of any number of names, each with records on three lines, whose clients are told
// apart by real country tables (the package tor-geoipdb); and clients drawn from those tables.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>

#include "compile/image.h"

namespace splitline::bench {

/// Master file of bench.example. with `names` names "www-shop0000001" and so on, each with an A and an AAAA on
/// `default`, and an A and an AAAA each on `internal` and `oversea`. `change` alters the address of the first. With
/// more than three labels there are as many names of so many besides.
std::string zone_text(size_t names, unsigned change = 0, unsigned labels = 3);
/// Presentation form of the name number `index` of those with so many labels.
std::string name_text(size_t index, unsigned labels = 3);
/// A random name that does not exist: `labels` labels and `suffix`, the first as long as that of existing names, the
/// others as long as their labels between the first and the zone.
std::string random_name(std::mt19937& random, unsigned labels, const std::string& suffix);

/// Reads what a configuration says about lines; throws on errors.
std::shared_ptr<const LineSystem> read_lines(const LineConfig& config);
/// Lines `internal` (CN) and `oversea` (all others) over the country tables; read once. Throws without the tables.
std::shared_ptr<const LineSystem> geo_lines();

/// Reads, checks and builds the zone; throws on errors.
ZoneSource build_zone(const std::string& text, const LineSystem& lines);
/// The whole image over geo_lines(); `previous` as for compile_image().
std::shared_ptr<const Image> build_image(size_t names, const Image* previous = nullptr, unsigned change = 0,
                                         unsigned labels = 3);

/// A client address: IPv4 uniformly from unicast space, IPv6 from the allocated blocks of the tables with random host
/// bits.
Address random_client(std::mt19937& random, bool ipv6);

/// Shows only medians of repeated runs. Returns main()'s result: 0; 1 if something could not be measured, 2 for unknown
/// arguments, 3 if the filter matches nothing; 77 if the host lacks something, such as privileges, or what the caller
/// has found `missing`.
int run_benchmarks(int argc, char** argv, std::string missing = "");

}  // namespace splitline::bench
