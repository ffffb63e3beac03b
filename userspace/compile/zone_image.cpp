// SPDX-License-Identifier: GPL-3.0-or-later
#include "compile/zone_image.h"

#include <libknot/consts.h>
#include <libknot/descriptor.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <functional>
#include <numeric>

namespace splitline {

namespace {

size_t hash_of(DnameView name) {
    return std::hash<std::string_view>{}(name);
}

uint32_t read_u32(const uint8_t* at) {
    return uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 | uint32_t{at[2]} << 8 | uint32_t{at[3]};
}

}  // namespace

/// Groups the records of a zone by name, line and type into the flat vectors of a ZoneImage.
class ZoneImageBuilder {
  public:
    ZoneImageBuilder(const ZoneRecords& zone, const LineCatalog& catalog) : zone_(zone) {
        for (const auto& name : zone.lines) line_ids_.push_back(catalog.find(name).value_or(kDefaultLine));
    }

    std::shared_ptr<const ZoneImage> build() {
        image_->apex_ = zone_.apex;
        image_->bytes_.reserve(zone_.bytes.size() + zone_.records.size() * 2);
        grow_index(1);
        intern(zone_.apex);
        intern_owners();
        add_empty_non_terminals();
        group_records();
        mark_structure();
        collect_lines();
        image_->bytes_.shrink_to_fit();
        image_->nodes_.shrink_to_fit();
        image_->lines_.shrink_to_fit();
        image_->rrsets_.shrink_to_fit();
        const Node& apex = image_->nodes_[0];
        image_->soa_ = image_->rrset(*image_->on_line(apex, kDefaultLine), KNOT_RRTYPE_SOA);
        return image_;
    }

  private:
    // The index is kept at most half full, so probe chains stay short.
    void grow_index(size_t names) {
        const size_t size = std::bit_ceil(std::max<size_t>(16, names * 2));
        if (size <= image_->index_.size()) return;
        image_->index_.assign(size, 0);
        for (uint32_t i = 0; i < image_->nodes_.size(); ++i) insert(i);
    }

    void insert(uint32_t node) {
        const size_t mask = image_->index_.size() - 1;
        size_t at = hash_of(image_->name(image_->nodes_[node])) & mask;
        while (image_->index_[at] != 0) at = (at + 1) & mask;
        image_->index_[at] = node + 1;
    }

    uint32_t intern(DnameView name) {
        if (const Node* known = image_->find(name)) return static_cast<uint32_t>(known - image_->nodes_.data());
        grow_index(image_->nodes_.size() + 1);
        Node node;
        node.name = static_cast<uint32_t>(image_->bytes_.size());
        node.name_length = static_cast<uint8_t>(name.size());
        image_->bytes_.insert(image_->bytes_.end(), name.begin(), name.end());
        image_->nodes_.push_back(node);
        const auto number = static_cast<uint32_t>(image_->nodes_.size() - 1);
        insert(number);
        return number;
    }

    void intern_owners() {
        node_of_.resize(zone_.records.size());
        for (size_t i = 0; i < zone_.records.size(); ++i) {
            const Record& record = zone_.records[i];
            const bool same = i > 0 && zone_.records[i - 1].owner == record.owner;
            node_of_[i] = same ? node_of_[i - 1] : intern(zone_.owner(record));
        }
    }

    void add_empty_non_terminals() {
        const size_t owners = image_->nodes_.size();
        for (size_t i = 1; i < owners; ++i) {
            const Dname name(image_->name(image_->nodes_[i]));  // a copy: interning moves the bytes
            for (DnameView up = dname_parent(name); up.size() > zone_.apex.size(); up = dname_parent(up)) {
                if (image_->find(up) != nullptr) break;  // its own ancestors are, or will be, taken care of
                intern(up);
            }
        }
    }

