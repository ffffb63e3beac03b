// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/name_filter.h"

#include <cstring>

#include "maps/mapped_array.h"

namespace splitline {

uint32_t NameFilter::pages_for(uint64_t names) {
    const uint64_t words = (names + names / 2) / SL_FILTER_WORD_NAMES;
    return static_cast<uint32_t>(words / SL_FILTER_PAGE_WORDS + 1);
}

void NameFilter::start(PageRun pages, uint64_t names) {
    pages_ = pages;
    names_ = names;
    added_ = gone_ = 0;
    std::memset(arena_ + size_t{pages.first} * SL_PAGE_SIZE, 0, size_t{pages.pages} * SL_PAGE_SIZE);
}

uint64_t& NameFilter::word_of(uint64_t name_hash) const {
    auto* first = reinterpret_cast<uint64_t*>(arena_ + size_t{pages_.first} * SL_PAGE_SIZE);
    return first[sl_filter_word(name_hash, words())];
}

void NameFilter::add(uint64_t name_hash) {
    uint64_t& word = word_of(name_hash);
    const uint64_t bits = sl_filter_bits(name_hash);
    if ((word & bits) == bits) return;
    store(word, word | bits);
    ++added_;
}

bool NameFilter::may_hold(uint64_t name_hash) const {
    const uint64_t bits = sl_filter_bits(name_hash);
    return (word_of(name_hash) & bits) == bits;
}

}  // namespace splitline
