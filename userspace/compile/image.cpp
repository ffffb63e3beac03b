// SPDX-License-Identifier: GPL-3.0-or-later
#include "compile/image.h"

#include <libknot/consts.h>
#include <libknot/descriptor.h>

#include <set>

#include "base/parallel.h"
#include "base/phase.h"
#include "compile/zone_delta.h"
#include "zone/zone_check.h"
#include "zone/zone_reader.h"

namespace splitline {

namespace {

std::vector<bool> lines_in_use(const LineCatalog& catalog, const SharedArray<ZoneSource>& zones) {
    std::vector<bool> used(catalog.size(), false);
    used[kDefaultLine] = true;
    for (const ZoneSource& zone : zones)
        for (const LineId line : zone.image->used_lines()) used[line] = true;
    return used;
}

/// Numbers the profiles of names over one class table, starting from those that an earlier image has.
class ProfileNumbering {
  public:
    ProfileNumbering(const ClassTable& classes, std::shared_ptr<const ProfileTable> known)
        : classes_(classes), table_(std::move(known)) {
        if (table_ == nullptr) table_ = own_ = std::make_shared<ProfileTable>(empty_profiles(classes));
    }

    void add(const ZoneImage& zone, const Node& node) {
        if (const ProfileKey& key = keys_.of(zone, node); !keys_.repeated()) add(key);
    }
    /// Numbers the keys of names in the order of their shards, whichever thread has come across them.
    void add_all(const ZoneImage& zone) {
        const size_t shards = zone.shards().size(), parts = (shards + kShardsAPart - 1) / kShardsAPart;
        std::vector<std::vector<ProfileKey>> found(parts);
        for_each_part(
            parts, [&](size_t part) { found[part] = keys_in(zone, part * kShardsAPart, (part + 1) * kShardsAPart); });
        for (const auto& keys : found)
            for (const ProfileKey& key : keys) add(key);
    }
    [[nodiscard]] std::shared_ptr<const ProfileTable> table() const { return table_; }

  private:
    static constexpr size_t kShardsAPart = 64;

    void add(const ProfileKey& key) {
        if (table_->by_key.contains(key)) return;
        if (own_ == nullptr) table_ = own_ = std::make_shared<ProfileTable>(*table_);
        own_->intern(key, classes_);
    }
    // Those of the names in some shards, each once, in the order of names.
    static std::vector<ProfileKey> keys_in(const ZoneImage& zone, size_t first_shard, size_t end) {
        ProfileKeys keys;
        std::set<ProfileKey> known;
        std::vector<ProfileKey> found;
        zone.for_each_node(first_shard, end, [&](const Node& node) {
            const ProfileKey& key = keys.of(zone, node);
            if (!keys.repeated() && known.insert(key).second) found.push_back(key);
        });
        return found;
    }

