// SPDX-License-Identifier: GPL-3.0-or-later
// What the load asks (bench_load --ask): the kinds of queries, how one of a kind is made, and what its answer looks
// like. load.h has the rules that the judge of the answers goes by; bench/peers/asked.sh the data that is asked for.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>

#include "bench/load.h"
#include "support/packet.h"

namespace splitline::bench {

struct LoadKind {
    enum class Answer { kAddress, kNodata, kNxdomain, kRefused };

    const char* name;
    Answer answer = Answer::kAddress;
    unsigned labels = 3;
    bool wildcard = false;
    bool ipv6 = false;
    bool ecs = false;

    /// Throws where there is no such kind, and names all.
    static const LoadKind& of(const std::string& name);
    /// The first is `plain`, which the others are compared with.
    static std::span<const LoadKind> all();
    /// Whether the bare program (wire_floor.bpf.c) can tell it apart, and write as much as its answer has.
    [[nodiscard]] bool has_floor() const;
    /// Whether names of the zone are asked, and not random ones.
    [[nodiscard]] bool asks_existing() const;
    /// A query for one of `names` names, or a random one, from a random client.
    [[nodiscard]] testing_support::Frame query(uint32_t names, const Address& server6, std::mt19937& random) const;
    /// The same for the judge.
    [[nodiscard]] load_kind expected() const;

  private:
    [[nodiscard]] std::string name_asked(uint32_t names, std::mt19937& random) const;
    [[nodiscard]] const char* zone() const;
    [[nodiscard]] uint16_t type() const;
};

}  // namespace splitline::bench
