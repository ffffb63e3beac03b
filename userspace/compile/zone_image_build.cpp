// SPDX-License-Identifier: GPL-3.0-or-later
// A zone's image from all its records: by shard, on all cores.
#include <libknot/descriptor.h>

#include <algorithm>
#include <bit>
#include <functional>
#include <iterator>
#include <numeric>

#include "base/huge_pages.h"
#include "base/parallel.h"
#include "base/phase.h"
#include "compile/zone_image.h"

namespace splitline {

namespace {

// Pieces of work: more than cores, so that none waits long for the last.
constexpr size_t kPartsMax = 64;
constexpr size_t kNodesAPartMin = 32'768;
constexpr size_t kShardsAPart = 16;
// Names that are fetched ahead, and how much of each.
constexpr uint32_t kAhead = 12;
constexpr size_t kBytesAhead = 192;

}  // namespace

class ZoneImageBuilder {
  public:
    ZoneImageBuilder(const ZoneRecords& zone, const ZoneIndex& index, const LineCatalog& catalog)
        : zone_(zone), index_(index), names_on_line_(catalog.size()) {
        for (const auto& name : zone.lines) line_ids_.push_back(catalog.find(name).value_or(kDefaultLine));
    }

    std::shared_ptr<const ZoneImage> build() {
        image_->apex_ = zone_.apex;
        image_->node_count_ = index_.nodes().size();
        image_->shard_bits_ = static_cast<unsigned>(std::countr_zero(
            std::bit_ceil((index_.nodes().size() + ZoneImage::kNamesAShard) / ZoneImage::kNamesAShard)));
        count_children();
        nodes_a_part_ = std::max(kNodesAPartMin, index_.nodes().size() / kPartsMax + 1);
        parts_ = std::vector<Part>((index_.nodes().size() + nodes_a_part_ - 1) / nodes_a_part_);
        for_each_part(parts_.size(), [&](size_t part) { write_nodes(part); });
        fill_shards();
        gather();
        image_->settle();
        return image_;
    }

  private:
    /// Some names in the order of the zone, which is the order of memory, and what is known of them.
    struct Part {
        ShardWriter nodes;
        size_t records = 0, occluded = 0;
        std::vector<uint32_t> names_on_line;
        std::vector<std::pair<Dname, Dname>> aliases;  // target, alias
    };

    void count_children() {
        reserve_huge(children_, index_.nodes().size());
        children_.resize(index_.nodes().size());
        has_wildcard_.resize(index_.nodes().size());
        for (const ZoneNode& node : index_.nodes()) {
            if (node.parent == ZoneNode::kNone) continue;
            ++children_[node.parent];
            if (dname_is_wildcard(index_.name(node))) has_wildcard_[node.parent] = true;
        }
    }

    void write_nodes(size_t number) {
        Part& part = parts_[number];
        part.names_on_line.resize(names_on_line_.size());
        const size_t first = number * nodes_a_part_, end = std::min(first + nodes_a_part_, index_.nodes().size());
        part.nodes.reserve(end - first);
        std::vector<NodeRecord> records;
        for (auto i = static_cast<uint32_t>(first); i < end; ++i) {
            collect(index_.node(i), records);
            part.nodes.add(index_.name(index_.node(i)), flags_of(i, records), children_[i], records);
            take(part.nodes.node(i - first), part);
        }
    }

    [[nodiscard]] const Node& node(uint32_t number) const {
        return parts_[number / nodes_a_part_].nodes.node(number % nodes_a_part_);
    }

    // The nodes' numbers by shard, and in it in the order of the zone.
    void sort_by_shard() {
        const auto& nodes = index_.nodes();
        shard_ends_.assign((size_t{1} << image_->shard_bits_) + 1, 0);
        for (const ZoneNode& each : nodes) ++shard_ends_[image_->shard_of(each.hash) + 1];
        std::partial_sum(shard_ends_.begin(), shard_ends_.end(), shard_ends_.begin());
        reserve_huge(by_shard_, nodes.size());
        by_shard_.resize(nodes.size());
        for (uint32_t i = 0; i < nodes.size(); ++i) by_shard_[shard_ends_[image_->shard_of(nodes[i].hash)]++] = i;
    }

