// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/huge_pages.h"

#include <sys/mman.h>

#include <cstdint>

namespace splitline {

namespace {
constexpr uintptr_t kHugePage = uintptr_t{2} << 20;
}

void prefer_huge_pages(void* memory, size_t bytes) {
    const auto address = reinterpret_cast<uintptr_t>(memory);
    const size_t before = (kHugePage - address % kHugePage) % kHugePage;
    if (bytes < before + kHugePage) return;
    madvise(static_cast<char*>(memory) + before, (bytes - before) / kHugePage * kHugePage, MADV_HUGEPAGE);
}

}  // namespace splitline
