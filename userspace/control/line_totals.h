// SPDX-License-Identifier: GPL-3.0-or-later
// Counts by line name, out of counters that are kept by line number.
//
// A reload may give a line another number while the counters behind the numbers run on. So at each change of the
// catalog what was counted so far is booked under the old names, and the numbers start again from there.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "line/line.h"

namespace splitline {

class LineTotals {
  public:
    /// Books `counts`, which were counted under `catalog`; from now on they mean the lines of the next one.
    void book(const LineCatalog& catalog, const std::vector<uint64_t>& counts);

    /// What was booked, and what was counted since under `catalog`; lines without a count are left out.
    [[nodiscard]] std::map<std::string, uint64_t> by_name(const LineCatalog& catalog,
                                                          const std::vector<uint64_t>& counts) const;

  private:
    std::map<std::string, uint64_t> booked_;
    std::vector<uint64_t> base_;
};

}  // namespace splitline
