// SPDX-License-Identifier: GPL-3.0-or-later
// Makes the image of a zone in which a few names have other records, out of the one before: the two share all that does
// not change.
//
// Whatever follows from the change is changed with it: names that come to exist because of others below them, or cease
// to, the counts of children, and what names know of wildcards. What shapes the tree beyond that (delegations, DNAMEs)
// decides about any number of other names, so such a change makes the whole image anew.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "compile/zone_image.h"

namespace splitline {

class ZoneUpdate {
  public:
    /// `base` must outlive the object.
    ZoneUpdate(const ZoneImage& base, const LineCatalog& catalog) : base_(base), catalog_(catalog) {}

    /// Replaces all that the folded `name` has. The RDATA must stay where it is until finish(). REQUIRES: the name lies
    /// in the zone; once a name.
    void replace(DnameView name, std::vector<NodeRecord> records);
    /// Whether finish() has to look at the whole zone.
    [[nodiscard]] bool is_structural() const { return structural_; }
    /// All records of the zone as it will be.
    [[nodiscard]] ZoneRecords records() const;
    /// REQUIRES: the zone as it will be is free of errors, as check_zone() finds them; once.
    std::shared_ptr<const ZoneImage> finish();

  private:
    /// A name that the change touches, as it will be.
    struct Touched {
        const Node* before = nullptr;
        bool exists = false;
        bool replaced = false;  // its records are `records`, else those of `before`
        uint32_t children = 0;
        uint8_t flags = 0;
        std::vector<NodeRecord> records;
        [[nodiscard]] bool has_records() const {
            return replaced ? !records.empty() : before != nullptr && before->line_count != 0;
        }
    };

    Touched& touch(DnameView name);
    void add(DnameView name);
    void remove(DnameView name);
    [[nodiscard]] bool is_occluded(DnameView name) const;
    void write_shards(ZoneImage& image);
    ZoneShard rewrite(const ZoneShard& shard, const std::vector<const std::pair<const Dname, Touched>*>& touched);
    static void write(ShardWriter& writer, const Dname& name, const Touched& touched);
    void count(ZoneImage& image, const Node& node, bool gained);

    const ZoneImage& base_;
    const LineCatalog& catalog_;
    std::map<Dname, Touched> touched_;
    bool structural_ = false;
};

}  // namespace splitline
