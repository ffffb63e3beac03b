// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/hot_names.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace splitline {

namespace {
constexpr size_t kSweepRounds = 16;  // in which every estimate is looked at once
constexpr double kForgotten = 0.25;  // queries
constexpr double kSteeper = 1.25;
constexpr size_t kMissedMost = 16'384;
constexpr double kUnitTooLarge = 1e100;  // far from what a double holds
}  // namespace

HotNames::HotNames(size_t limit) : limit_(limit), least_(kForgotten) {}

void HotNames::next_round() {
    static const double kGrowth = std::exp2(1.0 / kHalfLife);
    unit_ *= kGrowth;
    sweep();
    if (missed_.size() > kMissedMost) thin_missed();
    if (unit_ < kUnitTooLarge) return;
    for (auto& [hash, score] : scores_) score /= unit_;
    unit_ = 1;
}

void HotNames::note(uint64_t hash, double queries) {
    scores_[hash] += queries * unit_;
}

void HotNames::note_missed(uint64_t hash, DnameView name, double queries) {
    note(hash, queries);
    missed_.try_emplace(hash, name);
}

double HotNames::queries(uint64_t hash) const {
    const auto found = scores_.find(hash);
    return found == scores_.end() ? 0 : found->second / unit_;
}

std::vector<HotNames::Missed> HotNames::hottest_missed(size_t count) const {
    std::vector<std::pair<double, uint64_t>> order;
    order.reserve(missed_.size());
    for (const auto& [hash, name] : missed_) order.emplace_back(queries(hash), hash);
    count = std::min(count, order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(), std::greater<>());
    std::vector<Missed> hottest;
    for (size_t i = 0; i < count; ++i)
        hottest.push_back({order[i].second, missed_.at(order[i].second), order[i].first});
    return hottest;
}

void HotNames::sweep() {
    least_ = scores_.size() > limit_ ? least_ * kSteeper : std::max(kForgotten, least_ / kSteeper);
    std::vector<uint64_t> forgotten;
    const size_t buckets = scores_.bucket_count();
    for (size_t seen = 0; seen <= buckets / kSweepRounds; ++seen) {
        hand_ = (hand_ + 1) % buckets;
        for (auto each = scores_.cbegin(hand_); each != scores_.cend(hand_); ++each)
            if (each->second < least_ * unit_) forgotten.push_back(each->first);
    }
    for (const uint64_t hash : forgotten) {
        scores_.erase(hash);
        missed_.erase(hash);
    }
}

// Keeps the hotter half.
void HotNames::thin_missed() {
    std::vector<double> all;
    all.reserve(missed_.size());
    for (const auto& [hash, name] : missed_) all.push_back(queries(hash));
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    std::nth_element(all.begin(), middle, all.end());
    std::erase_if(missed_, [&](const auto& each) { return queries(each.first) <= *middle; });
}

}  // namespace splitline
