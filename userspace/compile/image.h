// SPDX-License-Identifier: GPL-3.0-or-later
// The image: everything one generation answers from, on both paths. Immutable.
//
// An image made from another by change_zone() shares with it all but what the zone's change touched, so making one
// costs as much as the change, however many zones and names there are.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "base/shared_array.h"
#include "compile/profile.h"
#include "compile/zone_image.h"
#include "line/class_table.h"
#include "line/line.h"
#include "zone/records.h"

namespace splitline {

/// A zone, compiled by itself, and where it came from; kept for compiling the next generation.
struct ZoneSource {
    std::string path;  // the master file
    std::shared_ptr<const ZoneImage> image;
};

/// The lines with all their prefixes: input of the class table, kept for `line which`.
struct LineSystem {
    LineCatalog catalog;
    PrefixTable prefixes;
};

/// Where in Image::zones the zone of an apex is.
class ApexMap {
  public:
    /// False if the apex is there already.
    bool insert(DnameView apex, size_t zone) { return zones_.try_emplace(Dname(apex), zone).second; }
    /// The zone of exactly that apex; kNone if there is none.
    [[nodiscard]] size_t find(DnameView apex) const {
        const auto found = zones_.find(apex);
        return found == zones_.end() ? kNone : found->second;
    }
    static constexpr size_t kNone = SIZE_MAX;

  private:
    struct Hash {
        using is_transparent = void;
        size_t operator()(std::string_view name) const { return dname_hash(name); }
    };
    std::unordered_map<Dname, size_t, Hash, std::equal_to<>> zones_;
};

struct Image {
    uint64_t generation = 0;  // 1 and up once published
    std::shared_ptr<const LineSystem> lines;
    std::shared_ptr<const ClassTable> classes;
    std::shared_ptr<const ProfileTable> profiles;
    SharedArray<ZoneSource> zones;
    uint64_t names = 0;                     // of all zones
    std::shared_ptr<const ApexMap> apexes;  // the same object as long as zones only change

    /// Zone with the longest apex that `name` lies in, nullptr if none (REFUSED). For type DS the child's apex itself
    /// belongs to the parent zone where that is served too (RFC 4035 section 3.1.4.1).
    [[nodiscard]] const ZoneImage* zone_of(DnameView name, uint16_t type) const;
    /// The zone of exactly that apex, nullptr if none.
    [[nodiscard]] const ZoneSource* zone_at(DnameView apex) const;
};

/// Compiles all zones over the lines into one image: pure, no I/O. `previous` (may be null) lends what did not change:
/// its class table when lines and lines in use are the same, its profiles. The generation is one more than previous's.
/// Errors: too many classes, two zones of one apex.
Result<std::shared_ptr<const Image>> compile_image(std::shared_ptr<const LineSystem> lines,
                                                   std::vector<ZoneSource> zones, const Image* previous);

/// Whether a name with the same records has the same answers for the same class numbers in both, and the same profile:
/// images that differ in prefixes, but not in what classes of clients there are.
bool same_classes(const Image& before, const Image& now);

/// The next image, in which the zone of that apex is another. REQUIRES: `previous` has a zone of the apex. Errors: too
/// many classes.
Result<std::shared_ptr<const Image>> change_zone(const Image& previous, const std::shared_ptr<const ZoneImage>& zone);

/// read -> check -> build for one zone file; nothing is returned when `diagnostics` got an error.
Result<ZoneSource> compile_zone_file(const std::string& path, const LineCatalog& catalog, Diagnostics& diagnostics);

/// The same for a file that somebody has opened to be read; `path` only names it in messages and anchors relative
/// $INCLUDEs.
Result<ZoneSource> compile_zone_file(const Fd& file, const std::string& path, const LineCatalog& catalog,
                                     Diagnostics& diagnostics);

/// check -> build, for what reading `path` has given: records, and findings, which are passed on.
Result<ZoneSource> compile_read_zone(const ZoneRecords& records, const std::string& path, const LineCatalog& catalog,
                                     const Diagnostics& found, Diagnostics& diagnostics);

/// check -> build, for records `path` is a name of.
Result<ZoneSource> compile_zone(const ZoneRecords& records, const std::string& path, const LineCatalog& catalog,
                                Diagnostics& diagnostics);

}  // namespace splitline
