// SPDX-License-Identifier: GPL-3.0-or-later
#include "compile/zone_shard.h"

#include <libknot/descriptor.h>

#include <algorithm>
#include <cstring>

#include "base/huge_pages.h"

namespace splitline {

namespace {

constexpr size_t round_up(size_t bytes) {
    return (bytes + 3) / 4 * 4;
}

const std::byte* address_of(const void* object) {
    return static_cast<const std::byte*>(object);
}

// How many records at the front of `records` are alike in `key`.
template <typename Key>
size_t run_length(std::span<const NodeRecord> records, Key key) {
    size_t length = 1;
    while (length < records.size() && key(records[length]) == key(records[0])) ++length;
    return length;
}

size_t line_run(std::span<const NodeRecord> records) {
    return run_length(records, [](const NodeRecord& record) { return record.line; });
}

size_t type_run(std::span<const NodeRecord> records) {
    return run_length(records, [](const NodeRecord& record) { return record.type; });
}

// Where in a table of `slots` a hash is looked for first.
size_t home_slot(uint32_t hash, uint32_t slots) {
    return static_cast<size_t>(uint64_t{hash} * slots >> 32);
}

}  // namespace

DnameView name_of(const Node& node) {
    return {reinterpret_cast<const char*>(&node + 1), node.name_length};
}

std::span<const LineRecords> lines_of(const Node& node) {
    return {reinterpret_cast<const LineRecords*>(address_of(&node + 1) + round_up(node.name_length)), node.line_count};
}

std::span<const Rrset> rrsets_of(const LineRecords& records) {
    return {reinterpret_cast<const Rrset*>(address_of(&records) + records.rrsets), records.rrset_count};
}

const uint8_t* rdata_of(const Rrset& rrset) {
    return reinterpret_cast<const uint8_t*>(&rrset) + rrset.rdata;
}

uint8_t structure_flags(std::span<const NodeRecord> records, bool apex) {
    unsigned flags = 0;
    for (const NodeRecord& record : records) {
        if (record.line != kDefaultLine) continue;
        if (record.type == KNOT_RRTYPE_NS && !apex) flags |= Node::kCut;
        if (record.type == KNOT_RRTYPE_DNAME) flags |= Node::kDname;
    }
    return static_cast<uint8_t>(flags);
}

void append_records(const Node& node, std::vector<NodeRecord>& records) {
    for (const LineRecords& on_line : lines_of(node))
        for (const Rrset& rrset : rrsets_of(on_line))
            for_each_rdata(rrset, [&](std::span<const uint8_t> rdata) {
                records.push_back({on_line.line, rrset.type, rrset.ttl,
                                   std::string_view(reinterpret_cast<const char*>(rdata.data()), rdata.size())});
            });
}

const Node* ZoneShard::find(DnameView name, uint64_t hash) const {
    const auto wanted = static_cast<uint32_t>(hash);
    for (size_t slot = home_slot(wanted, slots_);; slot = slot + 1 == slots_ ? 0 : slot + 1) {
        const uint32_t* entry = words_.get() + kHeader + slot * 2;
        if (entry[1] == 0) return nullptr;
        if (entry[0] == wanted && name_of(*node_at(entry[1])) == name) return node_at(entry[1]);
    }
}

const uint32_t* ZoneShard::slot_of(uint64_t hash) const {
    return words_.get() + kHeader + home_slot(static_cast<uint32_t>(hash), slots_) * 2;
}

void ShardWriter::reserve(size_t nodes) {
    constexpr size_t kUsualSize = 160;  // a few records on a few lines
    reserve_huge(words_, nodes * kUsualSize / sizeof(uint32_t));
    starts_.reserve(nodes);
}

uint32_t* ShardWriter::grow(size_t bytes) {
    const size_t at = words_.size();
    starts_.push_back(static_cast<uint32_t>(at));
    words_.resize(at + bytes / sizeof(uint32_t));
    return words_.data() + at;
}

void ShardWriter::copy(const Node& node, uint8_t flags, uint32_t children) {
    void* to = grow(node.size);
    std::memcpy(to, &node, node.size);
    auto& made = *static_cast<Node*>(to);
    made.flags = flags;
    made.children = children;
}

void ShardWriter::add(DnameView name, uint8_t flags, uint32_t children, std::span<const NodeRecord> records) {
    size_t lines = 0, rrsets = 0;
    for (auto rest = records; !rest.empty(); rest = rest.subspan(line_run(rest))) {
        ++lines;
        for (auto on_line = rest.first(line_run(rest)); !on_line.empty(); on_line = on_line.subspan(type_run(on_line)))
            ++rrsets;
    }
    const size_t line_at = sizeof(Node) + round_up(name.size());
    size_t rrset_at = line_at + lines * sizeof(LineRecords);
    const size_t rdata_at = rrset_at + rrsets * sizeof(Rrset);
    rdata_.clear();
    grow(rdata_at);
    const size_t node_at = size_t{starts_.back()} * sizeof(uint32_t);
    auto& node = part<Node>(node_at);
    node.children = children;
    node.line_count = static_cast<uint16_t>(lines);
    node.name_length = static_cast<uint8_t>(name.size());
    node.flags = flags;
    std::memcpy(reinterpret_cast<char*>(&node + 1), name.data(), name.size());
    size_t line = line_at;
    for (auto rest = records; !rest.empty(); rest = rest.subspan(line_run(rest))) {
        add_line(node_at, line, rest.first(line_run(rest)), rrset_at);
        line += sizeof(LineRecords);
    }
    const size_t size = round_up(rdata_at + rdata_.size());
    node.size = static_cast<uint32_t>(size);
    words_.resize((node_at + size) / sizeof(uint32_t));
    if (!rdata_.empty()) std::memcpy(&part<uint8_t>(node_at + rdata_at), rdata_.data(), rdata_.size());
    // RDATA was counted from its own start; now that all Rrsets are known it is from each of them.
    for (const LineRecords& on_line : lines_of(part<Node>(node_at)))
        for (const Rrset& rrset : rrsets_of(on_line)) {
            const auto at = static_cast<size_t>(address_of(&rrset) - address_of(words_.data())) - node_at;
            part<Rrset>(node_at + at).rdata += static_cast<uint32_t>(rdata_at - at);
        }
}

void ShardWriter::add_line(size_t node, size_t line_at, std::span<const NodeRecord> records, size_t& rrset_at) {
    auto& line = part<LineRecords>(node + line_at);
    line.line = records[0].line;
    line.rrsets = static_cast<uint32_t>(rrset_at - line_at);
    for (; !records.empty(); records = records.subspan(type_run(records))) {
        add_rrset(node + rrset_at, records.first(type_run(records)));
        rrset_at += sizeof(Rrset);
        ++line.rrset_count;
    }
}

void ShardWriter::add_rrset(size_t rrset_at, std::span<const NodeRecord> records) {
    auto& rrset = part<Rrset>(rrset_at);
    rrset.type = records[0].type;
    rrset.ttl = records[0].ttl;
    rrset.rdata = static_cast<uint32_t>(rdata_.size());
    for (size_t i = 0; i < records.size(); ++i) {
        rrset.ttl = std::min(rrset.ttl, records[i].ttl);
        const std::string_view rdata = records[i].rdata;
        const auto same = [&](const NodeRecord& earlier) { return earlier.rdata == rdata; };
        if (std::any_of(records.begin(), records.begin() + static_cast<ptrdiff_t>(i), same)) continue;
        rdata_.push_back(static_cast<uint8_t>(rdata.size() >> 8));
        rdata_.push_back(static_cast<uint8_t>(rdata.size()));
        rdata_.insert(rdata_.end(), rdata.begin(), rdata.end());
        ++rrset.count;
    }
    rrset.size = static_cast<uint32_t>(rdata_.size()) - rrset.rdata;
}

ZoneShard ShardWriter::finish() {
    const auto count = static_cast<uint32_t>(starts_.size());
    // At most two of three slots are taken, so chains stay short; one is always free, so a search ends.
    const uint32_t slots = count + count / 2 + 1;
    const size_t first = ZoneShard::kHeader + size_t{slots} * 2;
    auto words = std::make_shared<uint32_t[]>(first + words_.size());
    words[0] = count;
    words[1] = static_cast<uint32_t>(first + words_.size());
    if (!words_.empty()) std::memcpy(words.get() + first, words_.data(), words_.size() * sizeof(uint32_t));
    for (const uint32_t start : starts_) {
        const auto word = static_cast<uint32_t>(first + start);
        const auto hash = static_cast<uint32_t>(dname_hash(name_of(*reinterpret_cast<const Node*>(&words[word]))));
        size_t slot = home_slot(hash, slots);
        while (words[ZoneShard::kHeader + slot * 2 + 1] != 0) slot = slot + 1 == slots ? 0 : slot + 1;
        words[ZoneShard::kHeader + slot * 2] = hash;
        words[ZoneShard::kHeader + slot * 2 + 1] = word;
    }
    words_.clear();
    starts_.clear();
    ZoneShard shard;
    shard.words_ = std::move(words);
    shard.slots_ = slots;
    return shard;
}

}  // namespace splitline
