// SPDX-License-Identifier: GPL-3.0-or-later
// What differs between two images of one zone, as the name table sees it: names whose record has to be encoded anew,
// and names that are no more.
//
// Shards that both images refer to are passed over, so where one image came from the other by ZoneUpdate the cost is
// that of the change. An alias inside the zone answers with what other names have, so it is found too when one of
// those changes: through the zone's index of aliases, never by looking at all of them.
#pragma once

#include <vector>

#include "compile/zone_image.h"

namespace splitline {

struct ZoneDelta {
    std::vector<const Node*> written;  // of the later image: new, changed, or answering with something changed
    std::vector<const Node*> gone;     // of the earlier image
};

/// REQUIRES: the same apex, and the same class table for both.
ZoneDelta compare_zones(const ZoneImage& before, const ZoneImage& now);

}  // namespace splitline