    void fill_shards() {
        sort_by_shard();
        std::vector<ZoneShard> shards(size_t{1} << image_->shard_bits_);
        for_each_part((shards.size() + kShardsAPart - 1) / kShardsAPart, [&](size_t part) {
            for (size_t i = part * kShardsAPart; i < std::min(shards.size(), (part + 1) * kShardsAPart); ++i)
                shards[i] = build_shard(i);
        });
        image_->shards_ = SharedArray<ZoneShard>(std::move(shards));
    }

    // Neighbours by hash lie anywhere, so nodes to come are fetched ahead.
    ZoneShard build_shard(size_t shard) const {
        ShardWriter writer;
        for (uint32_t i = shard == 0 ? 0 : shard_ends_[shard - 1]; i < shard_ends_[shard]; ++i) {
            if (i + kAhead < by_shard_.size()) {
                const Node* ahead = &node(by_shard_[i + kAhead]);
                for (size_t at = 0; at < kBytesAhead; at += 64)
                    __builtin_prefetch(reinterpret_cast<const char*>(ahead) + at);
            }
            writer.copy(node(by_shard_[i]));
        }
        return writer.finish();
    }

    void collect(const ZoneNode& node, std::vector<NodeRecord>& records) const {
        records.clear();
        for (const uint32_t i : index_.records(node)) {
            const Record& record = zone_.records[i];
            const auto rdata = zone_.rdata(record);
            records.push_back({line_ids_[record.line], record.type, record.ttl,
                               std::string_view(reinterpret_cast<const char*>(rdata.data()), rdata.size())});
        }
        // The index orders by the zone's own numbers of lines.
        const auto before = [](const NodeRecord& a, const NodeRecord& b) {
            return std::pair(a.line, a.type) < std::pair(b.line, b.type);
        };
        if (!std::is_sorted(records.begin(), records.end(), before))
            std::stable_sort(records.begin(), records.end(), before);
    }

    [[nodiscard]] uint8_t flags_of(uint32_t number, const std::vector<NodeRecord>& records) const {
        unsigned flags = structure_flags(records, number == index_.apex());
        if (number == index_.apex()) flags |= Node::kApex;
        if (index_.node(number).cover != ZoneNode::kNone) flags |= Node::kOccluded;
        if (has_wildcard_[number]) flags |= Node::kWildcardBelow;
        return static_cast<uint8_t>(flags);
    }

    void take(const Node& node, Part& part) const {
        if ((node.flags & Node::kOccluded) != 0) ++part.occluded;
        for (const LineRecords& on_line : lines_of(node)) {
            ++part.names_on_line[on_line.line];
            for (const Rrset& rrset : rrsets_of(on_line)) part.records += rrset.count;
        }
        for (auto& target : inner_targets(*image_, node)) part.aliases.emplace_back(std::move(target), name_of(node));
    }

    void gather() {
        std::vector<std::pair<Dname, Dname>> aliases;
        for (Part& part : parts_) {
            image_->record_count_ += part.records;
            image_->occluded_count_ += part.occluded;
            std::transform(names_on_line_.begin(), names_on_line_.end(), part.names_on_line.begin(),
                           names_on_line_.begin(), std::plus<>());
            std::move(part.aliases.begin(), part.aliases.end(), std::back_inserter(aliases));
        }
        image_->names_on_line_ = std::move(names_on_line_);
        image_->aliases_.fill(aliases);
    }

    const ZoneRecords& zone_;
    const ZoneIndex& index_;
    std::vector<LineId> line_ids_;
    std::vector<uint32_t> children_;
    std::vector<bool> has_wildcard_;
    size_t nodes_a_part_ = 0;
    std::vector<Part> parts_;
    std::vector<uint32_t> by_shard_, shard_ends_;
    std::vector<uint32_t> names_on_line_;
    std::shared_ptr<ZoneImage> image_{new ZoneImage};
};

std::shared_ptr<const ZoneImage> ZoneImage::build(const ZoneRecords& zone, const LineCatalog& catalog) {
    return build(zone, ZoneIndex(zone), catalog);
}

std::shared_ptr<const ZoneImage> ZoneImage::build(const ZoneRecords& zone, const ZoneIndex& index,
                                                  const LineCatalog& catalog) {
    const Phase phase("build");
    return ZoneImageBuilder(zone, index, catalog).build();
}

}  // namespace splitline
