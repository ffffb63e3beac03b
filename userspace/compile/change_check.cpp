// SPDX-License-Identifier: GPL-3.0-or-later
#include "compile/change_check.h"

#include <libknot/descriptor.h>

#include <algorithm>
#include <unordered_set>

#include "compile/records_writer.h"
#include "zone/rdata_view.h"
#include "zone/zone_check.h"

namespace splitline {

namespace {

// Files that places name: what was there before, and what comes with the change.
constexpr uint16_t kServed = 0, kChange = 1;

class Excerpt {
  public:
    Excerpt(const ZoneImage& before, const ZoneImage& now, const LineCatalog& catalog)
        : before_(before), now_(now), writer_(now.apex(), catalog, {"the zone as served", "this change"}) {}

    /// With all that their records lead to.
    void add_changed(const std::vector<Dname>& names) {
        // First of all, or a name that another one leads to would not count as changed.
        for (const Dname& name : names)
            if (const Node* node = now_.find(name)) add(*node, true);
        // Whoever pointed at one that is gone finds a wildcard instead, if there is one.
        for (const Dname& name : names)
            if (now_.find(name) == nullptr) add_target(name);
        // A list of what is left to do: chains of aliases may be as long as the zone is large.
        for (size_t i = 0; i < added_.size(); ++i) take_records(*added_[i].node, added_[i].changed);
    }

    ZoneRecords take() { return writer_.take(); }
    /// Whether the records were among the changed names'.
    [[nodiscard]] const std::vector<bool>& changed() const { return changed_; }
    /// Names that exist without records.
    [[nodiscard]] const std::vector<uint32_t>& existing() const { return existing_; }

  private:
    struct Added {
        const Node* node;
        bool changed;
    };

    void add(const Node& node, bool changed) {
        if (known_.insert(&node).second) added_.push_back({&node, changed});
    }

    void take_records(const Node& node, bool changed) {
        std::vector<NodeRecord> records;
        append_records(node, records);
        if (records.empty()) existing_.push_back(writer_.add_name(name_of(node)));
        const Node* was = changed ? before_.find(name_of(node)) : nullptr;
        std::vector<NodeRecord> old;
        if (was != nullptr) append_records(*was, old);
        for (const NodeRecord& record : records) {
            const bool added = changed && std::find(old.begin(), old.end(), record) == old.end();
            writer_.add(name_of(node), {&record, 1}, added ? kChange : kServed);
            changed_.push_back(changed);
        }
        if (&node != &now_.apex_node()) add(*now_.find(dname_parent(name_of(node))), false);
        for (const NodeRecord& record : records) follow(node, record, changed);
    }

    // Of names that did not change themselves only what errors can come by: aliases, and the servers of a delegation.
    void follow(const Node& node, const NodeRecord& record, bool changed) {
        const bool leads_on =
            record.type == KNOT_RRTYPE_CNAME || (record.type == KNOT_RRTYPE_NS && (node.flags & Node::kApex) == 0);
        if (!changed && !leads_on) return;
        const DnameView target = rdata_target(record.type, record.rdata);
        if (target.empty()) return;
        Dname folded(target);
        dname_fold(reinterpret_cast<uint8_t*>(folded.data()), folded.size());
        if (dname_in(folded, now_.apex())) add_target(folded);
    }

    void add_target(const Dname& name) {
        if (const Node* node = now_.find(name)) return add(*node, false);
        add(now_.closest_encloser(name), false);
        if (const Node* wildcard = now_.source_of(name)) add(*wildcard, false);
    }

    const ZoneImage& before_;
    const ZoneImage& now_;
    RecordsWriter writer_;
    std::unordered_set<const Node*> known_;
    std::vector<Added> added_;
    std::vector<bool> changed_;
    std::vector<uint32_t> existing_;
};

}  // namespace

void check_change(const ZoneImage& before, const ZoneImage& now, const std::vector<Dname>& changed,
                  const LineCatalog& catalog, Diagnostics& diagnostics) {
    Excerpt excerpt(before, now, catalog);
    if (changed.empty()) return;
    excerpt.add_changed(changed);
    const ZoneRecords records = excerpt.take();
    check_part(
        records, excerpt.existing(), [&](uint32_t record) { return excerpt.changed()[record]; }, diagnostics);
}

}  // namespace splitline
