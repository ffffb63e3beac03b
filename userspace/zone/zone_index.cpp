// SPDX-License-Identifier: GPL-3.0-or-later
#include "zone/zone_index.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <tuple>
#include <utility>

#include "base/huge_pages.h"
#include "base/parallel.h"
#include "base/phase.h"
#include "zone/rdata_view.h"

extern "C" {
#include <libknot/consts.h>
#include <libknot/descriptor.h>
}

namespace splitline {

namespace {

constexpr uint32_t kUnknownCover = ZoneIndex::kNone - 1;
// Records.
constexpr uint32_t kReadAhead = 16;
// Records of a name that are passed over to find the next one: as many as most names have.
constexpr uint32_t kStepMax = 64;
constexpr size_t kSlotsMin = 1024;
// Nodes that one thread sorts the records of before it takes the next.
constexpr size_t kNodesAPart = 16'384;

void set_first(uint32_t& first, uint32_t record) {
    if (first == ZoneNode::kNone) first = record;
}

void note(ZoneNode& node, const Record& record, uint32_t index) {
    unsigned flags = record.line == 0 ? ZoneNode::kOnDefault : ZoneNode::kOnOtherLine;
    switch (record.type) {
        case KNOT_RRTYPE_NS:
            set_first(node.ns, index);
            break;
        case KNOT_RRTYPE_CNAME:
            set_first(node.cname, index);
            break;
        case KNOT_RRTYPE_DNAME:
            set_first(node.dname, index);
            break;
        case KNOT_RRTYPE_A:
        case KNOT_RRTYPE_AAAA:
            flags |= record.line == 0 ? ZoneNode::kHasAddress | ZoneNode::kHasGlue : ZoneNode::kHasAddress;
            break;
        default:
            break;
    }
    node.flags = static_cast<uint16_t>(node.flags | flags);
    ++node.count;
}

}  // namespace

ZoneIndex::ZoneIndex(const ZoneRecords& zone, std::span<const uint32_t> existing) : zone_(zone) {
    const Phase phase("index");
    reserve_huge(node_of_record_, zone.records.size());
    reserve_huge(nodes_, zone.records.size() / 4);
    reserve_huge(slots_, std::bit_ceil(zone.records.size()));
    slots_.resize(std::max<size_t>(kSlotsMin, std::bit_ceil(zone.records.size())));
    for (uint32_t i = 0; i < zone.records.size(); ++i) {
        if (!in_step_ && i + kReadAhead < zone.records.size()) read_ahead(i + kReadAhead);
        note_record(i);
    }
    for (const uint32_t offset : existing) {
        const size_t before = nodes_.size();
        const uint32_t index = find_or_add(offset, zone.owner({.owner = offset}));
        if (nodes_.size() > before) add_parents(index);
    }
    if (!zone.apex.empty()) apex_ = find(zone.apex);
    group_records();
    mark_covers();
    mark_ns_targets();
}

// Has the place where the record's owner will be looked for on its way into the cache, and what is named there halfway
// to it: looking up a name among many is a chain of misses, which otherwise only follow each other.
void ZoneIndex::read_ahead(uint32_t record) {
    const Record& r = zone_.records[record];
    uint64_t& hash = ahead_[record % ahead_.size()];
    const bool repeated = zone_.records[record - 1].owner == r.owner;
    hash = repeated ? 0 : dname_hash(zone_.owner(r));
    if (!repeated) __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
    const uint64_t nearer = ahead_[(record - kReadAhead / 2) % ahead_.size()];
    if (nearer == 0) return;
    if (const uint32_t node = slots_[nearer & (slots_.size() - 1)]; node != 0) {
        __builtin_prefetch(&nodes_[node - 1]);
        __builtin_prefetch(zone_.bytes.data() + nodes_[node - 1].name);
    }
}

DnameView ZoneIndex::name(const ZoneNode& node) const {
    return {reinterpret_cast<const char*>(zone_.bytes.data()) + node.name, node.name_length};
}

uint32_t ZoneIndex::first_of_type(const ZoneNode& node, uint16_t type) const {
    uint32_t first = kNone;
    for (const uint32_t record : records(node))
        if (zone_.records[record].type == type) first = std::min(first, record);
    return first;
}

uint32_t ZoneIndex::first_on_line(const ZoneNode& node, uint16_t type, uint16_t line) const {
    const auto all = records(node);
    const auto at =
        std::lower_bound(all.begin(), all.end(), std::pair(line, type), [&](uint32_t record, const auto& wanted) {
            return std::pair(zone_.records[record].line, zone_.records[record].type) < wanted;
        });
    const bool found = at != all.end() && zone_.records[*at].line == line && zone_.records[*at].type == type;
    return found ? *at : kNone;
}

bool ZoneIndex::is_on_line(const ZoneNode& node, uint16_t line) const {
    const auto all = records(node);
    const auto at = std::lower_bound(all.begin(), all.end(), line,
                                     [&](uint32_t record, uint16_t l) { return zone_.records[record].line < l; });
    return at != all.end() && zone_.records[*at].line == line;
}

bool ZoneIndex::is_cut(uint32_t index) const {
    const ZoneNode& n = nodes_[index];
    return n.has_ns() && n.has(ZoneNode::kInZone) && index != apex_ && n.cover == kNone;
}

NameMatch ZoneIndex::match(DnameView name) const {
    using Kind = NameMatch::Kind;
    std::array<uint8_t, KNOT_DNAME_MAXLEN + 2> storage;  // room for "*." in front
    std::memcpy(storage.data() + 2, name.data(), name.size());
    dname_fold(storage.data() + 2, name.size());
    DnameView folded(reinterpret_cast<const char*>(storage.data()) + 2, name.size());
    if (apex_ == kNone || !dname_in(folded, zone_.apex)) return {Kind::kOutside, kNone};
    uint32_t found = find(folded);
    if (found != kNone) return {Kind::kNode, found};
    while (found == kNone) found = find(folded = dname_parent(folded));  // ends at the apex: the SOA is there
    const ZoneNode& encloser = nodes_[found];
    if (encloser.cover != kNone) return {Kind::kCovered, encloser.cover};
    if (is_cut(found) || encloser.has_dname()) return {Kind::kCovered, found};
    uint8_t* start = storage.data() + (folded.data() - reinterpret_cast<const char*>(storage.data()));
    start[-2] = 1;
    start[-1] = '*';
    found = find({reinterpret_cast<const char*>(start) - 2, folded.size() + 2});
    return found == kNone ? NameMatch{Kind::kNone, kNone} : NameMatch{Kind::kWildcard, found};
}

uint32_t ZoneIndex::find(DnameView folded) const {
    return slots_[slot_of(folded, dname_hash(folded))] - 1;
}

size_t ZoneIndex::slot_of(DnameView wanted, uint64_t hash) const {
    const size_t mask = slots_.size() - 1;
    size_t slot = hash & mask;
    for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
        const ZoneNode& node = nodes_[slots_[slot] - 1];
        if (node.hash == hash && name(node) == wanted) break;
    }
    return slot;
}

