// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/huge_pages.h"

#include <sys/mman.h>

#include <cstdint>

namespace splitline {

namespace {
constexpr uintptr_t kHugePage = uintptr_t{2} << 20;
}

void prefer_huge_pages(const void* memory, size_t bytes) {
    const auto address = reinterpret_cast<uintptr_t>(memory);
    const uintptr_t first = (address + kHugePage - 1) / kHugePage * kHugePage;
    const uintptr_t end = (address + bytes) / kHugePage * kHugePage;
    if (first < end) madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);
}

}  // namespace splitline
