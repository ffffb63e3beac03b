// SPDX-License-Identifier: GPL-3.0-or-later
// Which names are asked most, of late: estimates of queries that fade.
//
// Fed by samples of what the program answered from the table, which are hashes, and by the names that reached the
// resolver. Time goes in rounds; an estimate halves within kHalfLife of them. Only names that were seen take memory,
// and not many more of them than the limit: those asked least are forgotten first. A round's work is bounded: it looks
// through a part of the estimates only. Pure: no clock, no kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/dname.h"

namespace splitline {

class HotNames {
  public:
    static constexpr unsigned kHalfLife = 40;

    /// Remembers about `limit` names. It should be far more than new ones come in sixteen rounds.
    explicit HotNames(size_t limit);

    /// Begins the next round.
    void next_round();
    /// `queries` more for the name of that hash (maps/name_table.h).
    void note(uint64_t hash, double queries);
    /// The same for a name that is not in the table.
    void note_missed(uint64_t hash, DnameView name, double queries);
    /// The estimate now, in queries.
    [[nodiscard]] double queries(uint64_t hash) const;

    struct Missed {
        uint64_t hash;
        Dname name;
        double queries;
    };
    /// Of the missed names those asked most, at most `count`, the hottest first.
    [[nodiscard]] std::vector<Missed> hottest_missed(size_t count) const;
    /// The name is missed no more; its estimate stays.
    void forget_missed(uint64_t hash) { missed_.erase(hash); }

  private:
    void sweep();
    void thin_missed();

    size_t limit_;
    double least_;     // queries below which a name is forgotten: rises while there are too many
    size_t hand_ = 0;  // bucket of scores_ where the sweep goes on
    // Rather than all estimates shrinking every round, the unit they are counted in grows.
    double unit_ = 1;
    std::unordered_map<uint64_t, double> scores_;  // in units of a query at round 0
    std::unordered_map<uint64_t, Dname> missed_;   // each has a score
};

}  // namespace splitline