uint32_t ZoneIndex::find_or_add(uint32_t name_offset, DnameView name) {
    const uint64_t hash = dname_hash(name);
    const size_t slot = slot_of(name, hash);
    if (slots_[slot] != 0) return slots_[slot] - 1;
    nodes_.push_back(
        {.name = name_offset, .cover = kUnknownCover, .hash = hash, .name_length = static_cast<uint8_t>(name.size())});
    const auto added = static_cast<uint32_t>(nodes_.size());
    slots_[slot] = added;
    if (nodes_.size() * 2 > slots_.size()) grow();
    return added - 1;
}

void ZoneIndex::grow() {
    slots_.assign(slots_.size() * 2, 0);
    const size_t mask = slots_.size() - 1;
    for (uint32_t i = 0; i < nodes_.size(); ++i) {
        size_t slot = nodes_[i].hash & mask;
        while (slots_[slot] != 0) slot = (slot + 1) & mask;
        slots_[slot] = i + 1;
    }
}

void ZoneIndex::note_record(uint32_t record) {
    const Record& r = zone_.records[record];
    if (record > 0 && zone_.records[record - 1].owner == r.owner)
        node_of_record_.push_back(node_of_record_.back());
    else
        node_of_record_.push_back(node_of_owner(record));
    ZoneNode& node = nodes_[node_of_record_.back()];
    if (node.count == 0) node.first = record;
    note(node, r, record);
}

