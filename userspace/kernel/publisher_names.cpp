// SPDX-License-Identifier: GPL-3.0-or-later
// Publisher: the names and the SOA of one zone.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <mutex>
#include <utility>

#include "base/parallel.h"
#include "compile/above_apex.h"
#include "compile/zone_delta.h"
#include "kernel/publisher.h"

namespace splitline {

namespace {

// Names that one thread encodes before it looks whether the table is free, and shards of about as many.
constexpr size_t kNamesAPart = 1024, kShardsAPart = kNamesAPart / ZoneImage::kNamesAShard;
// Bytes of records that wait to be written before threads wait for the table rather than encode more.
constexpr size_t kBytesWaiting = size_t{8} << 20;
// Room that is made for a record; most take no more.
constexpr size_t kUsualRecord = size_t{4} * SL_UNIT;
// Names ahead of the one being written whose bucket and home are fetched.
constexpr size_t kFetchedAhead = 8;
// The fewest names that get homes: the records of fewer are in the caches.
constexpr uint64_t kHomedNames = 1U << 14;
// So many times the names in the table: then most of them are written.
constexpr uint64_t kTimesMore = 4;
// Larger records leave too much of a block unused.
constexpr uint32_t kHomedUnits = 8;
// How full homes are when all names are in them; how full they may be where the arena is small.
constexpr double kHomesFull = 0.9, kHomesFullest = 0.95;
// Of a line, that places are rounded down by sooner than up: what they are too large by is lost.
constexpr double kRoundedDown = 0.25;
// Names whose records are encoded to learn how large they are.
constexpr size_t kWeighed = 512;

size_t shard_parts(const ZoneImage& zone) {
    return (zone.shards().size() + kShardsAPart - 1) / kShardsAPart;
}

template <typename Visit>
void for_each_node_of(const ZoneImage& zone, size_t part, Visit visit) {
    zone.for_each_node(part * kShardsAPart, (part + 1) * kShardsAPart, visit);
}

// Of some names from all zones, in bytes. Nodes are in the order of a hash, so the first are as good as any.
double mean_record_size(const Image& image) {
    size_t nodes = 0, weighed = 0, bytes = 0;
    for (const ZoneSource& zone : image.zones) nodes += zone.image->nodes().size();
    NameRecordEncoder encoder(image);
    double due = 0;
    for (const ZoneSource& zone : image.zones) {
        const auto in_zone = zone.image->nodes();
        due += static_cast<double>(in_zone.size()) * kWeighed / static_cast<double>(nodes);
        for (const Node& node : in_zone) {
            if (due < 1) break;
            due -= 1;
            if (!in_name_table(node)) continue;
            bytes += encoder.encode(zone, node).size();
            ++weighed;
        }
    }
    return weighed > 0 ? static_cast<double>(bytes) / static_cast<double>(weighed) : 0;
}

}  // namespace

bool is_inside_any(DnameView name, const std::vector<Dname>& apexes) {
    return std::any_of(apexes.begin(), apexes.end(), [&](const Dname& apex) { return dname_in(name, apex); });
}

bool is_above_any(DnameView name, const std::vector<Dname>& apexes) {
    return std::any_of(apexes.begin(), apexes.end(), [&](const Dname& apex) { return dname_in(apex, name); });
}

// `before`: the zone as it is in the table, where its unchanged names may be passed over; else nullptr.
void Publisher::write_zone(const Image& image, const ZoneSource& zone, const ZoneState& state,
                           const ZoneImage* before) {
    write_soa(*zone.image, state.number);
    if (before == nullptr && !filter_.active()) return write_all_names(image, zone, state);
    std::vector<const Node*> nodes;
    const auto take = [&](const Node& node) {
        if (is_inside_any(name_of(node), state.nested)) return;
        if (in_name_table(node)) {
            if (has_place(node, state)) nodes.push_back(&node);
        } else if (before != nullptr) {
            leaving_.push_back({Dname(name_of(node)), state.number});
        }
    };
    if (before != nullptr) {
        const ZoneDelta delta = compare_zones(*before, *zone.image);
        for (const Node* node : delta.written) take(*node);
        for (const Node* node : delta.gone)
            if (!is_inside_any(name_of(*node), state.nested)) leaving_.push_back({Dname(name_of(*node)), state.number});
    } else {
        for (const Node& node : zone.image->nodes()) take(node);
    }
    write_names(image, zone, state, nodes);
}

void Publisher::write_soa(const ZoneImage& zone, uint32_t number) {
    std::vector<uint8_t> soa = encode_zone_record(zone);
    const sl_ref before = maps_.zones[number].ref;
    if (before != 0 &&
        std::memcmp(object(before) + SL_VERSION_SIZE, soa.data() + SL_VERSION_SIZE, soa.size() - SL_VERSION_SIZE) == 0)
        return;
    const sl_ref after = put(soa, before, coming_);
    if (after == 0) {
        missing_bytes_ += soa.size();
        return;
    }
    zone_changes_.push_back({number, before, after});
    store(maps_.zones[number].ref, after);
}

/// Parts that are encoded and wait to be written. Whoever finds the table free writes them all; the others go on to
/// encode, until too much waits.
class Publisher::WriteQueue {
  public:
    explicit WriteQueue(Publisher& publisher) : publisher_(publisher) {}

