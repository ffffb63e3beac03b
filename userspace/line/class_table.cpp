// SPDX-License-Identifier: GPL-3.0-or-later
#include "line/class_table.h"

#include "base/parallel.h"
#include "line/class_segments.h"
#include "line/class_trie.h"
#include "line/embedded_ipv4.h"
#include "maps/class_table.h"

namespace splitline {
namespace {

/// The leaf cell of the address whose bytes start at `bytes`. Every address ends in one.
uint32_t walk(const std::vector<uint32_t>& cells, uint32_t root, const uint8_t* bytes) {
    uint32_t cell = cells[(size_t{root} + bytes[0]) * SL_NODE_CELLS + bytes[1]];
    for (const uint8_t* byte = bytes + 2; (cell & SL_CELL_NODE) != 0; ++byte)
        cell = cells[size_t{cell & ~SL_CELL_NODE} * SL_NODE_CELLS + *byte];
    return cell;
}

}  // namespace

Result<ClassTable> compile_classes(const LineCatalog& catalog, const PrefixTable& prefixes,
                                   const std::vector<bool>& used, const ClassTable* previous) {
    LineChanges<uint32_t> changes4;
    LineChanges<uint128> changes6;
    for_each_part(2, [&](size_t family) {
        if (family == 0)
            changes4 = find_changes(catalog, prefixes.ipv4, used);
        else
            changes6 = find_changes(catalog, prefixes.ipv6, used);
    });
    ChainInterner chains(SL_CLASS_MAX);
    auto ipv4 = cut_segments(catalog, changes4, chains);
    if (!ipv4) return ipv4.error();
    changes4 = {};  // as large as the prefixes
    auto ipv6 = cut_segments(catalog, changes6, chains);
    if (!ipv6) return ipv6.error();
    changes6 = {};
    if (previous != nullptr) {
        if (const auto numbers = chains.number_as(previous->chains); !numbers.empty()) {
            for (auto& segment : *ipv4) segment.class_id = numbers[segment.class_id];
            for (auto& segment : *ipv6) segment.class_id = numbers[segment.class_id];
        }
    }
    for (const auto& block : kEmbeddedBlocks)
        overwrite(*ipv6, block.first, block.first | (~uint128{0} >> block.length), block.marker);

    ClassTrie trie;
    trie.build(*ipv4, SL_ROOT_IPV4);
    trie.build(*ipv6, SL_ROOT_IPV6);
    ClassTable table;
    table.cells = trie.take_cells();
    table.chains = chains.take_chains();
    table.used = used;
    return table;
}

ClassHit ClassTable::lookup(const Address& address) const {
    const uint8_t* bytes = address.bytes.data();
    unsigned embedding = 0;
    uint32_t leaf = walk(cells, address.family == Address::Family::kIpv4 ? SL_ROOT_IPV4 : SL_ROOT_IPV6, bytes);
    for (const auto& block : kEmbeddedBlocks) {
        if (sl_leaf_class(leaf) != block.marker) continue;
        embedding = block.ipv4_at;
        leaf = walk(cells, SL_ROOT_IPV4, bytes + embedding / 8);
    }
    return {sl_leaf_class(leaf), static_cast<uint8_t>(sl_leaf_length(leaf) + embedding)};
}

}  // namespace splitline
