// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/answerer.h"

#include <new>

namespace splitline {

void Answerer::begin_batch() {
    served_ = &image_.current();
    counters_.reserve_lines(served_->image->lines->catalog.size());
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
    return responded.size;
}

}  // namespace splitline