    // Sorts record numbers by node, then each node's by line and type, keeping file order inside an RRset; then lays
    // them out. There are few nodes with many records and many with few, so the first step counts instead of comparing.
    void group_records() {
        std::vector<uint32_t> end_of(image_->nodes_.size() + 1, 0);
        for (const uint32_t node : node_of_) ++end_of[node + 1];
        std::partial_sum(end_of.begin(), end_of.end(), end_of.begin());
        std::vector<uint32_t> order(zone_.records.size());
        for (uint32_t i = 0; i < order.size(); ++i) order[end_of[node_of_[i]]++] = i;
        uint32_t first = 0;
        for (uint32_t node = 0; node < image_->nodes_.size(); ++node) {
            group_node(std::span(order).subspan(first, end_of[node] - first));
            first = end_of[node];
        }
    }

    void group_node(std::span<uint32_t> records) {
        const auto key = [&](uint32_t i) {
            const Record& record = zone_.records[i];
            return uint32_t{line_ids_[record.line]} << 16 | record.type;
        };
        std::stable_sort(records.begin(), records.end(), [&](uint32_t a, uint32_t b) { return key(a) < key(b); });
        for (size_t first = 0; first < records.size();) {
            size_t end = first + 1;
            while (end < records.size() && key(records[end]) == key(records[first])) ++end;
            add_rrset(records.subspan(first, end - first));
            first = end;
        }
    }

    void add_rrset(std::span<const uint32_t> members) {
        const Record& first = zone_.records[members[0]];
        Node& node = image_->nodes_[node_of_[members[0]]];
        const LineId line = line_ids_[first.line];
        if (node.line_count == 0) node.first_line = static_cast<uint32_t>(image_->lines_.size());
        if (node.line_count == 0 || image_->lines_.back().line != line) {
            image_->lines_.push_back({line, 0, static_cast<uint32_t>(image_->rrsets_.size())});
            ++node.line_count;
        }
        Rrset rrset{first.type, 0, first.ttl, static_cast<uint32_t>(image_->bytes_.size()), 0};
        std::vector<std::basic_string_view<uint8_t>> seen;
        for (const uint32_t i : members) {
            const Record& record = zone_.records[i];
            const auto rdata = zone_.rdata(record);
            rrset.ttl = std::min(rrset.ttl, record.ttl);  // RFC 2181 section 5.2: one TTL; the check has warned
            if (members.size() > 1) {
                if (std::find(seen.begin(), seen.end(), rdata) != seen.end())
                    continue;  // RFC 2181 section 5: no duplicates
                seen.push_back(rdata);
            }
            image_->bytes_.push_back(static_cast<uint8_t>(rdata.size() >> 8));
            image_->bytes_.push_back(static_cast<uint8_t>(rdata.size()));
            image_->bytes_.insert(image_->bytes_.end(), rdata.begin(), rdata.end());
            ++rrset.count;
        }
        rrset.size = static_cast<uint32_t>(image_->bytes_.size()) - rrset.rdata;
        image_->record_count_ += rrset.count;
        image_->rrsets_.push_back(rrset);
        ++image_->lines_.back().rrset_count;
    }

    // Delegations and DNAMEs shape the tree, so they are read from `default` alone: they never vary by line
    // (DESIGN 4.2).
    void mark_structure() {
        for (size_t i = 0; i < image_->nodes_.size(); ++i) {
            Node& node = image_->nodes_[i];
            if (i == 0) node.flags |= Node::kApex;
            if (const LineRecords* records = image_->on_line(node, kDefaultLine)) {
                if (i != 0 && image_->rrset(*records, KNOT_RRTYPE_NS) != nullptr) node.flags |= Node::kCut;
                if (image_->rrset(*records, KNOT_RRTYPE_DNAME) != nullptr) node.flags |= Node::kDname;
            }
            if (i != 0 && dname_is_wildcard(image_->name(node)))
                mutable_node(dname_parent(image_->name(node))).flags |= Node::kWildcardBelow;
        }
        for (size_t i = 1; i < image_->nodes_.size(); ++i)
            if (below_cut(image_->name(image_->nodes_[i]))) image_->nodes_[i].flags |= Node::kOccluded;
    }

    [[nodiscard]] bool below_cut(DnameView name) const {
        while (name.size() > image_->apex_.size()) {
            name = dname_parent(name);
            if ((image_->find(name)->flags & (Node::kCut | Node::kDname)) != 0) return true;
        }
        return false;
    }

    Node& mutable_node(DnameView name) {
        return image_->nodes_[static_cast<size_t>(image_->find(name) - image_->nodes_.data())];
    }

