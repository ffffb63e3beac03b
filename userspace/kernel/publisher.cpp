// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/publisher.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "compile/above_apex.h"

namespace splitline {

namespace {

// For every zone the apexes of the served zones right inside it.
std::map<DnameView, std::vector<Dname>> nested_apexes(const Image& image) {
    std::map<DnameView, std::vector<Dname>> nested;
    for (const ZoneSource& zone : image.zones) {
        for (DnameView up = zone.image->apex(); up.size() > 1;) {
            up = dname_parent(up);
            if (image.zone_at(up) == nullptr) continue;
            nested[image.zone_at(up)->image->apex()].emplace_back(zone.image->apex());
            break;
        }
    }
    for (auto& [apex, inside] : nested) std::sort(inside.begin(), inside.end());
    return nested;
}

bool inside_any(DnameView name, const std::vector<Dname>& apexes) {
    return std::any_of(apexes.begin(), apexes.end(), [&](const Dname& apex) { return dname_in(name, apex); });
}

uint64_t mib(uint64_t bytes) {
    return (bytes + (1U << 20) - 1) >> 20;
}

}  // namespace

Publisher::Publisher(MappedMaps maps, uint64_t hash_seed, uint32_t max_names, std::function<void()> wait_for_readers)
    : maps_(std::move(maps)),
      table_(maps_.buckets, maps_.arena.data()->bytes, hash_seed),
      arena_(static_cast<uint32_t>(maps_.arena.size())),
      max_names_(max_names),
      wait_for_readers_(std::move(wait_for_readers)) {
    for (auto number = static_cast<uint32_t>(maps_.zones.size()); number-- > 0;) free_zone_numbers_.push_back(number);
}

uint64_t Publisher::generation() const {
    return SL_GENERATION(maps_.control[0].word);
}

Result<void> Publisher::publish(std::shared_ptr<const Image> image, const std::function<void()>& on_served) {
    reclaim();
    if (auto fits = check_names(*image); !fits) return fits;
    coming_ = image->generation;
    missing_bytes_ = full_buckets_ = 0;
    next_zones_ = zones_;
    try {
        if (auto written = write(*image); !written) {
            roll_back();
            return written;
        }
        flip(*image);
    } catch (...) {
        roll_back();
        throw;
    }
    if (on_served) on_served();
    retire();
    served_ = std::move(image);
    return {};
}

// Frees what the last commit made unreachable, once no packet can be reading it any more.
void Publisher::reclaim() {
    if (retired_objects_.empty() && retired_tables_.empty() && gone_names_.empty()) return;
    wait_for_readers_();
    // A packet that comes in just now may still read the slot of a name that is gone: its record waits once more.
    std::vector<std::pair<sl_ref, uint32_t>> later;
    for (const NameChange& gone : gone_names_) {
        table_.clear(*table_.find(gone.name));
        later.emplace_back(gone.after, units_of(gone.after));
    }
    for (const sl_ref ref : retired_links_)
        store(reinterpret_cast<sl_name_record*>(arena_bytes() + size_t{ref} * SL_UNIT)->prev, sl_ref{0});
    for (const auto& [ref, units] : retired_objects_) arena_.free(ref, units);
    for (const Table& table : retired_tables_) arena_.free_pages(table.first, table.pages);
    for (const uint32_t number : retired_zone_numbers_) {
        set_zone(number, 0);
        free_zone_numbers_.push_back(number);
    }
    retired_zone_numbers_.clear();
    retired_objects_ = std::move(later);
    retired_tables_.clear();
    gone_names_.clear();
    retired_links_.clear();
}

Result<void> Publisher::check_names(const Image& image) const {
    uint64_t names = 0;
    for (const ZoneSource& zone : image.zones)
        names +=
            static_cast<uint64_t>(std::count_if(zone.image->nodes().begin(), zone.image->nodes().end(), in_name_table));
    if (names > max_names_)
        return Error{
            fmt::format("the zones have {} names and xdp.max_names is {}: {} too many; raise xdp.max_names and restart",
                        names, max_names_, names - max_names_)};
    // A zone that leaves keeps its number until the commit after this one.
    const auto leaving = static_cast<size_t>(std::count_if(
        zones_.begin(), zones_.end(), [&](const auto& zone) { return image.zone_at(zone.first) == nullptr; }));
    if (image.zones.size() + leaving > maps_.zones.size())
        return Error{fmt::format(
            "there are {} zones, {} more are leaving, and xdp.max_zones is {}; raise xdp.max_zones and restart",
            image.zones.size(), leaving, maps_.zones.size())};
    return {};
}

Result<void> Publisher::write(const Image& image) {
    if (auto tables = write_tables(image); !tables) return tables;
    auto all_nested = nested_apexes(image);
    std::vector<Dname> rewritten;
    const bool same_tables = served_ != nullptr && served_->classes == image.classes;
    for (const ZoneSource& zone : image.zones) {
        std::vector<Dname>& nested = all_nested[zone.image->apex()];
        const auto known = zones_.find(Dname(zone.image->apex()));
        if (same_tables && known != zones_.end() && known->second.source.image == zone.image &&
            known->second.nested == nested && known->second.source.profiles == zone.profiles)
            continue;
        write_zone(image, zone, std::move(nested), same_tables);
        rewritten.emplace_back(zone.image->apex());
    }
    write_above_apexes(image);
    // Only when all names are written: one that another zone has taken over is not gone.
    for (const Dname& apex : rewritten)
        if (const auto known = zones_.find(apex); known != zones_.end())
            remove_names(known->second, &next_zones_.at(apex));
    remove_zones(image);
    for (const auto& [name, flags] : above_apexes_)
        if (!next_above_apexes_.contains(name)) remove_name(name, SL_NO_ZONE);
    if (missing_bytes_ > 0 || full_buckets_ > 0) return shortage();
    return {};
}

// Classes and profiles of the coming generation; those of an unchanged image stay where they are.
Result<void> Publisher::write_tables(const Image& image) {
    next_classes_ = classes_;
    next_profiles_ = profiles_;
    if (served_ == nullptr || served_->classes != image.classes) next_classes_ = write_table(image.classes->cells);
    if (served_ == nullptr || served_->profiles != image.profiles)
        next_profiles_ = write_table(image.profiles->variants);
    if (missing_bytes_ > 0) return shortage();
    return {};
}

template <typename T>
Publisher::Table Publisher::write_table(const std::vector<T>& cells) {
    const size_t bytes = cells.size() * sizeof(T);
    const auto pages = static_cast<uint32_t>((bytes + SL_PAGE_SIZE - 1) / SL_PAGE_SIZE);
    const auto first = arena_.allocate_pages(pages);
    if (!first) {
        missing_bytes_ += uint64_t{pages} * SL_PAGE_SIZE;
        return {};
    }
    std::memcpy(maps_.arena[*first].bytes, cells.data(), bytes);
    return {*first, pages};
}

void Publisher::write_zone(const Image& image, const ZoneSource& zone, std::vector<Dname> nested, bool same_tables) {
    const Dname apex(zone.image->apex());
    const auto known = zones_.find(apex);
    ZoneState state;
    state.source = zone;
    state.nested = std::move(nested);
    if (known != zones_.end()) {
        state.number = known->second.number;
    } else {
        state.number = free_zone_numbers_.back();
        free_zone_numbers_.pop_back();
    }
    std::vector<uint8_t> soa = encode_zone_record(*zone.image);
    const sl_ref before = maps_.zones[state.number].ref;
    if (before == 0 ||
        std::memcmp(object(before) + offsetof(sl_zone_record, size), soa.data() + offsetof(sl_zone_record, size),
                    soa.size() - offsetof(sl_zone_record, size)) != 0) {
        const sl_ref after = put(soa, before);
        if (after != 0) {
            zone_changes_.push_back({state.number, before, after});
            set_zone(state.number, after);
        }
    }
    // What the table has of a zone that lies as it lay before need only be looked at where its records changed.
    const bool comparable = same_tables && known != zones_.end() && known->second.nested == state.nested;
    write_names(image, state, comparable ? &known->second : nullptr);
    next_zones_[apex] = std::move(state);
}

// `before`: the zone as it is in the table, where its unchanged names may be passed over; else nullptr.
void Publisher::write_names(const Image& image, ZoneState& state, const ZoneState* before) {
    NameRecordEncoder encoder(image);
    size_t hint = 0;
    for (const Node& node : state.source.image->nodes()) {
        const DnameView name = state.source.image->name(node);
        if (!in_name_table(node) || inside_any(name, state.nested)) continue;
        ++state.names;
        if (before != nullptr) {
            const ZoneImage& old = *before->source.image;
            if (const Node* was = old.find_near(name, hint); was != nullptr) {
                hint = static_cast<size_t>(was - old.nodes().data()) + 1;
                if (same_record(before->source, *was, state.source, node)) {
                    if (before->unfit.contains(Dname(name))) state.unfit.emplace(name);
                    continue;
                }
            }
        }
        std::vector<uint8_t> record = encoder.encode(state.source, node);
        reinterpret_cast<sl_name_record*>(record.data())->zone = state.number;
        if (encoder.unfit()) state.unfit.emplace(name);
        write_name(name, std::move(record));
    }
}

void Publisher::write_name(DnameView name, std::vector<uint8_t> record) {
    const auto known = table_.find(name);
    const sl_ref before = known ? table_.get(*known) : 0;
    if (before != 0) {
        const auto& old = *reinterpret_cast<const sl_name_record*>(object(before));
        if (size_t{old.size} * SL_UNIT == record.size() &&
            std::memcmp(object(before) + SL_VERSION_SIZE, record.data() + SL_VERSION_SIZE,
                        record.size() - SL_VERSION_SIZE) == 0)
            return;
    }
    const auto slot = known ? known : table_.place(name);
    if (!slot) {
        ++full_buckets_;
        return;
    }
    const sl_ref after = put(record, before);
    if (after == 0) return;
    name_changes_.push_back({Dname(name), before, after});
    table_.set(*slot, name, after);
}

// Names the zone had and has no more leave the table with the coming generation, unless another zone has taken them
// over.
void Publisher::remove_names(const ZoneState& before, const ZoneState* after) {
    size_t hint = 0;
    for (const Node& node : before.source.image->nodes()) {
        const DnameView name = before.source.image->name(node);
        if (!in_name_table(node) || inside_any(name, before.nested)) continue;
        if (after != nullptr && !inside_any(name, after->nested)) {
            const Node* still = after->source.image->find_near(name, hint);
            if (still != nullptr) hint = static_cast<size_t>(still - after->source.image->nodes().data()) + 1;
            if (still != nullptr && in_name_table(*still)) continue;
        }
        remove_name(name, before.number);
    }
}

// Unless the name belongs to another zone by now.
void Publisher::remove_name(DnameView name, uint32_t zone) {
    const auto slot = table_.find(name);
    if (!slot) return;
    const auto& record = *reinterpret_cast<const sl_name_record*>(object(table_.get(*slot)));
    if (record.zone != zone || record.variant_count == 0) return;
    std::vector<uint8_t> gone((sizeof record + name.size() + SL_UNIT - 1) / SL_UNIT * SL_UNIT, 0);
    auto& header = *reinterpret_cast<sl_name_record*>(gone.data());
    header.zone = zone;
    header.name_length = static_cast<uint8_t>(name.size());
    header.size = static_cast<uint16_t>(gone.size() / SL_UNIT);
    std::memcpy(gone.data() + sizeof header, name.data(), name.size());
    write_name(name, std::move(gone));
}

// Which names are above an apex only changes with the zones served, or where one zone lies in another.
void Publisher::write_above_apexes(const Image& image) {
    next_above_apexes_ = names_above_apexes(image);
    NameRecordEncoder encoder(image);
    for (const auto& [name, flags] : next_above_apexes_) write_name(name, encoder.encode_marker(name, flags));
}

void Publisher::remove_zones(const Image& image) {
    for (const auto& [apex, state] : zones_) {
        if (image.zone_at(apex) != nullptr) continue;
        remove_names(state, nullptr);
        next_zones_.erase(apex);
    }
}

// Copies a record into the arena as the version of the coming generation; 0 and a count of the missing bytes without
// room.
sl_ref Publisher::put(std::vector<uint8_t>& record, sl_ref prev) {
    const auto ref =
        missing_bytes_ == 0 ? arena_.allocate(static_cast<uint32_t>(record.size() / SL_UNIT)) : std::nullopt;
    if (!ref) {
        missing_bytes_ += record.size();
        return 0;
    }
    std::memcpy(record.data(), &coming_, sizeof coming_);
    std::memcpy(record.data() + offsetof(sl_name_record, prev), &prev, sizeof prev);
    std::memcpy(arena_bytes() + size_t{*ref} * SL_UNIT, record.data(), record.size());
    return *ref;
}

void Publisher::set_zone(uint32_t number, sl_ref ref) {
    store(maps_.zones[number].ref, ref);
}

uint32_t Publisher::units_of(sl_ref name_record) const {
    return reinterpret_cast<const sl_name_record*>(object(name_record))->size;
}

void Publisher::flip(const Image& image) {
    sl_control& control = maps_.control[0];
    const uint64_t slot = SL_EPOCH_SLOT(control.word) ^ 1;
    const sl_epoch epoch = {next_classes_.first, next_profiles_.first,
                            static_cast<uint32_t>(image.profiles->class_count),
                            static_cast<uint32_t>(image.profiles->profiles.size())};
    if (std::memcmp(&control.epoch[slot], &epoch, sizeof epoch) != 0) {
        // A packet of the generation before this one may still be reading the slot.
        if (control.word != 0) wait_for_readers_();
        control.epoch[slot] = epoch;
    }
    store(control.word, static_cast<__u64>(coming_ << 1 | slot));
}

void Publisher::retire() noexcept {
    for (const NameChange& change : name_changes_) {
        const auto& record = *reinterpret_cast<const sl_name_record*>(object(change.after));
        if (record.variant_count == 0) {
            gone_names_.push_back(change);
        } else if (change.before != 0) {
            retired_links_.push_back(change.after);
        }
        if (change.before != 0) retired_objects_.emplace_back(change.before, units_of(change.before));
    }
    for (const ZoneChange& change : zone_changes_) {
        if (change.before == 0) continue;
        retired_links_.push_back(change.after);
        retired_objects_.emplace_back(change.before,
                                      reinterpret_cast<const sl_zone_record*>(object(change.before))->size);
    }
    if (classes_.pages != 0 && classes_.first != next_classes_.first) retired_tables_.push_back(classes_);
    if (profiles_.pages != 0 && profiles_.first != next_profiles_.first) retired_tables_.push_back(profiles_);
    classes_ = next_classes_;
    profiles_ = next_profiles_;
    for (const auto& [apex, state] : zones_) {
        if (next_zones_.contains(apex)) continue;
        const sl_ref soa = maps_.zones[state.number].ref;
        retired_objects_.emplace_back(soa, reinterpret_cast<const sl_zone_record*>(object(soa))->size);
        retired_zone_numbers_.push_back(state.number);
    }
    zones_ = std::move(next_zones_);
    above_apexes_ = std::move(next_above_apexes_);
    name_changes_.clear();
    zone_changes_.clear();
}

void Publisher::roll_back() noexcept {
    for (auto change = name_changes_.rbegin(); change != name_changes_.rend(); ++change) {
        // Not there: the write ended between the note and the table.
        if (const auto slot = table_.find(change->name); slot && change->before != 0)
            table_.set(*slot, change->name, change->before);
        else if (slot)
            table_.clear(*slot);
        retired_objects_.emplace_back(change->after, units_of(change->after));
    }
    for (auto change = zone_changes_.rbegin(); change != zone_changes_.rend(); ++change) {
        set_zone(change->number, change->before);
        retired_objects_.emplace_back(change->after,
                                      reinterpret_cast<const sl_zone_record*>(object(change->after))->size);
    }
    for (const auto& [apex, state] : next_zones_)
        if (!zones_.contains(apex)) free_zone_numbers_.push_back(state.number);
    if (next_classes_.pages != 0 && next_classes_.first != classes_.first) retired_tables_.push_back(next_classes_);
    if (next_profiles_.pages != 0 && next_profiles_.first != profiles_.first) retired_tables_.push_back(next_profiles_);
    name_changes_.clear();
    zone_changes_.clear();
}

Error Publisher::shortage() const {
    if (missing_bytes_ == 0)
        return Error{fmt::format("{} names found no place in the name table; raise xdp.max_names (now {}) and restart",
                                 full_buckets_, max_names_)};
    const uint64_t have = uint64_t{arena_.pages()} * SL_PAGE_SIZE;
    return Error{
        fmt::format("the image does not fit: a commit needs {} MiB beside the {} MiB in use and xdp.arena_mib is {}: "
                    "{} MiB short; raise "
                    "xdp.arena_mib and restart",
                    mib(missing_bytes_), mib(arena_.used_bytes()), mib(have), mib(missing_bytes_))};
}

PublishedUsage Publisher::usage() const {
    PublishedUsage usage;
    for (const auto& [apex, state] : zones_) {
        usage.names += state.names;
        usage.unfit_names += state.unfit.size();
    }
    usage.zones = zones_.size();
    usage.arena_bytes = arena_.used_bytes();
    return usage;
}

}  // namespace splitline
