// SPDX-License-Identifier: GPL-3.0-or-later
// What a benchmark of the XDP program asks of what: a loaded program serving a world of so many names, and prepared
// random queries for it. Before measuring, a sample of the answers is compared with the resolver's.
#pragma once

#include <cstdint>
#include <memory>
#include <random>

#include "bench/world.h"
#include "support/packet_runner.h"

namespace splitline::bench {

/// What the random names asked have to do with the zone.
enum class Asked {
    kPresent,    // exist, and have the type
    kNodata,     // exist without the type
    kAbsent,     // do not, below the apex
    kBelowName,  // do not, below a name that does
    kWildcard,   // are a wildcard's
    kElsewhere,  // are in no zone
};

/// What is asked, of what.
struct Scenario {
    size_t names;
    bool ipv6;
    bool ecs;
    uint32_t queries;  // prepared; a power of two. 1: the same query again and again, all in cache
    Asked asked = Asked::kPresent;
    unsigned labels = 3;  // of the names asked, all told
    bool operator==(const Scenario&) const = default;
    /// A plain query: over IPv4, without ECS, for a name that exists.
    [[nodiscard]] bool is_plain() const { return !ipv6 && !ecs && asked == Asked::kPresent; }
    /// Plain queries of the same world.
    [[nodiscard]] Scenario plain() const { return {names, false, false, queries}; }
    /// Whether there are plain queries for names of as many labels, and as many bytes, that exist.
    [[nodiscard]] bool has_alike() const {
        return names <= 1000 && (asked == Asked::kAbsent || asked == Asked::kWildcard);
    }
    [[nodiscard]] Scenario alike() const { return {names, false, false, queries, Asked::kPresent, labels}; }
    /// Labels that names of this scenario's world have besides those of three.
    [[nodiscard]] unsigned world_labels() const { return has_alike() ? labels : 3; }
    /// Whether there are bytes behind the question, as the floor program's replies need.
    [[nodiscard]] bool has_floor() const { return asked != Asked::kElsewhere; }
    /// Whether the names asked are in the table.
    [[nodiscard]] bool has_memory() const { return asked == Asked::kPresent || asked == Asked::kNodata; }
    /// Whether the ideal program can answer such queries.
    [[nodiscard]] bool has_ideal() const { return is_plain() && labels == 3; }
};

/// The image of `names` names, loaded and published; one at a time, as large ones take hundreds of MiB.
class World {
  public:
    /// The world of a scenario; whatever was made before is gone.
    static World& of(const Scenario& scenario);
    /// As zone_text().
    explicit World(size_t names, unsigned labels = 3);

    [[nodiscard]] size_t names() const { return names_; }
    [[nodiscard]] testing_support::FastPathBed& bed() { return *bed_; }
    [[nodiscard]] const std::shared_ptr<const Image>& image() const { return image_; }

  private:
    size_t names_;
    unsigned labels_;
    std::shared_ptr<const Image> image_;
    std::unique_ptr<testing_support::FastPathBed> bed_;
};

/// Fills the maps "queries" (of scenario.queries cells) and "state" of queries.h; returns the first frame. Throws where
/// a sample of the answers is not the resolver's.
testing_support::Bytes prepare_queries(const Scenario& scenario, World& world, int queries_fd, int state_fd);

}  // namespace splitline::bench
