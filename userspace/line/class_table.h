// SPDX-License-Identifier: GPL-3.0-or-later
// Client address -> client class, compiled for the lines in use; the cells are laid out as maps/class_table.h says, so
// the kernel gets them by plain copying and both paths read the same trie.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ip.h"
#include "line/line.h"
#include "line/prefix_table.h"

namespace splitline {

/// Index into ClassTable::chains. Class 0 is the class of addresses on no line but `default`.
using ClassId = uint32_t;

/// What an address is: its class, and the length of the largest block round it that is all of this class (RFC 7871
/// scope).
struct ClassHit {
    ClassId class_id = 0;
    uint8_t length = 0;
};

/// Immutable once compiled; shared by images.
struct ClassTable {
    std::vector<uint32_t> cells;              // whole nodes of SL_NODE_CELLS
    std::vector<std::vector<LineId>> chains;  // per class its lines in use, winner first, `default` last
    std::vector<bool> used;                   // per LineId: whether it was in use

    /// Embedded IPv4 addresses (mapped, NAT64, 6to4) count as their IPv4; the length then includes the embedding bits.
    [[nodiscard]] ClassHit lookup(const Address& address) const;
};

/// Pure. `used[line]` says which lines any zone uses; the others do not split classes. They still hold their addresses
/// against lines of the same rank, so putting a line to use never moves the clients of another one. Classes keep the
/// numbers they have in `previous` (may be null) if they are the very same ones, as they mostly are when prefixes
/// change. REQUIRES: used.size() == catalog.size(). Errors: more classes than SL_CLASS_MAX.
Result<ClassTable> compile_classes(const LineCatalog& catalog, const PrefixTable& prefixes,
                                   const std::vector<bool>& used, const ClassTable* previous = nullptr);

/// One line that an address is on, as `splitline line which` shows it.
struct LineMatch {
    LineId line = 0;
    Prefix prefix;  // the longest of this line covering the address
    std::string source;
    bool in_chain = false;  // false: another line of its rank has the longer prefix, or the earlier place
};

/// Every line the address is on (`default` excluded), winner first: by rank, then prefix length, then configuration
/// order. For an embedded IPv4 address these are the IPv4 prefixes.
std::vector<LineMatch> lines_of(const Address& address, const LineCatalog& catalog, const PrefixTable& prefixes);

}  // namespace splitline
