// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/hot_names.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace splitline {

namespace {
constexpr unsigned kSweepEvery = 16;     // rounds
constexpr double kForgotten = 0.25;      // queries
constexpr double kUnitTooLarge = 1e100;  // far from what a double holds
}  // namespace

void HotNames::next_round() {
    static const double kGrowth = std::exp2(1.0 / kHalfLife);
    unit_ *= kGrowth;
    if (++round_ % kSweepEvery == 0 || scores_.size() > 2 * limit_) sweep();
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
    double least = kForgotten * unit_;
    if (scores_.size() > limit_) {
        std::vector<double> all;
        all.reserve(scores_.size());
        for (const auto& [hash, score] : scores_) all.push_back(score);
        const auto cut = all.begin() + static_cast<std::ptrdiff_t>(all.size() - limit_);
        std::nth_element(all.begin(), cut, all.end());
        least = std::max(least, *cut);
    }
    std::erase_if(scores_, [&](const auto& each) { return each.second < least; });
    std::erase_if(missed_, [&](const auto& each) { return !scores_.contains(each.first); });
    if (unit_ < kUnitTooLarge) return;
    for (auto& [hash, score] : scores_) score /= unit_;
    unit_ = 1;
}

}  // namespace splitline
