// SPDX-License-Identifier: GPL-3.0-or-later
// A part of a zone's names, compiled: the names of one stretch of hash values with all they have, in one block of
// memory, and a hash index over them.
//
// Immutable and shared: a zone that differs in one name has all shards but that name's in common with the one before.
// A name is one contiguous Node that refers to its parts by their distance, so a shard is changed by copying nodes as
// bytes. Nodes and their parts are therefore never copied as objects, and only looked at where they lie.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/dname.h"
#include "line/line.h"

namespace splitline {

/// All records of one type at one name on one line.
struct Rrset {
    Rrset() = default;
    Rrset(const Rrset&) = delete;
    Rrset& operator=(const Rrset&) = delete;

    uint16_t type = 0;
    uint16_t count = 0;
    uint32_t ttl = 0;
    /// Where the RDATA lies, in bytes from this object: `count` times a length (2 bytes, network order) and as many
    /// bytes.
    uint32_t rdata = 0;
    uint32_t size = 0;  // of all that
};

/// The records of one name on one line.
struct LineRecords {
    LineRecords() = default;
    LineRecords(const LineRecords&) = delete;
    LineRecords& operator=(const LineRecords&) = delete;

    LineId line = 0;
    uint16_t rrset_count = 0;
    uint32_t rrsets = 0;  // in bytes from this object
};

/// A name that exists. Behind it lie its name, padded to 4 bytes, its LineRecords by ascending line, their Rrsets by
/// ascending type, and the RDATA.
struct Node {
    enum Flag : uint8_t {
        kApex = 1,
        kCut = 2,            // a delegation: NS below the apex
        kOccluded = 4,       // below a cut or a DNAME: glue at most
        kWildcardBelow = 8,  // the name `*.` this one exists
        kDname = 16,
        kStructure = kCut | kDname,  // what decides about the names below
    };
    Node() = default;
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    uint32_t size = 0;        // of the node with all its parts, in bytes; a multiple of 4
    uint32_t children = 0;    // names right below that exist
    uint16_t line_count = 0;  // 0 = empty non-terminal
    uint8_t name_length = 0;
    uint8_t flags = 0;
};

DnameView name_of(const Node& node);
std::span<const LineRecords> lines_of(const Node& node);
std::span<const Rrset> rrsets_of(const LineRecords& records);
const uint8_t* rdata_of(const Rrset& rrset);

/// Calls visit(rdata) for each record of `rrset`.
template <typename Visit>
void for_each_rdata(const Rrset& rrset, Visit visit) {
    const uint8_t* at = rdata_of(rrset);
    for (unsigned i = 0; i < rrset.count; ++i) {
        const size_t size = static_cast<size_t>(at[0]) << 8 | at[1];
        visit(std::span<const uint8_t>(at + 2, size));
        at += 2 + size;
    }
}

/// One record of a name, of which a node is made.
struct NodeRecord {
    LineId line = kDefaultLine;
    uint16_t type = 0;
    uint32_t ttl = 0;
    std::string_view rdata;  // wire form
    bool operator==(const NodeRecord&) const = default;
};

/// Appends what the node has.
void append_records(const Node& node, std::vector<NodeRecord>& records);

/// kCut and kDname as records make them. They shape the tree, so they are read from `default` alone: they never vary by
/// line (DESIGN 4.2).
uint8_t structure_flags(std::span<const NodeRecord> records, bool apex);

class ZoneShard {
  public:
    /// The node of a folded name, or nullptr. `hash` is dname_hash() of the name: its low 32 bits count here.
    [[nodiscard]] const Node* find(DnameView name, uint64_t hash) const;
    /// Where find() begins to look, and the node that is named there, if any: for lookup_ahead.h.
    [[nodiscard]] const uint32_t* slot_of(uint64_t hash) const;
    [[nodiscard]] const Node* node_in(const uint32_t* slot) const { return slot[1] == 0 ? nullptr : node_at(slot[1]); }
    /// The first node, and the one behind `node`; nullptr at the end.
    [[nodiscard]] const Node* first() const { return node_count() == 0 ? nullptr : node_at(nodes_begin()); }
    [[nodiscard]] const Node* next(const Node& node) const {
        const auto* after = reinterpret_cast<const std::byte*>(&node) + node.size;
        return after == reinterpret_cast<const std::byte*>(words_.get() + words_[1])
                   ? nullptr
                   : reinterpret_cast<const Node*>(after);
    }
    [[nodiscard]] uint32_t node_count() const { return words_[0]; }
    /// Resident bytes.
    [[nodiscard]] size_t memory() const { return size_t{words_[1]} * sizeof(uint32_t); }
    /// The very same, not merely equal.
    bool operator==(const ZoneShard&) const = default;

  private:
    friend class ShardWriter;
    // node count, words in all; slots of two words (low half of the name's hash, word where its node begins or 0);
    // nodes.
    static constexpr size_t kHeader = 2;
    [[nodiscard]] size_t nodes_begin() const { return kHeader + size_t{slots_} * 2; }
    [[nodiscard]] const Node* node_at(size_t word) const { return reinterpret_cast<const Node*>(words_.get() + word); }

    std::shared_ptr<const uint32_t[]> words_;
    uint32_t slots_ = 0;  // here rather than in front of the slots: a lookup needs it before it can look there
};

/// Writes the nodes of one shard; may be used again after finish().
class ShardWriter {
  public:
    /// Appends a node. `records` are ordered by line and type; repeated ones are left out (RFC 2181 section 5), and an
    /// RRset gets the lowest of its TTLs (section 5.2): the checks have warned of both.
    void add(DnameView name, uint8_t flags, uint32_t children, std::span<const NodeRecord> records);
    /// Appends a copy of a node with other flags and children.
    void copy(const Node& node, uint8_t flags, uint32_t children);
    void copy(const Node& node) { copy(node, node.flags, node.children); }

    ZoneShard finish();

    /// Makes room for that many nodes of usual size.
    void reserve(size_t nodes);
    /// The node that was added as that one, from 0. Valid until the next one is.
    [[nodiscard]] const Node& node(size_t number) const {
        return *reinterpret_cast<const Node*>(words_.data() + starts_[number]);
    }

  private:
    uint32_t* grow(size_t bytes);
    void add_line(size_t node, size_t line_at, std::span<const NodeRecord> records, size_t& rrset_at);
    void add_rrset(size_t rrset_at, std::span<const NodeRecord> records);
    template <typename T>
    T& part(size_t byte) {
        return *reinterpret_cast<T*>(reinterpret_cast<std::byte*>(words_.data()) + byte);
    }

    std::vector<uint32_t> words_;   // the nodes
    std::vector<uint32_t> starts_;  // first word of each
    std::vector<uint8_t> rdata_;    // of the node in work
};

}  // namespace splitline
