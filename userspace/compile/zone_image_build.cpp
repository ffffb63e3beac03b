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
// Names between one link and the next of what is read ahead, and records of a name that are.
constexpr uint32_t kAhead = 8;
constexpr size_t kRecordsAhead = 8;

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
        sort_into_shards();
        std::vector<Part> parts(std::min(kPartsMax, size_t{1} << image_->shard_bits_));
        for_each_part(parts.size(), [&](size_t part) { build_part(part, parts.size(), parts[part]); });
        gather(parts);
        image_->settle();
        return image_;
    }

  private:
    /// What comes out of some neighbouring shards.
    struct Part {
        std::vector<ZoneShard> shards;
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

    void sort_into_shards() {
        const auto& nodes = index_.nodes();
        shard_ends_.assign((size_t{1} << image_->shard_bits_) + 1, 0);
        for (const ZoneNode& node : nodes) ++shard_ends_[image_->shard_of(node.hash) + 1];
        std::partial_sum(shard_ends_.begin(), shard_ends_.end(), shard_ends_.begin());
        reserve_huge(by_shard_, nodes.size());
        by_shard_.resize(nodes.size());
        for (uint32_t i = 0; i < nodes.size(); ++i) by_shard_[shard_ends_[image_->shard_of(nodes[i].hash)]++] = i;
    }

    void build_part(size_t number, size_t parts, Part& part) const {
        const size_t shards = (size_t{1} << image_->shard_bits_) / parts;
        part.names_on_line.resize(names_on_line_.size());
        for (size_t shard = number * shards; shard < (number + 1) * shards; ++shard) {
            part.shards.push_back(build_shard(shard));
            const ZoneShard& built = part.shards.back();
            for (const Node* node = built.first(); node != nullptr; node = built.next(*node)) take(*node, part);
        }
    }

    ZoneShard build_shard(size_t shard) const {
        ShardWriter writer;
        std::vector<NodeRecord> records;
        for (uint32_t i = shard == 0 ? 0 : shard_ends_[shard - 1]; i < shard_ends_[shard]; ++i) {
            read_ahead(i);
            const uint32_t number = by_shard_[i];
            collect(index_.node(number), records);
            writer.add(index_.name(index_.node(number)), flags_of(number, records), children_[number], records);
        }
        return writer.finish();
    }

    // Neighbours by hash lie anywhere in the zone, and what a name has is found link by link, each a miss. So each link
    // is fetched for some names to come, farther ahead the earlier it is needed.
    void read_ahead(uint32_t at) const {
        const auto ahead = [&](uint32_t names, auto fetch) {
            if (at + names < by_shard_.size()) fetch(by_shard_[at + names]);
        };
        ahead(4 * kAhead, [&](uint32_t number) {
            __builtin_prefetch(&index_.node(number));
            __builtin_prefetch(&children_[number]);
        });
        ahead(3 * kAhead, [&](uint32_t number) {
            const ZoneNode& node = index_.node(number);
            __builtin_prefetch(index_.name(node).data());
            __builtin_prefetch(index_.records(node).data());
        });
        ahead(2 * kAhead, [&](uint32_t number) {
            for (const uint32_t record : first_records(number)) __builtin_prefetch(&zone_.records[record]);
        });
        ahead(kAhead, [&](uint32_t number) {
            for (const uint32_t record : first_records(number))
                __builtin_prefetch(zone_.rdata(zone_.records[record]).data());
        });
    }
    [[nodiscard]] std::span<const uint32_t> first_records(uint32_t number) const {
        const auto records = index_.records(index_.node(number));
        return records.first(std::min(records.size(), kRecordsAhead));
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

    void gather(std::vector<Part>& parts) {
        std::vector<std::pair<Dname, Dname>> aliases;
        for (Part& part : parts) {
            for (ZoneShard& shard : part.shards) image_->shards_.push_back(std::move(shard));
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