    void collect_lines() {
        std::vector<LineId>& used = image_->used_lines_;
        for (const Record& record : zone_.records) {
            const LineId line = line_ids_[record.line];
            if (std::find(used.begin(), used.end(), line) == used.end()) used.push_back(line);
        }
        std::sort(used.begin(), used.end());
    }

    const ZoneRecords& zone_;
    std::vector<LineId> line_ids_;
    std::vector<uint32_t> node_of_;
    std::shared_ptr<ZoneImage> image_ = std::make_shared<ZoneImage>();
};

std::shared_ptr<const ZoneImage> ZoneImage::build(const ZoneRecords& zone, const LineCatalog& catalog) {
    return ZoneImageBuilder(zone, catalog).build();
}

const Node* ZoneImage::find(DnameView wanted) const {
    const size_t mask = index_.size() - 1;
    for (size_t at = hash_of(wanted) & mask; index_[at] != 0; at = (at + 1) & mask) {
        const Node& node = nodes_[index_[at] - 1];
        if (name(node) == wanted) return &node;
    }
    return nullptr;
}

const uint32_t* ZoneImage::index_cell(DnameView wanted) const {
    return &index_[hash_of(wanted) & (index_.size() - 1)];
}

const Node* ZoneImage::find_near(DnameView wanted, size_t hint) const {
    if (hint < nodes_.size() && name(nodes_[hint]) == wanted) return &nodes_[hint];
    return find(wanted);
}

const LineRecords* ZoneImage::on_line(const Node& node, LineId line) const {
    const auto all = lines(node);
    const auto at =
        std::lower_bound(all.begin(), all.end(), line, [](const LineRecords& a, LineId id) { return a.line < id; });
    return at != all.end() && at->line == line ? &*at : nullptr;
}

const Rrset* ZoneImage::rrset(const LineRecords& records, uint16_t type) const {
    for (const Rrset& candidate : rrsets(records))
        if (candidate.type == type) return &candidate;
    return nullptr;
}

bool ZoneImage::tailored(const Node& node) const {
    // Lines ascend and `default` is 0: more than one, or one that is not default.
    return node.line_count > 1 || (node.line_count == 1 && lines_[node.first_line].line != kDefaultLine);
}

ZoneRecords ZoneImage::records(const LineCatalog& catalog) const {
    ZoneRecords zone;
    zone.apex = apex_;
    zone.bytes = bytes_;
    zone.records.reserve(record_count_);
    zone.lines.push_back(catalog.name(kDefaultLine));
    std::vector<uint16_t> number_of(catalog.size(), 0);
    for (const LineId line : used_lines_) {
        if (line == kDefaultLine) continue;
        number_of[line] = static_cast<uint16_t>(zone.lines.size());
        zone.lines.push_back(catalog.name(line));
    }
    zone.line_places.resize(zone.lines.size());
    for (const Node& node : nodes_)
        for (const LineRecords& on_line : lines(node))
            for (const Rrset& rrset : rrsets(on_line)) {
                uint32_t at = rrset.rdata;
                for (uint16_t i = 0; i < rrset.count; ++i) {
                    const auto length = static_cast<uint16_t>(bytes(at)[0] << 8 | bytes(at)[1]);
                    zone.records.push_back({.owner = node.name,
                                            .rdata = at + 2,
                                            .ttl = rrset.ttl,
                                            .rdata_length = length,
                                            .type = rrset.type,
                                            .line = number_of[on_line.line]});
                    at += 2U + length;
                }
            }
    return zone;
}

uint32_t ZoneImage::serial() const {
    return read_u32(bytes(soa_->rdata + soa_->size - 20));
}

uint32_t ZoneImage::negative_ttl() const {
    return std::min(soa_->ttl, read_u32(bytes(soa_->rdata + soa_->size - 4)));
}

size_t ZoneImage::memory() const {
    return sizeof *this + bytes_.capacity() + nodes_.capacity() * sizeof(Node) +
           lines_.capacity() * sizeof(LineRecords) + rrsets_.capacity() * sizeof(Rrset) +
           index_.capacity() * sizeof(uint32_t);
}

}  // namespace splitline
