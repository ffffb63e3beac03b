// SPDX-License-Identifier: GPL-3.0-or-later
// Checks a zone that differs from a sound one in a few names, by the very rules of check_zone(), without looking at the
// rest of it.
//
// It hands the checks an excerpt of the zone: the changed names and whatever their soundness depends on, which are the
// names above them, the names their records lead to, and the wildcards that answer in place of names that are gone.
// Every error the change can have caused lies among those.
#pragma once

#include <vector>

#include "base/result.h"
#include "compile/zone_image.h"

namespace splitline {

/// `now` came from `before`, a zone without errors, by other records of the names `changed`. REQUIRES: neither
/// delegations nor DNAMEs have come or gone (ZoneUpdate::is_structural()): those decide about any number of names.
void check_change(const ZoneImage& before, const ZoneImage& now, const std::vector<Dname>& changed,
                  const LineCatalog& catalog, Diagnostics& diagnostics);

}  // namespace splitline
