// SPDX-License-Identifier: GPL-3.0-or-later
// The commit as a whole; publisher_names.cpp writes its names.
#include "kernel/publisher.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

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

uint64_t table_names(const ZoneImage& zone) {
    return zone.nodes().size() - zone.occluded_count();
}

// How many names zones have inside of others, which have them in the table instead.
uint64_t hidden_names(const Image& image) {
    uint64_t hidden = 0;
    for (const auto& [apex, inside] : nested_apexes(image))
        for (const Node& node : image.zone_at(apex)->image->nodes())
            hidden += in_name_table(node) && is_inside_any(name_of(node), inside) ? 1U : 0U;
    return hidden;
}

// Ways to make room, one after the other: make_room().
constexpr unsigned kRemedies = 4;

uint64_t mib(uint64_t bytes) {
    return (bytes + (1U << 20) - 1) >> 20;
}

}  // namespace

Publisher::Publisher(MappedMaps maps, uint64_t hash_seed, uint32_t max_names, std::function<void()> wait_for_readers)
    : maps_(std::move(maps)),
      wait_for_readers_(std::move(wait_for_readers)),
      table_(maps_.buckets, maps_.arena.data()->bytes, hash_seed,
             [this] {
                 if (maps_.control[0].word != 0) wait_for_readers_();
             }),
      arena_(static_cast<uint32_t>(maps_.arena.size())),
      max_names_(max_names),
      reclaimer_(
          arena_, table_, maps_.arena.data()->bytes,
          [this](uint32_t number) {
              store(maps_.zones[number].ref, sl_ref{0});
              free_zone_numbers_.push_back(number);
          },
          wait_for_readers_),
      filter_(maps_.arena.data()->bytes),
      hot_names_(kNamesEstimated) {
    for (auto number = static_cast<uint32_t>(maps_.zones.size()); number-- > 0;) free_zone_numbers_.push_back(number);
}

uint64_t Publisher::generation() const {
    return SL_GENERATION(maps_.control[0].word);
}

Result<void> Publisher::publish(const std::shared_ptr<const Image>& image, const std::function<void()>& on_served) {
    if (image->generation <= generation())
        throw std::invalid_argument(fmt::format("an image of generation {} cannot follow one of generation {}",
                                                image->generation, generation()));
    reclaimer_.turn_over();
    missing_bytes_ = full_buckets_ = excess_names_ = 0;
    demoted_.clear();
    may_begin_homes_ = true;
    if (auto counted = count_names_and_zones(*image); !counted) return counted;
    const bool was_complete = !filter_.active(), needs_filter = was_complete && next_image_names_ > max_names_;
    if ((needs_filter || filter_.worn()) && !begin_leaving_out(*image) && needs_filter) return shortage();
    auto done = try_publish(image, on_served);
    for (unsigned remedy = 0; !done && is_short() && remedy < kRemedies; ++remedy) {
        if (!make_room(remedy, *image)) continue;
        reclaimer_.settle();
        done = try_publish(image, on_served);
    }
    if (!done) restore(was_complete);
    return done;
}

Result<void> Publisher::try_publish(const std::shared_ptr<const Image>& image, const std::function<void()>& on_served) {
    end_commit();  // of one that an exception ended
    coming_ = image->generation;
    missing_bytes_ = full_buckets_ = excess_names_ = left_out_ = 0;
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
    served_ = image;
    return {};
}

Result<void> Publisher::count_names_and_zones(const Image& image) {
    next_image_names_ = 0;
    size_t leaving = 0;
    if (served_ != nullptr && served_->apexes == image.apexes) {
        next_image_names_ = image_names_;
        image.zones.for_each_unshared(served_->zones, [&](size_t at) {
            next_image_names_ += table_names(*image.zones[at].image) - table_names(*served_->zones[at].image);
        });
    } else {
        for (const ZoneSource& zone : image.zones) next_image_names_ += table_names(*zone.image);
        next_image_names_ -= hidden_names(image);
        const auto leaves = [&](const auto& zone) { return image.zone_at(zone.first) == nullptr; };
        leaving = static_cast<size_t>(std::count_if(zones_.begin(), zones_.end(), leaves));
        // A zone that leaves keeps its number until no packet looks it up any more.
        if (image.zones.size() + leaving + reclaimer_.leaving_zones() > maps_.zones.size()) reclaimer_.settle();
    }
    if (image.zones.size() + leaving > maps_.zones.size())
        return Error{fmt::format(
            "there are {} zones, {} more are leaving, and xdp.max_zones is {}; raise xdp.max_zones and restart",
            image.zones.size(), leaving, maps_.zones.size())};
    return {};
}

