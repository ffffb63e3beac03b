// SPDX-License-Identifier: GPL-3.0-or-later
// The names of a zone for the checks: who exists, what is above whom, and which records stand where. Built once per
// check, by hash, in time linear in the records; every name between an owner and the apex (empty non-terminals) is a
// node too.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/dname.h"
#include "zone/records.h"

namespace splitline {

struct ZoneNode {
    static constexpr uint32_t kNone = 0xFFFFFFFF;
    /// What a name has, on any line unless said otherwise.
    enum Flag : uint16_t {
        kInZone = 1,        // at or below the apex
        kHasAddress = 2,    // A or AAAA
        kHasGlue = 4,       // A or AAAA on `default`: referrals never vary by line
        kOnDefault = 8,     // any record on `default`
        kOnOtherLine = 16,  // any record on another line
        kNsTarget = 32,     // an NS of this zone points here
    };
    uint32_t name = 0;        // offset into ZoneRecords::bytes
    uint32_t parent = kNone;  // node
    uint32_t first = 0;       // in ZoneIndex's order of records
    uint32_t count = 0;       // 0 = empty non-terminal
    uint32_t cover = kNone;   // nearest node above that is a delegation or has a DNAME
    uint32_t ns = kNone;      // the first record of the type, on whatever line
    uint32_t cname = kNone;
    uint32_t dname = kNone;
    uint64_t hash = 0;  // dname_hash()
    uint16_t flags = 0;
    uint8_t name_length = 0;

    [[nodiscard]] bool has(unsigned flag) const { return (flags & flag) != 0; }
    [[nodiscard]] bool has_ns() const { return ns != kNone; }
    [[nodiscard]] bool has_cname() const { return cname != kNone; }
    [[nodiscard]] bool has_dname() const { return dname != kNone; }
};

/// How a name would be found by a query.
struct NameMatch {
    enum class Kind {
        kOutside,   // not in this zone
        kNode,      // `node` is the name; it may be empty or below a cover
        kCovered,   // no such name, but below the delegation or DNAME `node`
        kWildcard,  // no such name; the wildcard `node` answers for it
        kNone,      // NXDOMAIN
    };
    Kind kind = Kind::kNone;
    uint32_t node = 0;
};

/// The records of one name on one line, ordered by type and then as in the file.
struct RecordsOnLine {
    uint16_t line = 0;
    std::span<const uint32_t> records;  // indices into ZoneRecords::records
};

class ZoneIndex {
  public:
    static constexpr uint32_t kNone = ZoneNode::kNone;

    /// `zone` must outlive the index. Without a SOA there is no apex, and nothing counts as in the zone.
    explicit ZoneIndex(const ZoneRecords& zone) : ZoneIndex(zone, {}) {}
    /// The same where names exist besides, by records that are left out: owners at those offsets.
    ZoneIndex(const ZoneRecords& zone, std::span<const uint32_t> existing);

    [[nodiscard]] const std::vector<ZoneNode>& nodes() const { return nodes_; }
    [[nodiscard]] const ZoneNode& node(uint32_t index) const { return nodes_[index]; }
    [[nodiscard]] uint32_t node_of(uint32_t record) const { return node_of_record_[record]; }
    [[nodiscard]] uint32_t apex() const { return apex_; }  // kNone without a SOA
    [[nodiscard]] DnameView name(const ZoneNode& node) const;
    /// By line, then type, then as in the file.
    [[nodiscard]] std::span<const uint32_t> records(const ZoneNode& node) const {
        return {order_.data() + node.first, node.count};
    }
    /// Calls `visit` with each RecordsOnLine of the node; `default` comes first.
    template <typename Visit>
    void for_each_line(const ZoneNode& node, Visit visit) const {
        const auto all = records(node);
        for (size_t from = 0, to = 0; from < all.size(); from = to) {
            const uint16_t line = zone_.records[all[from]].line;
            while (to < all.size() && zone_.records[all[to]].line == line) ++to;
            visit(RecordsOnLine{line, all.subspan(from, to - from)});
        }
    }
    /// The first record of the type at the name on any line; kNone if there is none. Looks at all of the name's
    /// records.
    [[nodiscard]] uint32_t first_of_type(const ZoneNode& node, uint16_t type) const;
    /// The same on one line, by binary search.
    [[nodiscard]] uint32_t first_on_line(const ZoneNode& node, uint16_t type, uint16_t line) const;
    /// Whether the name has any record on the line.
    [[nodiscard]] bool is_on_line(const ZoneNode& node, uint16_t line) const;
    /// Whether the node is a delegation: it has NS, and is neither the apex nor below another cut or a DNAME.
    [[nodiscard]] bool is_cut(uint32_t index) const;

    /// `name` need not be folded.
    [[nodiscard]] NameMatch match(DnameView name) const;
    [[nodiscard]] uint32_t find(DnameView folded) const;

  private:
    uint32_t find_or_add(uint32_t name_offset, DnameView name);
    void add_parents(uint32_t child);
    void read_ahead(uint32_t record);
    void note_record(uint32_t record);
    uint32_t node_of_owner(uint32_t record);
    void group_records();
    void mark_covers();
    void mark_ns_targets();
    void grow();
    [[nodiscard]] size_t slot_of(DnameView wanted, uint64_t hash) const;

    const ZoneRecords& zone_;
    std::vector<ZoneNode> nodes_;
    std::vector<uint32_t> slots_;  // open addressing: node index + 1, 0 = free; a power of two in size
    std::vector<uint32_t> node_of_record_;
    std::vector<uint32_t> order_;
    std::array<uint64_t, 32> ahead_{};  // hashes of the owners of the next records, 0 where one repeats
    uint32_t apex_ = kNone;
    uint32_t last_parent_ = kNone;
    uint32_t step_ = kNone;  // a record of the last owner, farther in front
    bool in_step_ = false;   // the last owner was found by it
};

}  // namespace splitline
