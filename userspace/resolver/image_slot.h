// SPDX-License-Identifier: GPL-3.0-or-later
// Where the servers find the image to answer from: the control thread stores, each worker reads through a Reader of its
// own.
//
// A reader looks once per batch of queries, so every query sees one whole image. While nothing changes a look costs one
// atomic load that no other thread writes to; only a change takes the lock and touches reference counts. A worker lets
// go of its image before it sleeps, so that an idle worker never keeps an old generation in memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "compile/image.h"
#include "resolver/respond.h"

namespace splitline {

/// What one generation is answered from, and how.
struct Served {
    std::shared_ptr<const Image> image;  // never null
    ResponsePolicy policy;
};

class ImageSlot {
  public:
    class Reader;

    explicit ImageSlot(std::shared_ptr<const Served> served) : served_(std::move(served)) {}

    /// Serves `served` from the next batch of every worker on. Thread-safe. REQUIRES: served and its image are not
    /// null.
    void store(std::shared_ptr<const Served> served) {
        {
            const std::lock_guard lock(mutex_);
            served_.swap(served);
            version_.fetch_add(1, std::memory_order_release);
        }
        // `served` now holds the old one; if it was the last reference, a large image is freed outside the lock.
    }

    [[nodiscard]] std::shared_ptr<const Served> load() const {
        const std::lock_guard lock(mutex_);
        return served_;
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Served> served_;
    std::atomic<uint64_t> version_{1};
};

/// One thread's view of the slot; not thread-safe. REQUIRES: the slot outlives it.
class ImageSlot::Reader {
  public:
    explicit Reader(const ImageSlot& slot) : slot_(slot) {}

    /// The newest stored, valid until the next call of either function.
    const Served& current() {
        const uint64_t version = slot_.version_.load(std::memory_order_acquire);
        if (!served_ || version != version_) {
            served_ = slot_.load();
            version_ = version;  // at worst older than what was loaded: then the next look loads again
        }
        return *served_;
    }

    /// Lets the image go; call it before sleeping.
    void release() { served_.reset(); }

  private:
    const ImageSlot& slot_;
    std::shared_ptr<const Served> served_;
    uint64_t version_ = 0;
};

}  // namespace splitline
