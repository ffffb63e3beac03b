// SPDX-License-Identifier: GPL-3.0-or-later
// The address space of one family cut into segments of one class each: the step between prefixes and the trie.
//
// Prefixes of one rank nest, so one sweep with a stack tells for every address which prefix is longest. The ranks'
// results are then merged in a second sweep, which names each distinct chain of lines once.
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "line/class_table.h"
#include "line/line.h"
#include "line/prefix_table.h"

namespace splitline {

/// Addresses from `start` to before the next segment's. Number is uint32_t (IPv4) or uint128 (IPv6).
template <typename Number>
struct Segment {
    Number start;
    ClassId class_id;
};
template <typename Number>
using Segments = std::vector<Segment<Number>>;

/// Numbers the distinct chains; both families share them.
class ChainInterner {
  public:
    /// `max_class` is the largest number given.
    explicit ChainInterner(ClassId max_class);

    /// The class whose lines are `chain` and then `default`. Nothing if there are too many.
    std::optional<ClassId> intern(const std::vector<LineId>& chain);
    /// Gives the chains the numbers they have in `before`, by class and with `default`, where they are the very same
    /// ones: the new number of each old one. Nothing, and nothing changed, where they are not.
    std::vector<ClassId> number_as(const std::vector<std::vector<LineId>>& before);
    /// The chains by class, `default` included.
    std::vector<std::vector<LineId>> take_chains() { return std::move(chains_); }

  private:
    struct Hash {
        size_t operator()(const std::vector<LineId>& chain) const;
    };
    ClassId max_class_;
    std::unordered_map<std::vector<LineId>, ClassId, Hash> classes_;
    std::vector<std::vector<LineId>> chains_;
};

/// From address `at` on, the line of this rank is `line`, or `default` for none.
template <typename Number>
struct LineChange {
    Number at;
    unsigned rank;
    LineId line;

    bool operator<(const LineChange& other) const { return std::tie(at, rank) < std::tie(other.at, other.rank); }
};
template <typename Number>
using LineChanges = std::vector<LineChange<Number>>;

/// Where in one family's addresses the winning line of a rank changes, by address and then rank.
LineChanges<uint32_t> find_changes(const LineCatalog& catalog, const std::vector<LinePrefix4>& prefixes,
                                   const std::vector<bool>& used);
LineChanges<uint128> find_changes(const LineCatalog& catalog, const std::vector<LinePrefix6>& prefixes,
                                  const std::vector<bool>& used);

/// The segments of one family: the first starts at 0, neighbours differ in class. Error: ChainInterner has no number
/// left.
Result<Segments<uint32_t>> cut_segments(const LineCatalog& catalog, const LineChanges<uint32_t>& changes,
                                        ChainInterner& chains);
Result<Segments<uint128>> cut_segments(const LineCatalog& catalog, const LineChanges<uint128>& changes,
                                       ChainInterner& chains);

/// Gives first..last the class `class_id`, whatever was there.
void overwrite(Segments<uint128>& segments, uint128 first, uint128 last, ClassId class_id);

}  // namespace splitline
