// SPDX-License-Identifier: GPL-3.0-or-later
// Turns what compiled names have back into plain records, for whoever prints or checks them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "compile/zone_shard.h"
#include "zone/records.h"

namespace splitline {

class RecordsWriter {
  public:
    /// `catalog` must outlive the object. Places of records name one of `files` alone.
    RecordsWriter(DnameView apex, const LineCatalog& catalog, std::vector<std::string> files = {""});

    /// Lines are numbered in the order in which they are first named, here or by a record.
    void name_lines(std::span<const LineId> lines) {
        for (const LineId line : lines) number_of(line);
    }
    void add(DnameView owner, std::span<const NodeRecord> records, uint16_t file = 0);
    void add(const Node& node);
    /// Puts a name alone there; its offset.
    uint32_t add_name(DnameView name);
    ZoneRecords take() { return std::move(zone_); }

  private:
    uint16_t number_of(LineId line);

    const LineCatalog& catalog_;
    ZoneRecords zone_;
    std::vector<uint16_t> numbers_;  // by LineId, 0 = none yet
    std::vector<NodeRecord> scratch_;
};

}  // namespace splitline