    void add(EncodedPart part) {
        bool much = false;
        {
            const std::lock_guard lock(parts_mutex_);
            bytes_ += part.records.size();
            parts_.push_back(std::move(part));
            much = bytes_ > kBytesWaiting;
        }
        std::unique_lock table(table_mutex_, std::defer_lock);
        if (much)
            table.lock();
        else if (!table.try_lock())
            return;
        write();
    }
    /// Writes what is left. REQUIRES: no thread adds any more.
    void write() {
        while (const auto part = take()) publisher_.write_encoded(part->names);
    }

  private:
    std::optional<EncodedPart> take() {
        const std::lock_guard lock(parts_mutex_);
        if (parts_.empty()) return std::nullopt;
        EncodedPart last = std::move(parts_.back());
        parts_.pop_back();
        bytes_ -= last.records.size();
        return last;
    }

    Publisher& publisher_;
    std::mutex table_mutex_;  // of whoever writes
    std::mutex parts_mutex_;  // of what follows
    std::vector<EncodedPart> parts_;
    size_t bytes_ = 0;  // of their records
};

void Publisher::write_names(const Image& image, const ZoneSource& zone, const ZoneState& state,
                            std::span<const Node* const> nodes) {
    WriteQueue queue(*this);
    for_each_part((nodes.size() + kNamesAPart - 1) / kNamesAPart, [&](size_t part) {
        const size_t first = part * kNamesAPart;
        queue.add(encode_names(image, zone, state, nodes.subspan(first, std::min(kNamesAPart, nodes.size() - first))));
    });
    queue.write();
}

// Each thread lists the names of its own shards: a list of all would be made by one.
void Publisher::write_all_names(const Image& image, const ZoneSource& zone, const ZoneState& state) {
    WriteQueue queue(*this);
    for_each_part(shard_parts(*zone.image), [&](size_t part) {
        std::vector<const Node*> nodes;
        for_each_node_of(*zone.image, part, [&](const Node& node) {
            if (in_name_table(node) && !is_inside_any(name_of(node), state.nested)) nodes.push_back(&node);
        });
        queue.add(encode_names(image, zone, state, nodes));
    });
    queue.write();
}

Publisher::EncodedPart Publisher::encode_names(const Image& image, const ZoneSource& zone, const ZoneState& state,
                                               std::span<const Node* const> nodes) const {
    NameRecordEncoder encoder(image);
    EncodedPart part;
    part.names.reserve(nodes.size());
    part.records.reserve(nodes.size() * kUsualRecord);
    for (const Node* node : nodes) {
        const DnameView name = name_of(*node);
        const std::vector<uint8_t>& record = encoder.encode(zone, *node);
        part.records.insert(part.records.end(), record.begin(), record.end());
        part.names.push_back({name, table_.hash(name), {}, encoder.unfit()});
    }
    auto records = std::span(part.records);
    for (EncodedName& each : part.names) {
        each.record = records.first(size_t{reinterpret_cast<const sl_name_record*>(records.data())->size} * SL_UNIT);
        records = records.subspan(each.record.size());
        complete_record(each.record, each.name, state);
    }
    return part;
}

// Sets pages aside where the image's names are at home (maps/homes.h), if the commit writes most of them. Of the room
// that would be left beside them and the next tables homes take no more than half. Without room for something else
// later, they are given up: make_room().
void Publisher::begin_homes(const Image& image) {
    const uint64_t names = std::min<uint64_t>(next_image_names_, max_names_);
    if (!may_begin_homes_ || names < kHomedNames || names < kTimesMore * names_) return;
    if (filter_.active() && served_ != nullptr) return;  // few of the names are in the table, and few are written
    const double record_units = mean_record_size(image) / SL_UNIT;
    const auto units = static_cast<uint32_t>(std::max(1L, std::lround(record_units - kRoundedDown)));
    if (units > kHomedUnits) return;
    // In places, of which larger records take more.
    const double needed = static_cast<double>(names) * std::max(1.0, record_units / units);
    const uint32_t in_page = (SL_HOME_PAGE_BLOCKS - 1) * (HomePages::kLines / units);
    const double dense = static_cast<double>(names) * record_units * SL_UNIT / SL_OBJECT_END;
    const double most = static_cast<double>(arena_.free_pages()) - spare_pages() - 1;
    const double fewest = std::ceil(needed / kHomesFullest / in_page);
    const double room = (dense + most) / 2;
    const double pages = std::max(fewest, std::floor(std::min(needed / kHomesFull / in_page, room)));
    if (pages > room) return;
    began_homes_ = arena_.begin_homes(static_cast<uint32_t>(pages), units);
    if (!began_homes_) return;
    if (next_image_names_ <= max_names_) expect_at_home(image);
    std::ranges::copy(arena_.home_seeds(), arena_bytes() + size_t{arena_.homes().seed_page} * SL_PAGE_SIZE);
}

// Nearly all names are about to be written.
void Publisher::expect_at_home(const Image& image) {
    std::vector<uint64_t> hashes;
    hashes.reserve(next_image_names_);
    std::mutex mutex;
    for (const ZoneSource& zone : image.zones) {
        for_each_part(shard_parts(*zone.image), [&](size_t part) {
            std::vector<uint64_t> some;
            for_each_node_of(*zone.image, part, [&](const Node& node) {
                if (in_name_table(node)) some.push_back(table_.hash(name_of(node)));
            });
            const std::lock_guard lock(mutex);
            hashes.insert(hashes.end(), some.begin(), some.end());
        });
    }
    arena_.expect_at_home(hashes);
}

// Has the lines on their way where a record of that hash and size, in bytes, may well be written: all over the arena.
void Publisher::fetch_home(uint64_t hash, size_t size) const {
    if (arena_.homes().pages == 0) return;
    const sl_ref home = arena_.home(hash);
    arena_.fetch(home);
    for (size_t at = 0; at < size && at < size_t{kHomedUnits} * SL_UNIT; at += SL_UNIT)
        __builtin_prefetch(object(home) + at, 1);
}

// What only the zones served beside it tell of a name.
void Publisher::complete_record(std::span<uint8_t> record, DnameView name, const ZoneState& state) {
    auto& header = *reinterpret_cast<sl_name_record*>(record.data());
    header.zone = state.number & SL_NO_ZONE;
    if (is_above_any(name, state.nested)) header.flags |= SL_NAME_INNER;
}

void Publisher::write_encoded(std::span<const EncodedName> names) {
    for (size_t i = 0; i < names.size(); ++i) {
        if (i + kFetchedAhead < names.size()) {
            const EncodedName& ahead = names[i + kFetchedAhead];
            table_.fetch(ahead.hash);
            fetch_home(ahead.hash, ahead.record.size());
        }
        write_name(names[i]);
    }
}

void Publisher::write_name(const EncodedName& name) {
    const auto& header = *reinterpret_cast<const sl_name_record*>(name.record.data());
    const auto known = table_.find(name.name, name.hash);
    const sl_ref before = known ? table_.get(*known) : 0;
    if (before != 0) {
        const auto& old = *reinterpret_cast<const sl_name_record*>(object(before));
        if (old.size == header.size &&
            std::memcmp(object(before) + SL_VERSION_SIZE, name.record.data() + SL_VERSION_SIZE,
                        name.record.size() - SL_VERSION_SIZE) == 0)
            return;
    }
    const bool may_stay_out = filter_.active() && before == 0 && is_leaf(header);
    const auto slot = known ? known : may_stay_out ? table_.free_slot(name.hash) : table_.place(name.hash);
    const sl_ref after = slot ? put(name.record, before, coming_, may_stay_out ? spare_pages() : 0, name.hash) : 0;
    if (after == 0) {
        if (may_stay_out)
            ++left_out_;
        else if (slot)
            missing_bytes_ += name.record.size();
        else
            ++full_buckets_;
        return;
    }
    name_changes_.push_back({before, after, header.variant_count == 0});
    table_.set(*slot, after);
    names_ += is_name_of_zone(after) ? 1U : 0U;
    names_ -= before != 0 && is_name_of_zone(before) ? 1U : 0U;
    note_unfit(name.name, name.unfit);
}

void Publisher::note_unfit(DnameView name, bool unfit) {
    if (!unfit && unfit_.empty()) return;
    const Dname key(name);
    const bool was = unfit_.contains(key);
    if (was == unfit) return;
    unfit_changes_.emplace_back(key, was);
    if (unfit)
        unfit_.insert(key);
    else
        unfit_.erase(key);
}

// Which names are above an apex only changes with the zones served, or where one zone lies in another.
void Publisher::write_above_apexes(const Image& image) {
    next_above_apexes_ = names_above_apexes(image);
    above_apexes_written_ = true;
    NameRecordEncoder encoder(image);
    for (const auto& [name, flags] : next_above_apexes_) {
        std::vector<uint8_t> record = encoder.encode_marker(name, flags);
        write_name({name, table_.hash(name), record});
    }
}

// Notes the names that `zone` had in the table and that it, as it is now, has not.
void Publisher::leave(const ZoneImage& zone, const ZoneState& state, const ZoneImage* now, const ZoneState* now_state) {
    for (const Node& node : zone.nodes()) {
        const DnameView name = name_of(node);
        if (!in_name_table(node) || is_inside_any(name, state.nested)) continue;
        if (now != nullptr && !is_inside_any(name, now_state->nested)) {
            const Node* still = now->find(name);
            if (still != nullptr && in_name_table(*still)) continue;
        }
        leaving_.push_back({Dname(name), state.number});
    }
}

// Unless the name belongs to another zone by now.
void Publisher::remove_name(DnameView name, uint32_t zone) {
    const uint64_t hash = table_.hash(name);
    const auto slot = table_.find(name, hash);
    if (!slot) return;
    const auto& record = *reinterpret_cast<const sl_name_record*>(object(table_.get(*slot)));
    if (record.zone != zone || record.variant_count == 0) return;
    std::vector<uint8_t> gone((sizeof record + name.size() + SL_UNIT - 1) / SL_UNIT * SL_UNIT);
    auto& header = *reinterpret_cast<sl_name_record*>(gone.data());
    header.zone = zone & SL_NO_ZONE;
    header.name_length = static_cast<uint8_t>(name.size());
    header.size = static_cast<uint16_t>(gone.size() / SL_UNIT);
    std::memcpy(gone.data() + sizeof header, name.data(), name.size());
    write_name({name, hash, gone});
}

bool Publisher::is_name_of_zone(sl_ref name_record) const {
    const auto& record = *reinterpret_cast<const sl_name_record*>(object(name_record));
    return record.variant_count != 0 && record.zone != SL_NO_ZONE;
}

// Copies a record into the arena as a version of that generation; 0 where there is no room, or was none before: then
// the commit is lost, and only counts how much it lacks.
sl_ref Publisher::put(std::span<uint8_t> record, sl_ref prev, uint64_t generation, uint32_t spare_pages,
                      std::optional<uint64_t> home) {
    if (missing_bytes_ > 0) return 0;
    const auto ref = arena_.allocate(static_cast<uint32_t>(record.size() / SL_UNIT), spare_pages, home);
    if (!ref) return 0;
    std::memcpy(record.data(), &generation, sizeof generation);
    std::memcpy(record.data() + offsetof(sl_name_record, prev), &prev, sizeof prev);
    std::memcpy(arena_bytes() + size_t{*ref} * SL_UNIT, record.data(), record.size());
    return *ref;
}

uint32_t Publisher::units_of(sl_ref name_record) const {
    return reinterpret_cast<const sl_name_record*>(object(name_record))->size;
}

uint32_t Publisher::units_of_zone(sl_ref zone_record) const {
    return reinterpret_cast<const sl_zone_record*>(object(zone_record))->size;
}

}  // namespace splitline
