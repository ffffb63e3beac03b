// SPDX-License-Identifier: GPL-3.0-or-later
// Has what the lookups of a batch of queries will read on its way into the cache.
//
// A lookup is a chain of reads, each of which says where the next one is: index, name, what the name has. With more
// names than the caches hold every link is a miss, and one query's misses can only follow each other. So a batch takes
// each link for all its queries before the next one: then the misses of different queries overlap. Nothing is decided
// here, and a name that is not read right costs nothing but the time.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "compile/image.h"

namespace splitline {

class LookupAhead {
  public:
    /// Queries looked at in one go; further ones are not.
    static constexpr size_t kMax = 32;

    /// Whether `image` is too large for the caches, so that all this pays.
    [[nodiscard]] static bool pays(const Image& image);

    /// The next query of the batch, a DNS message. REQUIRES: `image` outlives run().
    void add(const Image& image, std::span<const uint8_t> query);
    /// Reads ahead for all queries added, and forgets them.
    void run();

  private:
    struct Step {
        const ZoneShard* shard = nullptr;
        const uint32_t* slot = nullptr;
        const Node* node = nullptr;
    };
    std::array<Step, kMax> steps_;
    size_t count_ = 0;
};

}  // namespace splitline