Result<void> Publisher::write(const Image& image) {
    if (auto tables = write_tables(image); !tables) return tables;
    const bool same_tables = served_ != nullptr && served_->apexes == image.apexes && same_classes(*served_, image);
    leaf_room_ = same_tables ? leaf_room() : 0;
    begin_homes(image);
    if (same_tables)
        write_changed_zones(image);
    else
        write_all_zones(image);
    // Behind all that must have a place.
    if (filter_.active() && (!same_tables || next_image_names_ < refill_below_)) fill(image);
    // Only when all names are written: one that another zone has taken over is not gone.
    for (const auto& [name, zone] : leaving_) {
        remove_name(name, zone);
        filter_.note_gone();
    }
    if (above_apexes_written_)
        for (const auto& [name, flags] : above_apexes_)
            if (!next_above_apexes_.contains(name)) remove_name(name, SL_NO_ZONE);
    if (names_ > max_names_) excess_names_ = names_ - max_names_;
    if (is_short()) return shortage();
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
PageRun Publisher::write_table(const std::vector<T>& cells) {
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

// The same zones as before over the same classes: whatever differs lies in chunks and shards that are not shared.
void Publisher::write_changed_zones(const Image& image) {
    bool has_nested = false;
    image.zones.for_each_unshared(served_->zones, [&](size_t at) {
        const ZoneSource& zone = image.zones[at];
        if (zone.image == served_->zones[at].image) return;
        const ZoneState& state = zones_.at(Dname(zone.image->apex()));
        has_nested = has_nested || !state.nested.empty();
        write_zone(image, zone, state, served_->zones[at].image.get());
    });
    // Which of the names above an apex a zone has only matters where the zone lies around another.
    if (has_nested) write_above_apexes(image);
}

void Publisher::write_all_zones(const Image& image) {
    auto all_nested = nested_apexes(image);
    const bool same_tables = served_ != nullptr && same_classes(*served_, image);
    for (const ZoneSource& zone : image.zones) {
        const Dname apex(zone.image->apex());
        const auto known = zones_.find(apex);
        const ZoneSource* before = known != zones_.end() ? served_->zone_at(apex) : nullptr;
        ZoneState state;
        state.nested = std::move(all_nested[zone.image->apex()]);
        const bool same_place = before != nullptr && known->second.nested == state.nested;
        if (same_tables && same_place && before->image == zone.image) continue;
        if (known != zones_.end()) {
            state.number = known->second.number;
        } else {
            state.number = free_zone_numbers_.back();
            free_zone_numbers_.pop_back();
        }
        new_zones_[apex] = state;
        // What the table has of a zone that lies as it lay before need only be looked at where its records changed.
        write_zone(image, zone, state, same_tables && same_place ? before->image.get() : nullptr);
        if (before != nullptr && !(same_tables && same_place))
            leave(*before->image, known->second, zone.image.get(), &state);
    }
    write_above_apexes(image);
    for (const auto& [apex, state] : zones_) {
        if (image.zone_at(apex) != nullptr) continue;
        leave(*served_->zone_at(apex)->image, state, nullptr, nullptr);
        gone_zones_.push_back(apex);
    }
}

void Publisher::flip(const Image& image) {
    sl_epoch epoch{};
    epoch.class_page = next_classes_.first;
    epoch.profile_page = next_profiles_.first;
    epoch.class_count = static_cast<uint32_t>(image.profiles->class_count);
    epoch.profile_count = static_cast<uint32_t>(image.profiles->profiles.size());
    if (!ends_filter_) {
        epoch.filter_page = filter_.pages().first;
        epoch.filter_words = filter_.words();
    }
    epoch.homes = arena_.homes();
    serve(coming_, epoch);
}

void Publisher::serve(uint64_t generation, const sl_epoch& epoch) {
    sl_control& control = maps_.control[0];
    const uint64_t slot = SL_EPOCH_SLOT(control.word) ^ 1;
    if (std::memcmp(&control.epoch[slot], &epoch, sizeof epoch) != 0) {
        // A packet of the generation before this one may still be reading the slot.
        if (control.word != 0) wait_for_readers_();
        control.epoch[slot] = epoch;
    }
    store(control.word, static_cast<__u64>(generation << 1 | slot));
}

void Publisher::retire() noexcept {
    for (const NameChange& change : name_changes_) {
        if (change.gone)
            reclaimer_.retire_name(table_.name_of(change.after), change.after);
        else if (change.before != 0)
            reclaimer_.retire_version_behind(change.after);
        if (change.before != 0) reclaimer_.retire_object(change.before, units_of(change.before));
    }
    for (const ZoneChange& change : zone_changes_) {
        if (change.before == 0) continue;
        reclaimer_.retire_version_behind(change.after);
        reclaimer_.retire_object(change.before, units_of_zone(change.before));
    }
    if (classes_.pages != 0 && classes_.first != next_classes_.first) reclaimer_.retire_pages(classes_);
    if (profiles_.pages != 0 && profiles_.first != next_profiles_.first) reclaimer_.retire_pages(profiles_);
    classes_ = next_classes_;
    profiles_ = next_profiles_;
    if (ends_filter_) end_filter();
    for (const Dname& apex : gone_zones_) {
        const uint32_t number = zones_.at(apex).number;
        const sl_ref soa = maps_.zones[number].ref;
        reclaimer_.retire_object(soa, units_of_zone(soa));
        reclaimer_.retire_zone(number);
        zones_.erase(apex);
    }
    for (auto& [apex, state] : new_zones_) zones_[apex] = std::move(state);
    if (above_apexes_written_) above_apexes_ = std::move(next_above_apexes_);
    image_names_ = next_image_names_;
    if (began_homes_) arena_.keep_homes();
    end_commit();
    reclaimer_.turn_over();
}

void Publisher::roll_back() noexcept {
    for (auto change = name_changes_.rbegin(); change != name_changes_.rend(); ++change) {
        const DnameView name = table_.name_of(change->after);
        names_ += (change->before != 0 && is_name_of_zone(change->before) ? 1U : 0U);
        names_ -= is_name_of_zone(change->after) ? 1U : 0U;
        // Not there: the write ended between the note and the table.
        if (const auto slot = table_.find(name); slot && change->before != 0)
            table_.set(*slot, change->before);
        else if (slot)
            table_.clear(*slot);
        reclaimer_.retire_object(change->after, units_of(change->after));
    }
    for (auto change = zone_changes_.rbegin(); change != zone_changes_.rend(); ++change) {
        store(maps_.zones[change->number].ref, change->before);
        reclaimer_.retire_object(change->after, units_of_zone(change->after));
    }
    for (auto change = unfit_changes_.rbegin(); change != unfit_changes_.rend(); ++change) {
        if (change->second)
            unfit_.insert(change->first);
        else
            unfit_.erase(change->first);
    }
    for (const auto& [apex, state] : new_zones_)
        if (!zones_.contains(apex)) free_zone_numbers_.push_back(state.number);
    if (next_classes_.pages != 0 && next_classes_.first != classes_.first) reclaimer_.retire_pages(next_classes_);
    if (next_profiles_.pages != 0 && next_profiles_.first != profiles_.first) reclaimer_.retire_pages(next_profiles_);
    if (began_homes_) arena_.undo_homes();
    end_commit();
}

void Publisher::end_commit() {
    name_changes_.clear();
    zone_changes_.clear();
    unfit_changes_.clear();
    leaving_.clear();
    new_zones_.clear();
    gone_zones_.clear();
    next_above_apexes_.clear();
    above_apexes_written_ = false;
    ends_filter_ = false;
    began_homes_ = false;
}

Error Publisher::shortage() const {
    if (missing_bytes_ == 0 && excess_names_ > 0)
        return Error{
            fmt::format("the zones have {} names that must be in the name table (with names below them, delegations, "
                        "wildcards) and "
                        "xdp.max_names is {}: {} too many; raise xdp.max_names and restart",
                        max_names_ + excess_names_, max_names_, excess_names_)};
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
    const uint64_t left_out = filter_.active() && image_names_ > names_ ? image_names_ - names_ : 0;
    return {names_, left_out, unfit_.size(), zones_.size(), arena_.used_bytes()};
}

}  // namespace splitline
