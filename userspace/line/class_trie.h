// SPDX-License-Identifier: GPL-3.0-or-later
// Builds the cells of maps/class_table.h from segments.
//
// Halving the address space until a block lies inside one segment yields exactly the largest uniform blocks, so every
// leaf's length is the RFC 7871 scope of its addresses. Nodes with equal cells are kept once: many networks are cut up
// alike.
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "line/class_segments.h"

namespace splitline {

class ClassTrie {
  public:
    ClassTrie();
    // The index refers to the cells beside it.
    ClassTrie(const ClassTrie&) = delete;
    ClassTrie& operator=(const ClassTrie&) = delete;

    /// Fills the root that starts at node `root` (SL_ROOT_IPV4, SL_ROOT_IPV6) and the nodes below it.
    template <typename Number>
    void build(const Segments<Number>& segments, uint32_t root);

    std::vector<uint32_t> take_cells() { return std::move(cells_); }

  private:
    struct NodeHash {
        const std::vector<uint32_t>* cells;
        size_t operator()(uint32_t node) const;
    };
    struct NodeEqual {
        const std::vector<uint32_t>* cells;
        bool operator()(uint32_t left, uint32_t right) const;
    };

    template <typename Number>
    struct Descent;

    /// The number of a node with these SL_NODE_CELLS cells.
    uint32_t intern(const uint32_t* node);

    std::vector<uint32_t> cells_;
    std::unordered_set<uint32_t, NodeHash, NodeEqual> nodes_;
};

}  // namespace splitline
