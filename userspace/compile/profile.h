// SPDX-License-Identifier: GPL-3.0-or-later
// View profiles: which lines a name's answers can depend on, and which variant each client class gets.
//
// A name that has records on lines {internal, telecom} gives a class the first of the two in its chain, else the rest
// (`default`, or nothing). Where a CNAME leads to another name of the zone, that name chooses by its own lines, so a
// profile is a *set* of line sets: one for each name that can be reached. A class's choice is one line per set; classes
// that choose alike form a variant. Names share profiles, and there are few of them, so the table (profile, class) ->
// variant is small.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "compile/zone_image.h"
#include "line/class_table.h"

namespace splitline {

using ProfileId = uint32_t;
/// The profile of names whose answers do not depend on the client: one variant. Its row is all zero.
constexpr ProfileId kUntailored = 0;

/// Sorted lines without `default`; never empty.
using LineSet = std::vector<LineId>;
/// Sorted line sets without repetition; empty = untailored.
using ProfileKey = std::vector<LineSet>;

struct Profile {
    ProfileKey key;
    std::vector<ClassId> representatives;  // per variant one class that gets it; variant 0's is class 0
};

/// All profiles over one class table. Immutable once an image refers to it; a later one over the same class table keeps
/// the numbers of the earlier and appends, so records of unchanged names stay valid.
struct ProfileTable {
    std::vector<Profile> profiles;
    std::vector<uint16_t> variants;  // [profile][class], rows of class_count
    size_t class_count = 0;
    std::map<ProfileKey, ProfileId> by_key;

    [[nodiscard]] uint16_t variant(ProfileId profile, ClassId class_id) const {
        return variants[profile * class_count + class_id];
    }
    /// The number of a key that is there.
    [[nodiscard]] ProfileId number_of(const ProfileKey& key) const;
    /// The number of `key`, appended if new.
    ProfileId intern(const ProfileKey& key, const ClassTable& classes);
};

/// A table with the untailored profile alone.
ProfileTable empty_profiles(const ClassTable& classes);

/// The profile key of a node: its own line set and those of all names its CNAMEs can lead to inside the zone.
ProfileKey profile_key(const ZoneImage& zone, const Node& node);

/// profile_key() of one node after the other: most neighbours share theirs, and then it is not made anew.
class ProfileKeys {
  public:
    /// Valid until the next call.
    const ProfileKey& of(const ZoneImage& zone, const Node& node);
    /// Whether the last two nodes had the same.
    [[nodiscard]] bool repeated() const { return repeated_; }

  private:
    ProfileKey last_;
    LineSet lines_;  // of the last node, if its key is of those alone
    bool any_ = false, plain_ = false, repeated_ = false;
};

/// The types that queries for the node can be answered with other than "no such type": its own and those of the names
/// its CNAMEs lead to. Sorted; put in the place of what `types` holds.
void reachable_types(const ZoneImage& zone, const Node& node, std::vector<uint16_t>& types);

}  // namespace splitline