    const ClassTable& classes_;
    std::shared_ptr<const ProfileTable> table_;
    std::shared_ptr<ProfileTable> own_;  // table_, once it is not the earlier image's
    ProfileKeys keys_;
};

Result<void> index_zones(Image& image) {
    const auto apexes = std::make_shared<ApexMap>();
    for (size_t i = 0; i < image.zones.size(); ++i) {
        const DnameView apex = image.zones[i].image->apex();
        image.names += image.zones[i].image->nodes().size();
        if (!apexes->insert(apex, i))
            return Error{"zone " + dname_to_text(apex) + " is served from " + image.zones[apexes->find(apex)].path +
                             " already; remove one of the two files",
                         {image.zones[i].path, 0}};
    }
    image.apexes = apexes;
    return {};
}

Result<void> set_classes(Image& image, const Image* previous) {
    const std::vector<bool> used = lines_in_use(image.lines->catalog, image.zones);
    if (previous != nullptr && previous->lines == image.lines && previous->classes->used == used) {
        image.classes = previous->classes;
        return {};
    }
    const Phase phase("classes");
    auto classes = compile_classes(image.lines->catalog, image.lines->prefixes, used,
                                   previous != nullptr ? previous->classes.get() : nullptr);
    if (!classes) return classes.error();
    image.classes = std::make_shared<const ClassTable>(std::move(*classes));
    return {};
}

// Profiles and cells of their table.
constexpr size_t kProfilesLent = 16'384, kCellsLent = size_t{4} << 20;

void set_profiles(Image& image, const Image* previous) {
    // From time to time they are numbered anew, or those that no name has any more would use up the numbers.
    const bool lent = previous != nullptr && previous->classes->chains == image.classes->chains &&
                      previous->profiles->profiles.size() <= kProfilesLent &&
                      previous->profiles->variants.size() <= kCellsLent;
    ProfileNumbering numbering(*image.classes, lent ? previous->profiles : nullptr);
    for (const ZoneSource& zone : image.zones) {
        const ZoneSource* before = lent ? previous->zone_at(zone.image->apex()) : nullptr;
        if (before != nullptr && before->image == zone.image) continue;
        numbering.add_all(*zone.image);
    }
    image.profiles = numbering.table();
}

}  // namespace

const ZoneImage* Image::zone_of(DnameView name, uint16_t type) const {
    const ZoneImage* child = nullptr;
    for (DnameView at = name;; at = dname_parent(at)) {
        if (const size_t found = apexes->find(at); found != ApexMap::kNone) {
            const ZoneImage* zone = zones[found].image.get();
            if (type != KNOT_RRTYPE_DS || at.size() != name.size()) return zone;
            child = zone;
        }
        if (at.size() == 1) return child;
    }
}

const ZoneSource* Image::zone_at(DnameView apex) const {
    const size_t found = apexes->find(apex);
    return found == ApexMap::kNone ? nullptr : &zones[found];
}

Result<std::shared_ptr<const Image>> compile_image(std::shared_ptr<const LineSystem> lines,
                                                   std::vector<ZoneSource> zones, const Image* previous) {
    auto image = std::make_shared<Image>();
    image->generation = previous != nullptr ? previous->generation + 1 : 1;
    image->lines = std::move(lines);
    image->zones = SharedArray<ZoneSource>(std::move(zones));
    if (auto indexed = index_zones(*image); !indexed) return indexed.error();
    if (auto compiled = set_classes(*image, previous); !compiled) return compiled.error();
    set_profiles(*image, previous);
    return std::shared_ptr<const Image>(std::move(image));
}

bool same_classes(const Image& before, const Image& now) {
    if (before.classes != now.classes && before.classes->chains != now.classes->chains) return false;
    if (before.profiles == now.profiles) return true;
    const auto& old = before.profiles->profiles;
    const auto& all = now.profiles->profiles;
    const auto same = [](const Profile& a, const Profile& b) { return a.key == b.key; };
    return old.size() <= all.size() && std::equal(old.begin(), old.end(), all.begin(), same);
}

Result<std::shared_ptr<const Image>> change_zone(const Image& previous, const std::shared_ptr<const ZoneImage>& zone) {
    const size_t at = previous.apexes->find(zone->apex());
    const ZoneSource& before = previous.zones[at];
    auto image = std::make_shared<Image>(previous);
    ++image->generation;
    image->names += zone->nodes().size() - before.image->nodes().size();
    image->zones.set(at, {before.path, zone});
    if (zone->used_lines() != before.image->used_lines())
        if (auto compiled = set_classes(*image, &previous); !compiled) return compiled.error();
    if (image->classes != previous.classes) {
        set_profiles(*image, &previous);
    } else {
        ProfileNumbering numbering(*image->classes, previous.profiles);
        for (const Node* node : compare_zones(*before.image, *zone).written) numbering.add(*zone, *node);
        image->profiles = numbering.table();
    }
    return std::shared_ptr<const Image>(std::move(image));
}

Result<ZoneSource> compile_zone(const ZoneRecords& records, const std::string& path, const LineCatalog& catalog,
                                Diagnostics& diagnostics) {
    Diagnostics found;
    const ZoneIndex index(records);
    check_zone(
        records, index, [&](std::string_view line) { return catalog.find(line).has_value(); }, found);
    diagnostics.append(found);
    if (found.has_errors()) return Error{found.text()};
    return ZoneSource{path, ZoneImage::build(records, index, catalog)};
}

// Records that could not be read would only cause follow-up findings that are not the operator's.
Result<ZoneSource> compile_read_zone(const ZoneRecords& records, const std::string& path, const LineCatalog& catalog,
                                     const Diagnostics& found, Diagnostics& diagnostics) {
    diagnostics.append(found);
    if (found.has_errors()) return Error{found.text()};
    return compile_zone(records, path, catalog, diagnostics);
}

Result<ZoneSource> compile_zone_file(const std::string& path, const LineCatalog& catalog, Diagnostics& diagnostics) {
    Diagnostics found;
    const ZoneRecords records = read_zone_file(path, found);
    return compile_read_zone(records, path, catalog, found, diagnostics);
}

Result<ZoneSource> compile_zone_file(const Fd& file, const std::string& path, const LineCatalog& catalog,
                                     Diagnostics& diagnostics) {
    Diagnostics found;
    const ZoneRecords records = read_zone_file(file, path, found);
    return compile_read_zone(records, path, catalog, found, diagnostics);
}

}  // namespace splitline
