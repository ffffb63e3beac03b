// SPDX-License-Identifier: GPL-3.0-or-later
// Publisher: which names are in the table while there is not room for all of them.
//
// Names that others are found by (SL_NAME_INNER) always are. Of the rest, the leaves, those asked most should be: they
// come in and leave between commits, one slot at a time. A packet that does not find a leaf asks the filter, and passes
// to the resolver; so that a leaf may leave at any time, whatever generation packets are in, and one that comes in for
// the generation served is simply not there for packets of an earlier one.
#include <algorithm>
#include <cstring>

#include "kernel/publisher.h"

namespace splitline {

namespace {

// In a round: some ten milliseconds of work, which commits wait for.
constexpr size_t kArrivals = 512;
// Leaves looked at for each that may have to leave.
constexpr size_t kLookedAt = 4;
// A name takes another's place when it is asked so many times as often, and not just by chance.
constexpr double kTimesHotter = 2, kLeastQueries = 4;
// Names that reached the resolver of which a round takes notice.
constexpr size_t kNoted = 4096;
// Names put into free room before it is looked how much is left.
constexpr size_t kFilledAtOnce = size_t{1} << 16;
// Part of the leaves that make room for a commit.
constexpr size_t kPart = 8;

bool takes_place_of(double queries, double others) {
    return queries >= kLeastQueries && queries > kTimesHotter * others;
}

}  // namespace

// Has a filter in front of the table, sized for and filled with the names of the image served and the coming one; from
// then on names may be missing there. False without room for it.
bool Publisher::begin_leaving_out(const Image& coming) {
    const uint64_t names = std::max(image_names_, next_image_names_);
    const uint32_t pages = NameFilter::pages_for(names);
    auto first = arena_.allocate_pages(pages);
    if (!first) {
        reclaimer_.settle();  // a failed attempt may have left all of the arena behind
        first = arena_.allocate_pages(pages);
    }
    if (!first) {
        missing_bytes_ += uint64_t{pages} * SL_PAGE_SIZE;
        return false;
    }
    NameFilter filter(arena_bytes());
    filter.start({*first, pages}, names);
    for (const Image* image : {served_.get(), &coming}) {
        if (image == nullptr) continue;
        for (const ZoneSource& zone : image->zones)
            for (const Node& node : zone.image->nodes())
                if (in_name_table(node)) filter.add(table_.hash(name_of(node)));
    }
    if (served_ != nullptr) {
        sl_epoch epoch = maps_.control[0].epoch[SL_EPOCH_SLOT(maps_.control[0].word)];
        epoch.filter_page = *first;
        epoch.filter_words = filter.words();
        try {
            serve(generation(), epoch);
        } catch (...) {
            arena_.free_pages(*first, pages);
            throw;
        }
    }
    if (filter_.active()) reclaimer_.retire_pages(filter_.pages());
    filter_ = filter;
    refill_below_ = next_image_names_ - next_image_names_ / 10;
    if (served_ != nullptr) wait_for_readers_();  // or a packet without it would take a name that leaves for absent
    return true;
}

// Whether the commit is to write a name of the coming image into the table; the filter knows all.
bool Publisher::has_place(const Node& node, const ZoneState& state) {
    if (!filter_.active()) return true;
    const DnameView name = name_of(node);
    filter_.add(table_.hash(name));
    if ((record_flags(node) & SL_NAME_INNER) != 0 || is_above_any(name, state.nested) || table_.find(name)) return true;
    if (leaf_room_ == 0) return false;
    --leaf_room_;
    return true;
}

// Puts leaves that are not in the table into what room is left, and notes whether that was enough for all.
void Publisher::fill(const Image& image) {
    leaf_room_ = leaf_room();
    for (const ZoneSource& zone : image.zones) {
        const Dname apex(zone.image->apex());
        const auto placed_anew = new_zones_.find(apex);
        const ZoneState& state = placed_anew != new_zones_.end() ? placed_anew->second : zones_.at(apex);
        std::vector<const Node*> nodes;
        for (const Node& node : zone.image->nodes()) {
            if (left_out_ > 0) break;
            if (!in_name_table(node) || is_inside_any(name_of(node), state.nested) || table_.find(name_of(node)))
                continue;
            if (leaf_room_ == 0) {
                ++left_out_;
                break;
            }
            --leaf_room_;
            nodes.push_back(&node);
            if (nodes.size() < kFilledAtOnce) continue;
            write_names(image, zone, state, nodes);
            nodes.clear();
        }
        write_names(image, zone, state, nodes);
    }
    if (left_out_ == 0)
        ends_filter_ = true;
    else
        refill_below_ = next_image_names_ - next_image_names_ / 10;
}

// Behind a commit that was refused in the end: what has left to make room for it comes back, as part of the generation
// served.
void Publisher::restore(bool was_complete) {
    if (!filter_.active()) return;
    bool complete = was_complete;
    if (served_ != nullptr && !demoted_.empty()) {
        reclaimer_.settle();
        missing_bytes_ = 0;
        NameRecordEncoder encoder(*served_);
        for (const Dname& name : demoted_) {
            const auto slot = table_.place(table_.hash(name));
            if (!slot || !bring_in(name, *slot, encoder, 0)) complete = false;
        }
    }
    if (!complete) return;
    if (served_ != nullptr) {
        sl_epoch epoch = maps_.control[0].epoch[SL_EPOCH_SLOT(maps_.control[0].word)];
        epoch.filter_page = epoch.filter_words = 0;
        epoch.homes = arena_.homes();  // none, if making room took them
        serve(generation(), epoch);
    }
    end_filter();
}

void Publisher::end_filter() {
    reclaimer_.retire_pages(filter_.pages());
    filter_.end();
    hot_names_ = HotNames(kNamesEstimated);
}

// What may help a commit that lacks room, by ascending harm. False if it has changed nothing.
bool Publisher::make_room(unsigned remedy, const Image& coming) {
    // What earlier commits, and the attempt, have left behind may be just what is missing; or the room that homes take.
    if (remedy == 0) {
        if (missing_bytes_ == 0) return !reclaimer_.empty();
        may_begin_homes_ = false;
        arena_.end_homes();
        return true;
    }
    if (remedy == 1) return !filter_.active() && begin_leaving_out(coming);
    if (!filter_.active()) return false;
    std::vector<Leaf> leaves;
    for (uint32_t bucket = 0; bucket < table_.bucket_count(); ++bucket) add_leaves(bucket, leaves);
    // At last all of them: tables need whole pages. Those that are asked are back soon.
    const size_t count = remedy == 2 ? (leaves.size() + kPart - 1) / kPart : leaves.size();
    const auto end = leaves.begin() + static_cast<ptrdiff_t>(count);
    std::nth_element(leaves.begin(), end, leaves.end(),
                     [](const Leaf& a, const Leaf& b) { return a.queries < b.queries; });
    std::for_each(leaves.begin(), end, [this](const Leaf& leaf) {
        demoted_.emplace_back(table_.name_of(leaf.ref));
        demote(leaf);
    });
    return count > 0;
}

// And not just changed: while packets of the generation before may be under way, it may be more than a leaf to them.
bool Publisher::is_leaf(const sl_name_record& record) const {
    return record.prev == 0 && record.variant_count != 0 && record.zone != SL_NO_ZONE &&
           (record.flags & SL_NAME_INNER) == 0;
}

// How many leaves may come in yet. Some of the table is kept for names that must.
uint64_t Publisher::leaf_room() const {
    const uint64_t limit = max_names_ - std::max<uint64_t>(1, max_names_ / 50);
    return names_ < limit ? limit - names_ : 0;
}

// Pages that leaves leave free: the next class table is to find room, and so are changes.
uint32_t Publisher::spare_pages() const {
    return next_classes_.pages + next_profiles_.pages + filter_.pages().pages + std::max(1U, arena_.pages() / 32);
}

bool Publisher::leaves_out(DnameView name) const {
    if (!leaves_names_out() || !filter_.may_hold(table_.hash(name))) return false;
    const auto slot = table_.find(name);
    // A record without variants is of a name that is gone.
    return !slot || reinterpret_cast<const sl_name_record*>(object(table_.get(*slot)))->variant_count == 0;
}

// The node of a name that exists and is left out, or nullptr.
const Node* Publisher::missing_leaf(DnameView name) const {
    const ZoneImage* zone = served_->zone_of(name, 0);
    const Node* node = zone != nullptr ? zone->find(name) : nullptr;
    return node != nullptr && in_name_table(*node) && !table_.find(name) ? node : nullptr;
}

// Of what reached the resolver only names that are left out are of interest: others would push them aside.
void Publisher::note_demand(const NameDemand& demand) {
    for (const uint64_t hash : demand.sampled) hot_names_.note(hash, demand.queries_a_sample);
    const size_t step = demand.missed.size() / kNoted + 1;
    for (size_t at = 0; at < demand.missed.size(); at += step) {
        const Dname& name = demand.missed[at];
        if (missing_leaf(name) != nullptr)
            hot_names_.note_missed(table_.hash(name), name, demand.queries_a_missed * static_cast<double>(step));
    }
}

void Publisher::rebalance(const NameDemand& demand) {
    if (!leaves_names_out() || served_ == nullptr) return;
    missing_bytes_ = 0;  // what the last commit may have lacked
    reclaimer_.turn_over();
    hot_names_.next_round();
    note_demand(demand);
    const auto missed = hot_names_.hottest_missed(kArrivals);
    const auto leaves = next_leaves(missed.size());
    auto coldest = leaves.begin();
    const auto demote_for = [&](const HotNames::Missed& name) {
        if (coldest == leaves.end() || !takes_place_of(name.queries, coldest->queries)) return false;
        demote(*coldest++);
        return true;
    };
    NameRecordEncoder encoder(*served_);
    for (const HotNames::Missed& name : missed) {
        if (missing_leaf(name.name) == nullptr) {  // a commit has put it in, or taken it away
            hot_names_.forget_missed(name.hash);
            continue;
        }
        const auto slot = place_for(name);
        if (!slot) continue;
        if (leaf_room() == 0 && !demote_for(name)) break;
        // Memory comes back after a grace period: then the name finds it in the next round.
        if (bring_in(name.name, *slot, encoder, spare_pages()))
            hot_names_.forget_missed(name.hash);
        else if (!demote_for(name))
            break;
    }
    reclaimer_.turn_over();
}

void Publisher::add_leaves(uint32_t bucket, std::vector<Leaf>& leaves) const {
    table_.for_each_in(bucket, [&](const BucketTable::Slot& slot) {
        const sl_ref ref = table_.get(slot);
        if (is_leaf(*reinterpret_cast<const sl_name_record*>(object(ref))))
            leaves.push_back({hot_names_.queries(table_.hash(table_.name_of(ref))), slot, ref});
    });
}

// The coldest of those that the hand comes by, at most `count`, the coldest first.
std::vector<Publisher::Leaf> Publisher::next_leaves(size_t count) {
    std::vector<Leaf> leaves;
    for (uint32_t seen = 0; seen < table_.bucket_count() && leaves.size() < count * kLookedAt; ++seen) {
        add_leaves(hand_, leaves);
        hand_ = (hand_ + 1) % table_.bucket_count();
    }
    count = std::min(count, leaves.size());
    std::partial_sort(leaves.begin(), leaves.begin() + static_cast<ptrdiff_t>(count), leaves.end(),
                      [](const Leaf& a, const Leaf& b) { return a.queries < b.queries; });
    leaves.resize(count);
    return leaves;
}

// A free slot for the name; where its buckets are full, that of a colder leaf there.
std::optional<BucketTable::Slot> Publisher::place_for(const HotNames::Missed& name) {
    if (const auto slot = table_.free_slot(name.hash)) return slot;
    std::vector<Leaf> leaves;
    for (const uint32_t bucket : table_.buckets_of(name.hash)) add_leaves(bucket, leaves);
    const auto coldest = std::min_element(leaves.begin(), leaves.end(),
                                          [](const Leaf& a, const Leaf& b) { return a.queries < b.queries; });
    if (coldest == leaves.end() || !takes_place_of(name.queries, coldest->queries)) return std::nullopt;
    demote(*coldest);
    return table_.free_slot(name.hash);
}

// Writes a leaf into the table as part of the generation served. False without memory for it.
bool Publisher::bring_in(const Dname& name, const BucketTable::Slot& slot, NameRecordEncoder& encoder,
                         uint32_t spare_pages) {
    const ZoneImage& zone = *served_->zone_of(name, 0);
    std::vector<uint8_t> record = encoder.encode(*served_->zone_at(zone.apex()), *zone.find(name));
    complete_record(record, name, zones_.at(Dname(zone.apex())));
    const sl_ref ref = put(record, 0, generation(), spare_pages, table_.hash(name));
    if (ref == 0) return false;
    table_.set(slot, ref);
    ++names_;
    if (encoder.unfit()) unfit_.insert(name);
    return true;
}

void Publisher::demote(const Leaf& leaf) {
    if (table_.get(leaf.slot) != leaf.ref) return;  // another name's by now
    if (!unfit_.empty()) unfit_.erase(Dname(table_.name_of(leaf.ref)));
    table_.clear(leaf.slot);
    reclaimer_.retire_object(leaf.ref, units_of(leaf.ref));
    --names_;
}

}  // namespace splitline
