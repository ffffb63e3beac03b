// SPDX-License-Identifier: GPL-3.0-or-later
#include "compile/lookup_ahead.h"

#include <algorithm>

namespace splitline {

namespace {

constexpr size_t kHeaderSize = 12;
// Some 200 bytes each: as much as a core's own caches hold.
constexpr size_t kNamesInCaches = 16'384;

void fetch(const void* at) {
    __builtin_prefetch(at);
}

}  // namespace

bool LookupAhead::pays(const Image& image) {
    size_t names = 0;
    for (const ZoneSource& zone : image.zones) names += zone.image->nodes().size();
    return names > kNamesInCaches;
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
    Step& step = steps_[count_++];
    step = {zone, zone->index_cell(name), nullptr};
    fetch(step.cell);
}

void LookupAhead::run() {
    const auto steps = std::span(steps_).first(count_);
    count_ = 0;
    for (Step& step : steps) {
        if (*step.cell == 0) continue;  // no such name, but for a collision: then the lookup reads alone
        step.node = &step.zone->nodes()[*step.cell - 1];
        fetch(step.node);
    }
    for (const Step& step : steps) {
        if (step.node == nullptr) continue;
        fetch(step.zone->bytes(step.node->name));
        fetch(step.zone->lines(*step.node).data());
    }
    for (const Step& step : steps)
        if (step.node != nullptr && step.node->line_count > 0)
            fetch(step.zone->rrsets(step.zone->lines(*step.node).front()).data());
    for (const Step& step : steps) {
        if (step.node == nullptr || step.node->line_count == 0) continue;
        const auto rrsets = step.zone->rrsets(step.zone->lines(*step.node).front());
        if (!rrsets.empty()) fetch(step.zone->bytes(rrsets.front().rdata));
    }
}

}  // namespace splitline
