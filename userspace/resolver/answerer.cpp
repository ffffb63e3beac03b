// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/answerer.h"

#include <new>

namespace splitline {

namespace {
// Of fewer queries not enough misses overlap.
constexpr size_t kWorthReadingAhead = 3;
}  // namespace

void Answerer::begin_batch(std::span<const std::span<const uint8_t>> queries) {
    served_ = &image_.current();
    const Image& image = *served_->image;
    counters_.reserve_lines(image.lines->catalog.size());
    if (&image != judged_) {
        judged_ = &image;
        reads_ahead_ = LookupAhead::pays(image);
    }
    if (!reads_ahead_ || queries.size() < kWorthReadingAhead) return;
    for (const auto query : queries) ahead_.add(image, query);
    ahead_.run();
}

size_t Answerer::answer(const Address& client, std::span<const uint8_t> query, std::span<uint8_t> out) {
    Responded responded;
    try {
        responded = responder_.respond(*served_->image, served_->policy, Transport::kUdp, client, query, out);
    } catch (const std::bad_alloc&) {
        // Out of memory costs this query its response and nothing else.
        responded = {};
    }
    counters_.count(responded);
    if (responded.line) demand_.note(query);
    return responded.size;
}

}  // namespace splitline
