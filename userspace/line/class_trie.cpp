// SPDX-License-Identifier: GPL-3.0-or-later
#include "line/class_trie.h"

#include <algorithm>
#include <array>

#include "maps/class_table.h"

namespace splitline {
namespace {

constexpr size_t kRootCells = size_t{SL_ROOT_NODES} * SL_NODE_CELLS;
constexpr size_t kExpectedNodes = 1 << 14;

}  // namespace

size_t ClassTrie::NodeHash::operator()(uint32_t node) const {
    const uint32_t* at = cells->data() + size_t{node} * SL_NODE_CELLS;
    uint64_t hash = 0;
    for (size_t i = 0; i < SL_NODE_CELLS; i += 2) {
        hash = (hash ^ (uint64_t{at[i]} << 32 | at[i + 1])) * 0x9e3779b97f4a7c15;
        hash ^= hash >> 29;
    }
    return hash;
}

bool ClassTrie::NodeEqual::operator()(uint32_t left, uint32_t right) const {
    const uint32_t* data = cells->data();
    const auto* node = data + size_t{left} * SL_NODE_CELLS;
    return std::equal(node, node + SL_NODE_CELLS, data + size_t{right} * SL_NODE_CELLS);
}

ClassTrie::ClassTrie() : cells_(2 * kRootCells), nodes_(kExpectedNodes, NodeHash{&cells_}, NodeEqual{&cells_}) {}

uint32_t ClassTrie::intern(const uint32_t* node) {
    // Appended first, because the index compares nodes by their place in the cells.
    const auto number = static_cast<uint32_t>(cells_.size() / SL_NODE_CELLS);
    cells_.insert(cells_.end(), node, node + SL_NODE_CELLS);
    const auto [found, is_new] = nodes_.insert(number);
    if (!is_new) cells_.resize(cells_.size() - SL_NODE_CELLS);
    return *found;
}

/// One walk through all blocks in address order.
template <typename Number>
struct ClassTrie::Descent {
    static constexpr unsigned kBits = sizeof(Number) * 8;

    ClassTrie& trie;
    const Segments<Number>& segments;
    size_t current = 0;  // the segment that the block at hand starts in

    /// Writes the block at `start` with `length` fixed bits into `count` cells.
    void fill(uint32_t* cells, size_t count, Number start, unsigned length) {
        while (current + 1 < segments.size() && segments[current + 1].start <= start) ++current;
        if (is_uniform(start, length)) {
            std::fill_n(cells, count, sl_leaf(segments[current].class_id, length));
        } else if (count == 1) {
            std::array<uint32_t, SL_NODE_CELLS> child;
            fill(child.data(), child.size(), start, length);
            *cells = SL_CELL_NODE | trie.intern(child.data());
        } else {
            fill(cells, count / 2, start, length + 1);
            fill(cells + count / 2, count / 2, start | (Number{1} << (kBits - 1 - length)), length + 1);
        }
    }

    [[nodiscard]] bool is_uniform(Number start, unsigned length) const {
        if (current + 1 == segments.size()) return true;
        if (length == 0) return false;
        return segments[current + 1].start - start > (Number{1} << (kBits - length)) - 1;
    }
};

template <typename Number>
void ClassTrie::build(const Segments<Number>& segments, uint32_t root) {
    // The root is filled aside: nodes below it move the cells.
    std::vector<uint32_t> cells(kRootCells);
    Descent<Number>{*this, segments}.fill(cells.data(), cells.size(), 0, 0);
    std::copy(cells.begin(), cells.end(), cells_.begin() + static_cast<ptrdiff_t>(size_t{root} * SL_NODE_CELLS));
}

template void ClassTrie::build(const Segments<uint32_t>& segments, uint32_t root);
template void ClassTrie::build(const Segments<uint128>& segments, uint32_t root);

}  // namespace splitline
