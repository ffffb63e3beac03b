// SPDX-License-Identifier: GPL-3.0-or-later
// Drives libzscanner over one master file (the zone's own or an included one), adds $LINE to its language and opens
// $INCLUDEs.
//
// libzscanner does not know $LINE: it stops with "invalid directive" and hands over the rest of the entry. That is
// where we step in, and then let it go on. So it is libzscanner's own grammar that decides what is a directive and what
// is text inside quotes or parentheses; nothing here lexes the file a second time.
//
// What a file may change ends with it: an included file starts with the origin, the TTL and the line of the includer,
// and whatever it sets by $ORIGIN, $TTL or $LINE, or states as owner, is forgotten at its end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/dname.h"
#include "zone/zone_builder.h"

namespace splitline {

/// What an included file takes over from the place that includes it.
struct ScanContext {
    std::string origin = ".";       // presentation form
    uint32_t default_ttl = kNoTtl;  // of $TTL
    uint32_t last_ttl = kNoTtl;     // last one stated by a record
    uint16_t line = 0;
};

/// One per zone: what all of its files share.
class ZoneScanner {
  public:
    explicit ZoneScanner(ZoneBuilder& builder) : builder_(builder) {}

    /// Puts all records of `text` into the builder, and all that is wrong with it. `file` is its index in the builder;
    /// `identity` tells it from other files (an unlikely value for text from memory).
    void scan(std::string_view text, uint16_t file, std::pair<uint64_t, uint64_t> identity, const ScanContext& context);

  private:
    friend class FileScan;
    void include(const std::string& path, uint16_t file, uint32_t line_number, const ScanContext& context);

    ZoneBuilder& builder_;
    std::vector<std::pair<uint64_t, uint64_t>> open_;  // the chain of includes being read
};

}  // namespace splitline
