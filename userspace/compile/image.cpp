// SPDX-License-Identifier: GPL-3.0-or-later
#include "compile/image.h"

#include <libknot/consts.h>
#include <libknot/descriptor.h>

#include "zone/zone_check.h"
#include "zone/zone_reader.h"

namespace splitline {

namespace {

std::vector<bool> lines_in_use(const LineCatalog& catalog, const std::vector<ZoneSource>& zones) {
    std::vector<bool> used(catalog.size(), false);
    used[kDefaultLine] = true;
    for (const ZoneSource& zone : zones)
        for (const LineId line : zone.image->used_lines()) used[line] = true;
    return used;
}

// Numbers the profiles of every node of a zone. Most neighbours share one, so the last key is remembered.
std::shared_ptr<const std::vector<ProfileId>> number_profiles(const ZoneImage& zone, const ClassTable& classes,
                                                              ProfileTable& table) {
    auto numbers = std::make_shared<std::vector<ProfileId>>();
    numbers->reserve(zone.nodes().size());
    ProfileKey last_key;
    ProfileId last = kUntailored;
    for (const Node& node : zone.nodes()) {
        ProfileKey key = profile_key(zone, node);
        if (key != last_key) {
            last = table.intern(key, classes);
            last_key = std::move(key);
        }
        numbers->push_back(last);
    }
    return numbers;
}

Result<void> index_zones(Image& image) {
    for (size_t i = 0; i < image.zones.size(); ++i) {
        const auto [at, added] = image.by_apex.try_emplace(image.zones[i].image->apex(), i);
        if (!added)
            return Error{"zone " + dname_to_text(at->first) + " is served from " + image.zones[at->second].path +
                             " already; remove one of the two files",
                         {image.zones[i].path, 0}};
    }
    return {};
}

}  // namespace

const ZoneImage* Image::zone_of(DnameView name, uint16_t type) const {
    const ZoneImage* child = nullptr;
    for (DnameView at = name;; at = dname_parent(at)) {
        if (const auto found = by_apex.find(at); found != by_apex.end()) {
            const ZoneImage* zone = zones[found->second].image.get();
            if (type != KNOT_RRTYPE_DS || at.size() != name.size()) return zone;
            child = zone;
        }
        if (at.size() == 1) return child;
    }
}

const ZoneSource* Image::zone_at(DnameView apex) const {
    const auto found = by_apex.find(apex);
    return found == by_apex.end() ? nullptr : &zones[found->second];
}

Result<std::shared_ptr<const Image>> compile_image(std::shared_ptr<const LineSystem> lines,
                                                   std::vector<ZoneSource> zones, const Image* previous) {
    auto image = std::make_shared<Image>();
    image->generation = previous != nullptr ? previous->generation + 1 : 1;
    image->zones = std::move(zones);
    if (auto indexed = index_zones(*image); !indexed) return indexed.error();

    const std::vector<bool> used = lines_in_use(lines->catalog, image->zones);
    const bool same_classes = previous != nullptr && previous->lines == lines && previous->classes->used == used;
    if (same_classes) {
        image->classes = previous->classes;
    } else {
        auto classes = compile_classes(lines->catalog, lines->prefixes, used);
        if (!classes) return classes.error();
        image->classes = std::make_shared<const ClassTable>(std::move(*classes));
    }
    image->lines = std::move(lines);

    ProfileTable profiles = same_classes ? *previous->profiles : empty_profiles(*image->classes);
    for (ZoneSource& zone : image->zones)
        if (!same_classes || zone.profiles == nullptr)
            zone.profiles = number_profiles(*zone.image, *image->classes, profiles);
    image->profiles = same_classes && profiles.profiles.size() == previous->profiles->profiles.size()
                          ? previous->profiles
                          : std::make_shared<const ProfileTable>(std::move(profiles));
    return std::shared_ptr<const Image>(std::move(image));
}

namespace {

/// check -> build, for what the reader made of `path` with the findings `found`.
Result<ZoneSource> compile_zone(const ZoneRecords& records, const std::string& path, const LineCatalog& catalog,
                                Diagnostics& found) {
    // Records that could not be read would only cause follow-up findings that are not the operator's.
    if (!found.has_errors())
        check_zone(
            records, [&](std::string_view line) { return catalog.find(line).has_value(); }, found);
    if (found.has_errors()) return Error{found.text()};
    return ZoneSource{path, ZoneImage::build(records, catalog), nullptr};
}

}  // namespace

Result<ZoneSource> compile_zone_file(const std::string& path, const LineCatalog& catalog, Diagnostics& diagnostics) {
    Diagnostics found;
    auto zone = compile_zone(read_zone_file(path, found), path, catalog, found);
    diagnostics.append(found);
    return zone;
}

Result<ZoneSource> compile_zone_text(std::string_view text, const std::string& path, const LineCatalog& catalog,
                                     Diagnostics& diagnostics) {
    Diagnostics found;
    auto zone = compile_zone(read_zone_text(text, path, found), path, catalog, found);
    diagnostics.append(found);
    return zone;
}

}  // namespace splitline
