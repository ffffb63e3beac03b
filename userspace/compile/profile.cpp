// SPDX-License-Identifier: GPL-3.0-or-later
#include "compile/profile.h"

#include <libknot/descriptor.h>

#include <algorithm>
#include <unordered_set>

#include "compile/answer.h"

namespace splitline {

namespace {

bool has_alias(const ZoneImage& zone, const Node& node) {
    const auto lines = zone.lines(node);
    return std::any_of(lines.begin(), lines.end(),
                       [&](const auto& records) { return zone.rrset(records, KNOT_RRTYPE_CNAME) != nullptr; });
}

LineSet line_set(const ZoneImage& zone, const Node& node) {
    LineSet set;
    set.reserve(zone.lines(node).size());
    for (const LineRecords& records : zone.lines(node))
        if (records.line != kDefaultLine) set.push_back(records.line);
    return set;
}

// The node and every node its CNAMEs can lead to, on whatever line, as far as an answer follows them. Names behind a
// DNAME are not among them; answers that met one are not Answer::exact and never get into the name table.
std::vector<const Node*> reachable(const ZoneImage& zone, const Node& node) {
    std::vector<const Node*> found = {&node};
    if (!has_alias(zone, node)) return found;
    std::unordered_set<const Node*> known = {&node};
    size_t at = 0;
    for (unsigned followed = 0; followed < kChainMax && at < found.size(); ++followed) {
        for (const size_t end = found.size(); at < end; ++at) {
            for (const Dname& target : inner_targets(zone, *found[at])) {
                const Node* next = zone.source_of(target);
                if (next != nullptr && known.insert(next).second) found.push_back(next);
            }
        }
    }
    return found;
}

// The choice a class makes in each set of the key: a line, or `default` for none.
std::vector<LineId> choices(const ProfileKey& key, const std::vector<LineId>& chain) {
    std::vector<LineId> chosen;
    for (const LineSet& set : key) {
        const auto at = std::find_if(chain.begin(), chain.end(),
                                     [&](LineId line) { return std::binary_search(set.begin(), set.end(), line); });
        chosen.push_back(at == chain.end() ? kDefaultLine : *at);
    }
    return chosen;
}

}  // namespace

ProfileKey profile_key(const ZoneImage& zone, const Node& node) {
    ProfileKey key;
    for (const Node* each : reachable(zone, node)) {
        LineSet set = line_set(zone, *each);
        if (!set.empty()) key.push_back(std::move(set));
    }
    std::sort(key.begin(), key.end());
    key.erase(std::unique(key.begin(), key.end()), key.end());
    return key;
}

// A name without aliases has the key of its lines alone.
const ProfileKey& ProfileKeys::of(const ZoneImage& zone, const Node& node) {
    const bool plain = !has_alias(zone, node);
    const auto lines = zone.lines(node);
    const auto same = [](const LineRecords& records, LineId line) { return records.line == line; };
    repeated_ = plain && plain_ && std::equal(lines.begin(), lines.end(), lines_.begin(), lines_.end(), same);
    if (repeated_) return last_;
    ProfileKey key = profile_key(zone, node);
    repeated_ = any_ && key == last_;
    last_ = std::move(key);
    any_ = true;
    plain_ = plain;
    lines_.clear();
    for (const LineRecords& records : lines) lines_.push_back(records.line);
    return last_;
}

void reachable_types(const ZoneImage& zone, const Node& node, std::vector<uint16_t>& types) {
    types.clear();
    const auto add = [&](const Node& each) {
        for (const LineRecords& records : zone.lines(each))
            for (const Rrset& rrset : zone.rrsets(records)) types.push_back(rrset.type);
        // The DS of a delegation is not its child's business, so it is answered otherwise than all other types there.
        if ((each.flags & Node::kCut) != 0) types.push_back(KNOT_RRTYPE_DS);
    };
    if (has_alias(zone, node))
        for (const Node* each : reachable(zone, node)) add(*each);
    else
        add(node);
    std::sort(types.begin(), types.end());
    types.erase(std::unique(types.begin(), types.end()), types.end());
}

ProfileId ProfileTable::number_of(const ProfileKey& key) const {
    return key.empty() ? kUntailored : by_key.at(key);
}

ProfileTable empty_profiles(const ClassTable& classes) {
    ProfileTable table;
    table.class_count = classes.chains.size();
    table.intern({}, classes);
    return table;
}

ProfileId ProfileTable::intern(const ProfileKey& key, const ClassTable& classes) {
    const auto [at, added] = by_key.try_emplace(key, static_cast<ProfileId>(profiles.size()));
    if (!added) return at->second;
    Profile profile;
    profile.key = key;
    std::map<std::vector<LineId>, uint16_t> numbers;
    for (ClassId id = 0; id < class_count; ++id) {
        const auto [number, first] = numbers.try_emplace(choices(key, classes.chains[id]),
                                                         static_cast<uint16_t>(profile.representatives.size()));
        if (first) profile.representatives.push_back(id);
        variants.push_back(number->second);
    }
    profiles.push_back(std::move(profile));
    return at->second;
}

}  // namespace splitline
