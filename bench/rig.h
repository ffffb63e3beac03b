// SPDX-License-Identifier: GPL-3.0-or-later
// What a benchmark makes of a scenario before it measures: its programs over the scenario's world and queries. Google
// Benchmark calls a benchmark anew for every round, so the rig outlives the call; there is one at a time.
#pragma once

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#include "bench/scenario.h"

namespace splitline::bench {

/// The Rig(scenario, world) of a scenario, made by its first round and kept for the others; so is the reason why there
/// is none, which is thrown.
template <typename Rig>
Rig& rig_of(const Scenario& scenario) {
    static Scenario prepared{};
    static std::unique_ptr<Rig> rig;
    static std::string problem;
    if (!(prepared == scenario)) {
        prepared = scenario;
        rig.reset();
        problem.clear();
        try {
            rig = std::make_unique<Rig>(scenario, World::of(scenario));
        } catch (const std::exception& error) {
            problem = error.what();
        }
    }
    if (!rig) throw std::runtime_error(problem);
    return *rig;
}

}  // namespace splitline::bench
