// SPDX-License-Identifier: GPL-3.0-or-later
// What commits have made unreachable, until it may be used again: after a grace period, for which nobody waits.
//
// Things are retired as commits go on. A batch of them is closed when the batch before is through, takes a ticket for a
// grace period, and is freed by the first commit after that. So at any time one batch waits and one collects, and a
// commit costs no wait.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "base/dname.h"
#include "kernel/arena.h"
#include "kernel/bucket_table.h"
#include "kernel/grace_waiter.h"

namespace splitline {

class Reclaimer {
  public:
    /// `free_zone` is called with the number of a zone that no packet looks up any more. All must outlive the object.
    Reclaimer(Arena& arena, BucketTable& table, uint8_t* arena_bytes, std::function<void(uint32_t)> free_zone,
              std::function<void()> wait_for_readers)
        : arena_(arena),
          table_(table),
          arena_bytes_(arena_bytes),
          free_zone_(std::move(free_zone)),
          waiter_(std::move(wait_for_readers)) {}

    void retire_object(sl_ref ref, uint32_t units) { open_.objects.emplace_back(ref, units); }
    void retire_pages(PageRun run) { open_.pages.push_back(run); }
    /// The version behind that record is retired: the record will forget it.
    void retire_version_behind(sl_ref record) { open_.links.push_back(record); }
    /// A name whose record, `gone`, has no variants: it leaves the table, unless it has come back until then.
    void retire_name(DnameView name, sl_ref gone) { open_.names.emplace_back(name, gone); }
    void retire_zone(uint32_t number) { open_.zones.push_back(number); }

    /// Frees what is through, and has the rest wait. Called once a commit, when all it retires is retired.
    void turn_over();
    /// Waits until nothing is retired any more; may throw what the wait does.
    void settle();
    [[nodiscard]] bool empty() const { return open_.empty() && waiting_.empty(); }
    [[nodiscard]] size_t leaving_zones() const;

  private:
    struct Batch {
        std::vector<std::pair<sl_ref, uint32_t>> objects;
        std::vector<PageRun> pages;
        std::vector<sl_ref> links;
        std::vector<std::pair<Dname, sl_ref>> names;
        std::vector<uint32_t> zones;
        [[nodiscard]] bool empty() const {
            return objects.empty() && pages.empty() && links.empty() && names.empty() && zones.empty();
        }
    };
    void close_batch();
    void free(const Batch& batch);

    Arena& arena_;
    BucketTable& table_;
    uint8_t* arena_bytes_;
    std::function<void(uint32_t)> free_zone_;
    GraceWaiter waiter_;
    Batch open_;
    std::deque<std::pair<uint64_t, Batch>> waiting_;  // with its ticket
};

}  // namespace splitline
