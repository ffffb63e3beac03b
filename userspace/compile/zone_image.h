// SPDX-License-Identifier: GPL-3.0-or-later
// One zone, compiled: every name that exists (empty non-terminals included) with its records by line and type.
//
// Immutable and shared between images of later generations. Names are found by hash; children are never enumerated, so
// no order is kept. All references are indices into flat vectors, which keeps a name with four lines below 400 bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/dname.h"
#include "base/result.h"
#include "line/line.h"
#include "zone/records.h"

namespace splitline {

/// All records of one type at one name on one line.
struct Rrset {
    uint16_t type = 0;
    uint16_t count = 0;
    uint32_t ttl = 0;
    uint32_t rdata =
        0;  // offset into ZoneImage bytes: `count` times a length (2 bytes, network order) and that many bytes
    uint32_t size = 0;  // of all that
};

/// The records of one name on one line.
struct LineRecords {
    LineId line = 0;
    uint16_t rrset_count = 0;
    uint32_t first_rrset = 0;
};

struct Node {
    enum Flag : uint8_t {
        kApex = 1,
        kCut = 2,            // a delegation: NS below the apex
        kOccluded = 4,       // below a cut or a DNAME: glue at most
        kWildcardBelow = 8,  // the name `*.` this one exists
        kDname = 16,
    };
    uint32_t name = 0;  // offset into bytes
    uint32_t first_line = 0;
    uint16_t line_count = 0;  // 0 = empty non-terminal
    uint8_t name_length = 0;
    uint8_t flags = 0;
};

class ZoneImage {
  public:
    [[nodiscard]] DnameView apex() const { return apex_; }
    [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
    [[nodiscard]] DnameView name(const Node& node) const {
        return {reinterpret_cast<const char*>(bytes_.data()) + node.name, node.name_length};
    }
    /// By ascending LineId.
    [[nodiscard]] std::span<const LineRecords> lines(const Node& node) const {
        return {lines_.data() + node.first_line, node.line_count};
    }
    [[nodiscard]] std::span<const Rrset> rrsets(const LineRecords& records) const {
        return {rrsets_.data() + records.first_rrset, records.rrset_count};
    }
    [[nodiscard]] const uint8_t* bytes(uint32_t offset) const { return bytes_.data() + offset; }

    /// The node of a folded name, or nullptr.
    [[nodiscard]] const Node* find(DnameView wanted) const;
    /// The same, tried first at nodes()[hint]: for who walks through another image of nearly the same zone.
    [[nodiscard]] const Node* find_near(DnameView wanted, size_t hint) const;
    /// Where find(wanted) begins: 0, or a number of a node, counted from 1. For lookup_ahead.h.
    [[nodiscard]] const uint32_t* index_cell(DnameView wanted) const;
    /// The records on `line` exactly, or nullptr.
    [[nodiscard]] const LineRecords* on_line(const Node& node, LineId line) const;
    /// The RRset of `type`, or nullptr.
    [[nodiscard]] const Rrset* rrset(const LineRecords& records, uint16_t type) const;
    /// Whether answers for the node can depend on the client: it has records on a line other than `default`.
    [[nodiscard]] bool tailored(const Node& node) const;

    [[nodiscard]] const Rrset& soa() const { return *soa_; }
    [[nodiscard]] uint32_t serial() const;
    /// min(SOA TTL, MINIMUM): the TTL of negative answers (RFC 2308 section 5).
    [[nodiscard]] uint32_t negative_ttl() const;
    [[nodiscard]] size_t record_count() const { return record_count_; }
    /// Lines that any record is on.
    [[nodiscard]] const std::vector<LineId>& used_lines() const { return used_lines_; }
    /// Resident bytes of this object.
    [[nodiscard]] size_t memory() const;

    /// REQUIRES: check_zone() found no error in `zone`, and every line of it is in the catalog.
    static std::shared_ptr<const ZoneImage> build(const ZoneRecords& zone, const LineCatalog& catalog);

    /// What it was built from, as far as it is served: without repeated records and with one TTL an RRset, ordered by
    /// name and line, without places. `catalog` is the one it was built with.
    [[nodiscard]] ZoneRecords records(const LineCatalog& catalog) const;

  private:
    friend class ZoneImageBuilder;
    Dname apex_;
    std::vector<uint8_t> bytes_;
    std::vector<Node> nodes_;
    std::vector<LineRecords> lines_;
    std::vector<Rrset> rrsets_;
    std::vector<uint32_t> index_;  // open addressing over nodes_, index + 1, 0 = free; a power of two in size
    std::vector<LineId> used_lines_;
    const Rrset* soa_ = nullptr;
    size_t record_count_ = 0;
};

}  // namespace splitline
