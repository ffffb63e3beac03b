// SPDX-License-Identifier: GPL-3.0-or-later
#include "compile/lookup_ahead.h"

#include <algorithm>
#include <cstddef>

namespace splitline {

namespace {

constexpr size_t kHeaderSize = 12;
// Some 200 bytes each: as much as a core's own caches hold.
constexpr size_t kNamesInCaches = 16'384;
constexpr size_t kLine = 64;
// As much as a name with a few records on a few lines takes.
constexpr size_t kLinesAhead = 5;

void fetch(const void* at) {
    __builtin_prefetch(at);
}

}  // namespace

bool LookupAhead::pays(const Image& image) {
    return image.names > kNamesInCaches;
}

void LookupAhead::add(const Image& image, std::span<const uint8_t> query) {
    if (count_ == kMax || query.size() <= kHeaderSize) return;
    const auto wire = query.subspan(kHeaderSize);
    std::array<uint8_t, 255> folded;
    const size_t size = dname_wire_size(wire.data(), wire.size());
    if (size == 0) return;
    std::copy_n(wire.data(), size, folded.data());
    dname_fold(folded.data(), size);
    const DnameView name(reinterpret_cast<const char*>(folded.data()), size);
    const ZoneImage* zone = image.zone_of(name, 0);
    if (zone == nullptr) return;
    const uint64_t hash = dname_hash(name);
    const ZoneShard& shard = zone->shards()[zone->shard_of(hash)];
    Step& step = steps_[count_++];
    step = {&shard, shard.slot_of(hash), nullptr};
    fetch(step.slot);
}

void LookupAhead::run() {
    const auto steps = std::span(steps_).first(count_);
    count_ = 0;
    for (Step& step : steps) {
        step.node = step.shard->node_in(step.slot);
        if (step.node != nullptr) fetch(step.node);  // no such name, but for a collision: then the lookup reads alone
    }
    for (const Step& step : steps) {
        if (step.node == nullptr) continue;
        const auto* bytes = reinterpret_cast<const std::byte*>(step.node);
        for (size_t at = kLine; at < step.node->size && at < kLinesAhead * kLine; at += kLine) fetch(bytes + at);
    }
}

}  // namespace splitline
