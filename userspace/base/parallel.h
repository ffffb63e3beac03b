// SPDX-License-Identifier: GPL-3.0-or-later
// Work on many independent parts by all cores of the host.
#pragma once

#include <cstddef>
#include <functional>

namespace splitline {

/// How many threads for_each_part() works with: one a core.
unsigned worker_count();

/// Calls work(part) once for each part in [0, parts), from the calling thread and from others beside it; returns when
/// all are done. Parts are taken in ascending order. What a part throws is thrown once all threads have ended.
void for_each_part(size_t parts, const std::function<void(size_t part)>& work);

}  // namespace splitline
