// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/arena.h"

#include <algorithm>
#include <utility>

namespace splitline {

namespace {
constexpr uint32_t kUnitsForObjects = SL_OBJECT_END / SL_UNIT;
}

Arena::Arena(uint32_t pages) : page_free_(pages, true), free_pages_(pages) {
    // Unit 0 means "none", so the first page's objects start behind it.
    if (open_page()) {
        ++bump_;
        --bump_left_;
    }
}

bool Arena::open_page() {
    const auto page = std::find(page_free_.begin(), page_free_.end(), true);
    if (page == page_free_.end()) return false;
    *page = false;
    --free_pages_;
    if (bump_left_ > 0) add_free(bump_, bump_left_);
    bump_ = static_cast<sl_ref>(page - page_free_.begin()) * SL_UNITS_PER_PAGE;
    bump_left_ = kUnitsForObjects;
    return true;
}

std::optional<sl_ref> Arena::allocate(uint32_t units, uint32_t spare, std::optional<uint64_t> home) {
    std::optional<sl_ref> ref;
    if (home) ref = homes_.allocate(units, *home);
    if (!ref) ref = allocate_unit_run(units, spare);
    if (!ref) ref = homes_.allocate_anywhere(units);
    if (!ref) ref = former_homes_.allocate_anywhere(units);
    if (ref) used_bytes_ += uint64_t{units} * SL_UNIT;
    return ref;
}

// Outside of homes.
std::optional<sl_ref> Arena::allocate_unit_run(uint32_t units, uint32_t spare) {
    const auto fit = free_by_size_.lower_bound({units, 0});
    if (fit != free_by_size_.end()) {
        const auto [size, ref] = *fit;
        free_by_size_.erase(fit);
        free_by_ref_.erase(ref);
        if (size > units) add_free(ref + units, size - units);
        return ref;
    }
    if (bump_left_ < units && (free_pages_ <= spare || !open_page())) return std::nullopt;
    const sl_ref ref = bump_;
    bump_ += units;
    bump_left_ -= units;
    return ref;
}

void Arena::free(sl_ref ref, uint32_t units) {
    used_bytes_ -= uint64_t{units} * SL_UNIT;
    for (HomePages* homes : {&homes_, &former_homes_})
        if (homes->holds(ref)) return homes->free(ref, units);
    add_free(ref, units);
}

bool Arena::begin_homes(uint32_t pages, uint32_t units) {
    const uint32_t seed_pages = HomePages::seed_pages(pages, units);
    const auto first = allocate_pages(seed_pages + pages);
    if (!first) return false;
    used_bytes_ -= uint64_t{pages} * SL_PAGE_SIZE;  // only what lies in them counts
    former_homes_ = std::exchange(homes_, HomePages(*first, pages, units));
    return true;
}

void Arena::keep_homes() {
    homes_.forget_expected();
    forget(former_homes_);
}

void Arena::undo_homes() {
    std::swap(homes_, former_homes_);
    forget(former_homes_);
}

// Objects that are in them leave as all others do. Packets may still read seeds there, and guess wrong.
void Arena::forget(HomePages& homes) {
    const HomePages forgotten = std::exchange(homes, HomePages());
    free_pages(forgotten.seed_run().first, forgotten.seed_run().pages);
    forgotten.for_each_free([this](sl_ref ref, uint32_t units) { add_free(ref, units); });
}

void Arena::add_free(sl_ref ref, uint32_t units) {
    const uint32_t page = sl_ref_page(ref);
    const auto next = free_by_ref_.lower_bound(ref);
    if (next != free_by_ref_.begin()) {
        const auto before = std::prev(next);
        if (before->first + before->second == ref && sl_ref_page(before->first) == page) {
            ref = before->first;
            units += before->second;
            free_by_size_.erase({before->second, before->first});
            free_by_ref_.erase(before);
        }
    }
    const auto after = free_by_ref_.find(ref + units);
    if (after != free_by_ref_.end() && sl_ref_page(after->first) == page) {
        units += after->second;
        free_by_size_.erase({after->second, after->first});
        free_by_ref_.erase(after);
    }
    if (units == kUnitsForObjects && page != sl_ref_page(bump_)) {
        page_free_[page] = true;
        ++free_pages_;
        return;
    }
    free_by_ref_.emplace(ref, units);
    free_by_size_.emplace(units, ref);
}

std::optional<uint32_t> Arena::allocate_pages(uint32_t count) {
    uint32_t run = 0;
    for (uint32_t page = pages(); page-- > 0;) {
        run = page_free_[page] ? run + 1 : 0;
        if (run < count) continue;
        std::fill_n(page_free_.begin() + page, count, false);
        free_pages_ -= count;
        used_bytes_ += uint64_t{count} * SL_PAGE_SIZE;
        return page;
    }
    return std::nullopt;
}

void Arena::free_pages(uint32_t first, uint32_t count) {
    std::fill_n(page_free_.begin() + first, count, true);
    free_pages_ += count;
    used_bytes_ -= uint64_t{count} * SL_PAGE_SIZE;
}

}  // namespace splitline
