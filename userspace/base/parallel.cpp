// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/parallel.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace splitline {

unsigned worker_count() {
    return std::max(1U, std::thread::hardware_concurrency());
}

void for_each_part(size_t parts, const std::function<void(size_t)>& work) {
    std::atomic<size_t> next = 0;
    std::mutex mutex;
    std::exception_ptr failure;
    const auto run = [&] {
        try {
            for (size_t part = next++; part < parts; part = next++) work(part);
        } catch (...) {
            next = parts;  // the others need not go on
            const std::lock_guard lock(mutex);
            failure = std::current_exception();
        }
    };
    std::vector<std::thread> others;
    const size_t wanted = std::min<size_t>(worker_count(), parts);
    for (size_t i = 1; i < wanted; ++i) others.emplace_back(run);
    run();
    for (auto& thread : others) thread.join();
    if (failure) std::rethrow_exception(failure);
}

void take_second_place() {
    constexpr int kNicer = 5;
    setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + kNicer);  // of this thread alone, on Linux
}

}  // namespace splitline
