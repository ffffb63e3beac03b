// SPDX-License-Identifier: GPL-3.0-or-later
// Work on many independent parts by all cores of the host.
#pragma once

#include <cstddef>
#include <functional>
#include <future>
#include <utility>

namespace splitline {

/// How many threads for_each_part() works with: one a core.
unsigned worker_count();

/// Calls work(part) once for each part in [0, parts), from the calling thread and from others beside it; returns when
/// all are done. Parts are taken in ascending order. What a part throws is thrown once all threads have ended.
void for_each_part(size_t parts, const std::function<void(size_t part)>& work);

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