// Programs write the names of each line in the same order, so the one behind the last name's earlier records is tried
// first: where it is the one, nothing is searched and memory is read in order.
uint32_t ZoneIndex::node_of_owner(uint32_t record) {
    const DnameView owner = zone_.owner(zone_.records[record]);
    if (step_ != kNone) {
        const uint32_t last = node_of_record_[step_], end = std::min(record, step_ + kStepMax);
        while (++step_ < end && node_of_record_[step_] == last) {
        }
        in_step_ = step_ < end && name(nodes_[node_of_record_[step_]]) == owner;
        if (in_step_) return node_of_record_[step_];
    }
    const size_t before = nodes_.size();
    const uint32_t index = find_or_add(zone_.records[record].owner, owner);
    if (nodes_.size() == before) {
        step_ = nodes_[index].count > 0 ? nodes_[index].first : kNone;
        return index;
    }
    step_ = kNone;
    add_parents(index);
    return index;
}

// Links a new node to the names above it, which are suffixes of its own bytes, up to the first that existed already.
void ZoneIndex::add_parents(uint32_t child) {
    if (zone_.apex.empty() || !dname_in(name(nodes_[child]), zone_.apex)) return;
    while (true) {
        nodes_[child].flags |= ZoneNode::kInZone;
        const DnameView child_name = name(nodes_[child]);
        if (child_name.size() == zone_.apex.size()) return;
        const DnameView parent_name = dname_parent(child_name);
        // Neighbours mostly have the same one.
        if (last_parent_ != kNone && name(nodes_[last_parent_]) == parent_name) {
            nodes_[child].parent = last_parent_;
            return;
        }
        const size_t before = nodes_.size();
        const auto skipped = static_cast<uint32_t>(child_name.size() - parent_name.size());
        const uint32_t parent = find_or_add(nodes_[child].name + skipped, parent_name);
        nodes_[child].parent = last_parent_ = parent;
        if (nodes_.size() == before) return;
        child = parent;
    }
}

void ZoneIndex::group_records() {
    uint32_t first = 0;
    for (auto& node : nodes_) {
        node.first = first;
        first += node.count;
    }
    reserve_huge(order_, zone_.records.size());
    order_.resize(zone_.records.size());
    std::vector<uint32_t> next(nodes_.size());
    for (uint32_t i = 0; i < zone_.records.size(); ++i) {
        const uint32_t node = node_of_record_[i];
        order_[nodes_[node].first + next[node]++] = i;
    }
    const auto before = [&](uint32_t a, uint32_t b) {
        const Record& x = zone_.records[a];
        const Record& y = zone_.records[b];
        return std::tie(x.line, x.type, a) < std::tie(y.line, y.type, b);
    };
    for_each_part((nodes_.size() + kNodesAPart - 1) / kNodesAPart, [&](size_t part) {
        for (size_t i = part * kNodesAPart; i < nodes_.size() && i < (part + 1) * kNodesAPart; ++i) {
            const auto begin = order_.begin() + nodes_[i].first, end = begin + nodes_[i].count;
            if (!std::is_sorted(begin, end, before)) std::sort(begin, end, before);
        }
    });
}

// A node's cover is its parent, if that is a cut or a DNAME and not covered itself, or else what covers the parent.
void ZoneIndex::mark_covers() {
    std::vector<uint32_t> path;
    for (uint32_t start = 0; start < nodes_.size(); ++start) {
        uint32_t at = start;
        for (; nodes_[at].cover == kUnknownCover; at = nodes_[at].parent) {
            if (nodes_[at].parent == kNone) {
                nodes_[at].cover = kNone;
                break;
            }
            path.push_back(at);
        }
        for (; !path.empty(); path.pop_back()) {
            ZoneNode& node = nodes_[path.back()];
            const ZoneNode& parent = nodes_[node.parent];
            const bool covers = is_cut(node.parent) || parent.has_dname();
            node.cover = parent.cover == kNone && covers ? node.parent : parent.cover;
        }
    }
}

void ZoneIndex::mark_ns_targets() {
    for (const ZoneNode& node : nodes_) {
        if (!node.has_ns()) continue;
        for (const uint32_t i : records(node)) {
            const Record& record = zone_.records[i];
            if (record.type != KNOT_RRTYPE_NS) continue;
            const auto rdata = zone_.rdata(record);
            const auto found =
                match(rdata_target(record.type, {reinterpret_cast<const char*>(rdata.data()), rdata.size()}));
            if (found.kind == NameMatch::Kind::kNode) nodes_[found.node].flags |= ZoneNode::kNsTarget;
        }
    }
}

}  // namespace splitline
