// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/reclaimer.h"

#include "maps/name_table.h"

namespace splitline {

void Reclaimer::turn_over() {
    while (!waiting_.empty() && waiting_.front().first <= waiter_.through()) {
        const Batch batch = std::move(waiting_.front().second);
        waiting_.pop_front();
        free(batch);
    }
    if (waiting_.empty()) close_batch();
}

void Reclaimer::settle() {
    while (!empty()) {
        close_batch();
        waiter_.await(waiting_.back().first);
        turn_over();
    }
}

size_t Reclaimer::leaving_zones() const {
    size_t count = open_.zones.size();
    for (const auto& [ticket, batch] : waiting_) count += batch.zones.size();
    return count;
}

void Reclaimer::close_batch() {
    if (open_.empty()) return;
    waiting_.emplace_back(waiter_.take_ticket(), std::move(open_));
    open_ = Batch();
}

void Reclaimer::free(const Batch& batch) {
    // A packet that comes in just now may still read the slot of a name that is gone: its record waits once more.
    for (const auto& [name, gone] : batch.names) {
        const auto slot = table_.find(name);
        if (!slot || table_.get(*slot) != gone) continue;  // it has come back: the record is retired as a version
        table_.clear(*slot);
        retire_object(gone, reinterpret_cast<const sl_name_record*>(arena_bytes_ + size_t{gone} * SL_UNIT)->size);
    }
    // Also in records that have been superseded since: those are retired later, so their memory is still theirs.
    for (const sl_ref ref : batch.links)
        store(reinterpret_cast<sl_name_record*>(arena_bytes_ + size_t{ref} * SL_UNIT)->prev, sl_ref{0});
    for (const auto& [ref, units] : batch.objects) arena_.free(ref, units);
    for (const PageRun& run : batch.pages) arena_.free_pages(run.first, run.pages);
    for (const uint32_t number : batch.zones) free_zone_(number);
}

}  // namespace splitline
