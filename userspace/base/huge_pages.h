// SPDX-License-Identifier: GPL-3.0-or-later
// Huge pages for large memory that is read at random or filled in one go.
//
// A fault for each 4 KiB of some hundred megabytes takes longer than filling them does, and so many pages are more than
// the processor remembers the places of.
#pragma once

#include <cstddef>
#include <vector>

namespace splitline {

/// Asks the kernel to back that memory by huge pages, before it is first written. It need not: nothing else changes.
void prefer_huge_pages(void* memory, size_t bytes);

/// Makes room for `count` cells on huge pages. Room that is never used takes no memory.
template <typename T>
void reserve_huge(std::vector<T>& cells, size_t count) {
    if (count <= cells.capacity()) return;
    cells.reserve(count);
    prefer_huge_pages(cells.data(), cells.capacity() * sizeof(T));
}

}  // namespace splitline
