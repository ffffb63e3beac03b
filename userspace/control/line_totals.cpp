// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/line_totals.h"

#include <algorithm>

namespace splitline {

std::map<std::string, uint64_t> LineTotals::by_name(const LineCatalog& catalog,
                                                    const std::vector<uint64_t>& counts) const {
    auto totals = booked_;
    for (size_t id = 0; id < std::min(counts.size(), catalog.size()); ++id) {
        const uint64_t base = id < base_.size() ? base_[id] : 0;
        if (counts[id] > base) totals[catalog.name(static_cast<LineId>(id))] += counts[id] - base;
    }
    return totals;
}

void LineTotals::book(const LineCatalog& catalog, const std::vector<uint64_t>& counts) {
    booked_ = by_name(catalog, counts);
    base_ = counts;
}

}  // namespace splitline
