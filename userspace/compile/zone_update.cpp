// SPDX-License-Identifier: GPL-3.0-or-later
#include "compile/zone_update.h"

#include <algorithm>

#include "compile/records_writer.h"

namespace splitline {

namespace {

// A zone that has outgrown its shards by so much is spread anew.
constexpr size_t kGrowthMax = 4;

}  // namespace

ZoneUpdate::Touched& ZoneUpdate::touch(DnameView name) {
    const auto [at, added] = touched_.try_emplace(Dname(name));
    Touched& touched = at->second;
    if (!added) return touched;
    touched.before = base_.find(name);
    if (touched.before == nullptr) return touched;
    touched.exists = true;
    touched.children = touched.before->children;
    touched.flags = touched.before->flags;
    return touched;
}

void ZoneUpdate::replace(DnameView name, std::vector<NodeRecord> records) {
    std::stable_sort(records.begin(), records.end(), [](const NodeRecord& a, const NodeRecord& b) {
        return std::pair(a.line, a.type) < std::pair(b.line, b.type);
    });
    Touched& touched = touch(name);
    const unsigned structure = structure_flags(records, name == base_.apex());
    structural_ = structural_ || structure != (touched.flags & Node::kStructure);
    touched.flags = static_cast<uint8_t>((touched.flags & ~unsigned{Node::kStructure}) | structure);
    touched.records = std::move(records);
    touched.replaced = true;
}

// The name exists from now on, and with it all names above it.
void ZoneUpdate::add(DnameView name) {
    Touched& touched = touch(name);
    if (touched.exists) return;
    touched.exists = true;
    if (is_occluded(name)) touched.flags |= Node::kOccluded;
    const DnameView parent = dname_parent(name);
    add(parent);
    Touched& above = touch(parent);
    ++above.children;
    if (dname_is_wildcard(name)) above.flags |= Node::kWildcardBelow;
}

// The name exists no more if nothing holds it, and neither do those above it that it alone held.
void ZoneUpdate::remove(DnameView name) {
    Touched& touched = touch(name);
    if (!touched.exists || touched.has_records() || touched.children != 0 || name == base_.apex()) return;
    touched.exists = false;
    const DnameView parent = dname_parent(name);
    Touched& above = touch(parent);
    --above.children;
    if (dname_is_wildcard(name)) above.flags = static_cast<uint8_t>(above.flags & ~Node::kWildcardBelow);
    remove(parent);
}

// What a name is below is what `base_` says, as long as the change is not structural.
bool ZoneUpdate::is_occluded(DnameView name) const {
    while (name.size() > base_.apex().size()) {
        name = dname_parent(name);
        if (const Node* node = base_.find(name)) return (node->flags & (Node::kStructure | Node::kOccluded)) != 0;
    }
    return false;
}

std::shared_ptr<const ZoneImage> ZoneUpdate::finish() {
    if (structural_) return ZoneImage::build(records(), catalog_);
    std::vector<Dname> given;
    for (const auto& [name, touched] : touched_) given.push_back(name);
    for (const Dname& name : given)
        if (touched_.at(name).has_records()) add(name);
    for (const Dname& name : given) remove(name);

    std::shared_ptr<ZoneImage> image(new ZoneImage);
    image->apex_ = base_.apex_;
    image->shards_ = base_.shards_;
    image->shard_bits_ = base_.shard_bits_;
    image->aliases_ = base_.aliases_;
    image->names_on_line_ = base_.names_on_line_;
    image->names_on_line_.resize(std::max(image->names_on_line_.size(), catalog_.size()));
    image->node_count_ = base_.node_count_;
    image->record_count_ = base_.record_count_;
    image->occluded_count_ = base_.occluded_count_;
    write_shards(*image);
    image->settle();
    if (image->node_count_ > image->shards_.size() * ZoneImage::kNamesAShard * kGrowthMax)
        return ZoneImage::build(image->records(catalog_), catalog_);
    return image;
}

void ZoneUpdate::write_shards(ZoneImage& image) {
    std::map<size_t, std::vector<const std::pair<const Dname, Touched>*>> by_shard;
    for (const auto& entry : touched_) by_shard[image.shard_of(dname_hash(entry.first))].push_back(&entry);
    for (const auto& [shard, touched] : by_shard) image.shards_.set(shard, rewrite(base_.shards_[shard], touched));
    for (const auto& [name, touched] : touched_) {
        if (touched.before != nullptr && (touched.replaced || !touched.exists)) count(image, *touched.before, false);
        if (touched.exists && (touched.replaced || touched.before == nullptr)) count(image, *image.find(name), true);
        const size_t occluded = (touched.flags & Node::kOccluded) != 0 ? 1 : 0;
        image.node_count_ += touched.exists ? 1 : 0;
        image.occluded_count_ += touched.exists ? occluded : 0;
        image.node_count_ -= touched.before != nullptr ? 1 : 0;
        image.occluded_count_ -= touched.before != nullptr ? occluded : 0;
    }
}

ZoneShard ZoneUpdate::rewrite(const ZoneShard& shard,
                              const std::vector<const std::pair<const Dname, Touched>*>& touched) {
    ShardWriter writer;
    for (const Node* node = shard.first(); node != nullptr; node = shard.next(*node)) {
        const auto at =
            std::find_if(touched.begin(), touched.end(), [&](const auto* each) { return each->second.before == node; });
        if (at == touched.end())
            writer.copy(*node);
        else if ((*at)->second.exists)
            write(writer, (*at)->first, (*at)->second);
    }
    for (const auto* each : touched)
        if (each->second.before == nullptr && each->second.exists) write(writer, each->first, each->second);
    return writer.finish();
}

void ZoneUpdate::write(ShardWriter& writer, const Dname& name, const Touched& touched) {
    if (touched.replaced || touched.before == nullptr)
        writer.add(name, touched.flags, touched.children, touched.records);
    else
        writer.copy(*touched.before, touched.flags, touched.children);
}

// Takes what the node has into the sums over the zone, or out of them.
void ZoneUpdate::count(ZoneImage& image, const Node& node, bool gained) {
    for (const LineRecords& on_line : lines_of(node)) {
        image.names_on_line_[on_line.line] += gained ? 1 : UINT32_MAX;
        for (const Rrset& rrset : rrsets_of(on_line))
            image.record_count_ += gained ? rrset.count : size_t{0} - rrset.count;
    }
    for (const Dname& target : inner_targets(image, node)) {
        if (gained)
            image.aliases_.insert(target, name_of(node));
        else
            image.aliases_.erase(target, name_of(node));
    }
}

ZoneRecords ZoneUpdate::records() const {
    RecordsWriter writer(base_.apex(), catalog_, {"the zone as changed"});
    writer.name_lines(base_.used_lines());
    for (const Node& node : base_.nodes()) {
        const auto touched = touched_.find(Dname(name_of(node)));
        if (touched == touched_.end() || !touched->second.replaced) writer.add(node);
    }
    for (const auto& [name, touched] : touched_)
        if (touched.replaced) writer.add(name, touched.records);
    return writer.take();
}

}  // namespace splitline
