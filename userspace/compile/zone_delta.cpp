// SPDX-License-Identifier: GPL-3.0-or-later
#include "compile/zone_delta.h"

#include <cstring>
#include <unordered_set>

namespace splitline {

namespace {

// Of the children it only matters whether there are any (SL_NAME_INNER).
bool same_answers(const Node& a, const Node& b) {
    return a.size == b.size && a.flags == b.flags && a.line_count == b.line_count &&
           (a.children == 0) == (b.children == 0) && std::memcmp(&a + 1, &b + 1, a.size - sizeof(Node)) == 0;
}

class Comparison {
  public:
    Comparison(const ZoneImage& before, const ZoneImage& now) : before_(before), now_(now) {}

    ZoneDelta run() {
        if (before_.shards().size() == now_.shards().size()) {
            now_.shards().for_each_unshared(before_.shards(), [&](size_t shard) {
                const ZoneShard &was = before_.shards()[shard], &is = now_.shards()[shard];
                if (was == is) return;
                for (const Node* node = is.first(); node != nullptr; node = is.next(*node)) look_at(*node);
                for (const Node* node = was.first(); node != nullptr; node = was.next(*node)) look_for(*node);
            });
        } else {
            for (const Node& node : now_.nodes()) look_at(node);
            for (const Node& node : before_.nodes()) look_for(node);
        }
        if (!now_.aliases().empty()) follow_aliases();
        return std::move(delta_);
    }

  private:
    void look_at(const Node& node) {
        const Node* was = before_.find(name_of(node));
        if (was == nullptr || !same_answers(*was, node)) delta_.written.push_back(&node);
    }

    void look_for(const Node& was) {
        if (now_.find(name_of(was)) == nullptr) delta_.gone.push_back(&was);
    }

    // The list of written names grows as it is gone through: an alias may have aliases.
    void follow_aliases() {
        for (const Node* node : delta_.written) known_.insert(name_of(*node));
        for (const Node* node : delta_.gone) find_dependants(name_of(*node), true);
        for (size_t i = 0; i < delta_.written.size(); ++i) {
            const Node& node = *delta_.written[i];
            const Node* was = before_.find(name_of(node));
            find_dependants(name_of(node), was == nullptr || ((was->flags ^ node.flags) & Node::kStructure) != 0);
        }
    }

    // `reshaped`: what is found for names at and below may be another node than before.
    void find_dependants(DnameView name, bool reshaped) {
        now_.aliases().for_each_of(name, [&](DnameView alias) { add(alias); });
        if (reshaped) find_dependants_below(name);
        if (dname_is_wildcard(name) && name.size() > now_.apex().size()) find_dependants_below(dname_parent(name));
    }

    // Aliases of names that do not exist: whatever answers for those lies above them or is a wildcard.
    void find_dependants_below(DnameView name) {
        now_.aliases().for_each_at_or_below(name, [&](DnameView target, DnameView alias) {
            const Node *was = before_.find(target), *is = now_.find(target);
            if (was == nullptr || is == nullptr || was->flags != is->flags) add(alias);
        });
    }

    void add(DnameView alias) {
        const Node* node = now_.find(alias);
        if (node != nullptr && known_.insert(name_of(*node)).second) delta_.written.push_back(node);
    }

    const ZoneImage& before_;
    const ZoneImage& now_;
    ZoneDelta delta_;
    std::unordered_set<DnameView> known_;  // names of delta_.written
};

}  // namespace

ZoneDelta compare_zones(const ZoneImage& before, const ZoneImage& now) {
    return Comparison(before, now).run();
}

}  // namespace splitline
