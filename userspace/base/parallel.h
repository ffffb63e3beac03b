// SPDX-License-Identifier: GPL-3.0-or-later
// Work on many independent parts by all cores of the host.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <future>
#include <utility>
#include <vector>

namespace splitline {

/// How many threads for_each_part() works with: one a core.
unsigned worker_count();

/// Calls work(part) once for each part in [0, parts), from the calling thread and from others beside it; returns when
/// all are done. Parts are taken in ascending order. What a part throws is thrown once all threads have ended.
void for_each_part(size_t parts, const std::function<void(size_t part)>& work);

/// Sorts by all cores of the host. `less` is called from several threads.
template <typename T, typename Less>
void sort_by_all_cores(std::vector<T>& all, Less less) {
    const size_t parts = worker_count();
    const auto at = [&](size_t part) {
        return all.begin() + static_cast<ptrdiff_t>(all.size() * std::min(part, parts) / parts);
    };
    for_each_part(parts, [&](size_t part) { std::sort(at(part), at(part + 1), less); });
    for (size_t width = 1; width < parts; width *= 2)
        for_each_part((parts + 2 * width - 1) / (2 * width), [&](size_t pair) {
            const size_t begin = pair * 2 * width;
            std::inplace_merge(at(begin), at(begin + width), at(begin + 2 * width), less);
        });
}

/// Lowers the calling thread behind those of the usual priority.
void take_second_place();

/// Runs `work` in a thread that takes what the others leave of the cores.
template <typename Work>
auto run_behind(Work work) {
    return std::async(std::launch::async, [work = std::move(work)] {
        take_second_place();
        return work();
    });
}

}  // namespace splitline
