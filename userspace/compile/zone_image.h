// SPDX-License-Identifier: GPL-3.0-or-later
// One zone, compiled: every name that exists (empty non-terminals included) with its records by line and type.
//
// Immutable and shared between images of later generations. Its names are spread over shards by their hash; a zone
// changed by ZoneUpdate shares every shard it did not touch with the one before, so that a change costs what it
// changes, and is found again by comparing shards. Names are found by hash; children are counted, never enumerated, so
// no order is kept.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/dname.h"
#include "base/result.h"
#include "base/shared_array.h"
#include "compile/alias_index.h"
#include "compile/negative_soa.h"
#include "compile/zone_shard.h"
#include "line/line.h"
#include "zone/records.h"
#include "zone/zone_index.h"

namespace splitline {

class ZoneImage {
  public:
    /// Names meant for a shard: small enough that copying one for a change of a name costs some ten microseconds, large
    /// enough that pointers to shards are few.
    static constexpr size_t kNamesAShard = 256;

    /// All nodes, in no order, for range-for.
    class Nodes {
      public:
        class iterator {
          public:
            using iterator_category = std::forward_iterator_tag;
            using value_type = Node;
            using difference_type = std::ptrdiff_t;
            using pointer = const Node*;
            using reference = const Node&;

            explicit iterator(const ZoneImage& zone, size_t shard) : zone_(&zone), shard_(shard) { settle(); }
            const Node& operator*() const { return *node_; }
            iterator& operator++() {
                node_ = zone_->shards_[shard_].next(*node_);
                if (node_ == nullptr) {
                    ++shard_;
                    settle();
                }
                return *this;
            }
            bool operator==(const iterator&) const = default;

          private:
            void settle() {
                while (shard_ < zone_->shards_.size() && (node_ = zone_->shards_[shard_].first()) == nullptr) ++shard_;
            }
            const ZoneImage* zone_;
            size_t shard_;
            const Node* node_ = nullptr;
        };
        explicit Nodes(const ZoneImage& zone) : zone_(zone) {}
        [[nodiscard]] iterator begin() const { return iterator(zone_, 0); }
        [[nodiscard]] iterator end() const { return iterator(zone_, zone_.shards_.size()); }
        [[nodiscard]] size_t size() const { return zone_.node_count_; }

      private:
        const ZoneImage& zone_;
    };

    ZoneImage(const ZoneImage&) = delete;
    ZoneImage& operator=(const ZoneImage&) = delete;

    [[nodiscard]] DnameView apex() const { return apex_; }
    [[nodiscard]] const Node& apex_node() const { return *apex_node_; }
    [[nodiscard]] Nodes nodes() const { return Nodes(*this); }
    [[nodiscard]] DnameView name(const Node& node) const { return name_of(node); }
    /// By ascending LineId.
    [[nodiscard]] std::span<const LineRecords> lines(const Node& node) const { return lines_of(node); }
    [[nodiscard]] std::span<const Rrset> rrsets(const LineRecords& records) const { return rrsets_of(records); }

    /// The node of a folded name, or nullptr.
    [[nodiscard]] const Node* find(DnameView wanted) const {
        const uint64_t hash = dname_hash(wanted);
        return shards_[shard_of(hash)].find(wanted, hash);
    }
    /// The node of the closest name above `name` that exists (RFC 4592 section 3.3.1). REQUIRES: `name` lies below the
    /// apex.
    [[nodiscard]] const Node& closest_encloser(DnameView name) const;
    /// The node that queries for `name` are answered from: its own or the wildcard's that covers it; nullptr if there
    /// is neither. REQUIRES: `name` lies in the zone.
    [[nodiscard]] const Node* source_of(DnameView name) const;
    /// The records on `line` exactly, or nullptr.
    [[nodiscard]] const LineRecords* on_line(const Node& node, LineId line) const;
    /// The RRset of `type`, or nullptr.
    [[nodiscard]] const Rrset* rrset(const LineRecords& records, uint16_t type) const;
    /// Whether answers for the node can depend on the client: it has records on a line other than `default`.
    [[nodiscard]] bool tailored(const Node& node) const;

    [[nodiscard]] uint32_t serial() const;
    [[nodiscard]] const NegativeSoa& negative_soa() const { return negative_soa_; }
    /// How many of the nodes are occluded.
    [[nodiscard]] size_t occluded_count() const { return occluded_count_; }
    [[nodiscard]] size_t record_count() const { return record_count_; }
    /// Lines that any record is on, ascending.
    [[nodiscard]] std::vector<LineId> used_lines() const;
    /// CNAMEs that lead to names of this zone.
    [[nodiscard]] const AliasIndex& aliases() const { return aliases_; }
    /// Resident bytes, those it shares with other images included.
    [[nodiscard]] size_t memory() const;

    [[nodiscard]] const SharedArray<ZoneShard>& shards() const { return shards_; }
    /// Calls visit(node) for every node of the shards from `first` to before `end`, or to the last one.
    template <typename Visit>
    void for_each_node(size_t first, size_t end, Visit visit) const {
        for (size_t i = first; i < std::min(end, shards_.size()); ++i)
            for (const Node* node = shards_[i].first(); node != nullptr; node = shards_[i].next(*node)) visit(*node);
    }
    /// The shard that a name of that hash is in.
    [[nodiscard]] size_t shard_of(uint64_t hash) const { return shard_bits_ == 0 ? 0 : hash >> (64 - shard_bits_); }

    /// REQUIRES: check_zone() found no error in `zone`, and every line of it is in the catalog.
    static std::shared_ptr<const ZoneImage> build(const ZoneRecords& zone, const LineCatalog& catalog);
    /// The same with the index that the checks have made of `zone`.
    static std::shared_ptr<const ZoneImage> build(const ZoneRecords& zone, const ZoneIndex& index,
                                                  const LineCatalog& catalog);

    /// What it was built from, as far as it is served: without repeated records and with one TTL an RRset, without
    /// places. `catalog` is the one it was built with.
    [[nodiscard]] ZoneRecords records(const LineCatalog& catalog) const;

  private:
    friend class ZoneImageBuilder;
    friend class ZoneUpdate;
    ZoneImage() = default;
    /// Looks up what is found in the shards, or made of it, and kept at hand.
    void settle();

    Dname apex_;
    SharedArray<ZoneShard> shards_;  // two to the power of shard_bits_
    unsigned shard_bits_ = 0;
    AliasIndex aliases_;
    std::vector<uint32_t> names_on_line_;  // by LineId
    size_t node_count_ = 0;
    size_t record_count_ = 0;
    size_t occluded_count_ = 0;
    const Node* apex_node_ = nullptr;
    const Rrset* soa_ = nullptr;
    NegativeSoa negative_soa_;
};

/// The folded targets of the node's CNAMEs, on whatever line, that lie in the zone; each once.
std::vector<Dname> inner_targets(const ZoneImage& zone, const Node& node);

}  // namespace splitline
