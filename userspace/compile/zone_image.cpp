// SPDX-License-Identifier: GPL-3.0-or-later
#include "compile/zone_image.h"

#include <libknot/descriptor.h>

#include <algorithm>

#include "compile/records_writer.h"

namespace splitline {

namespace {

uint32_t read_u32(const uint8_t* at) {
    return uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 | uint32_t{at[2]} << 8 | uint32_t{at[3]};
}

}  // namespace

void ZoneImage::settle() {
    apex_node_ = find(apex_);
    soa_ = rrset(*on_line(*apex_node_, kDefaultLine), KNOT_RRTYPE_SOA);
    const std::span<const uint8_t> rdata(rdata_of(*soa_) + 2, soa_->size - 2);
    // RFC 2308 section 5: MINIMUM, the last field, bounds for how long a denial is kept.
    const uint32_t ttl = std::min(soa_->ttl, read_u32(rdata.last(4).data()));
    negative_soa_ = NegativeSoa(apex_, ttl, rdata);
}

const Node& ZoneImage::closest_encloser(DnameView name) const {
    const Node* node = nullptr;
    while (node == nullptr) node = find(name = dname_parent(name));
    return *node;
}

const Node* ZoneImage::source_of(DnameView name) const {
    if (const Node* node = find(name)) return node;
    const Node& encloser = closest_encloser(name);
    return (encloser.flags & Node::kWildcardBelow) != 0 ? find("\1*" + Dname(name_of(encloser))) : nullptr;
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
    return node.line_count > 1 || (node.line_count == 1 && lines(node)[0].line != kDefaultLine);
}

std::vector<LineId> ZoneImage::used_lines() const {
    std::vector<LineId> used;
    for (size_t line = 0; line < names_on_line_.size(); ++line)
        if (names_on_line_[line] != 0) used.push_back(static_cast<LineId>(line));
    return used;
}

ZoneRecords ZoneImage::records(const LineCatalog& catalog) const {
    RecordsWriter writer(apex_, catalog);
    writer.name_lines(used_lines());
    for (const Node& node : nodes()) writer.add(node);
    return writer.take();
}

uint32_t ZoneImage::serial() const {
    return read_u32(rdata_of(*soa_) + soa_->size - 20);
}

size_t ZoneImage::memory() const {
    size_t bytes = sizeof *this + shards_.memory() + aliases_.memory() + negative_soa_.memory() +
                   names_on_line_.capacity() * sizeof(uint32_t);
    for (const ZoneShard& shard : shards_) bytes += shard.memory();
    return bytes;
}

std::vector<Dname> inner_targets(const ZoneImage& zone, const Node& node) {
    std::vector<Dname> targets;
    for (const LineRecords& records : zone.lines(node)) {
        const Rrset* cname = zone.rrset(records, KNOT_RRTYPE_CNAME);
        if (cname == nullptr) continue;
        for_each_rdata(*cname, [&](std::span<const uint8_t> rdata) {
            Dname target(reinterpret_cast<const char*>(rdata.data()), rdata.size());
            dname_fold(reinterpret_cast<uint8_t*>(target.data()), target.size());
            if (dname_in(target, zone.apex()) && std::find(targets.begin(), targets.end(), target) == targets.end())
                targets.push_back(std::move(target));
        });
    }
    return targets;
}

}  // namespace splitline
