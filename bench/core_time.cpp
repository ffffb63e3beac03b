// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/core_time.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace splitline::bench {

namespace {

/// CPU time of all threads of a process (proc(5): the first number of schedstat). Threads that end take theirs along.
uint64_t process_time(pid_t process) {
    uint64_t sum = 0;
    for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", process))) {
        uint64_t nanoseconds = 0;
        std::ifstream file(thread.path() / "schedstat");
        if (file >> nanoseconds) sum += nanoseconds;
    }
    return sum;
}

}  // namespace

CoreTime read_core_time(const std::vector<pid_t>& processes, unsigned cpu) {
    CoreTime time;
    for (const pid_t process : processes) time.tasks_ns += process_time(process);

    const std::string label = fmt::format("cpu{}", cpu);
    std::ifstream file("/proc/stat");
    std::string word;
    while (file >> word && word != label) std::getline(file, word);
    // user nice system idle iowait irq softirq steal
    std::array<uint64_t, 8> ticks{};
    for (uint64_t& value : ticks) file >> value;
    if (!file) throw std::runtime_error(fmt::format("/proc/stat has no {}", label));
    const auto tick_ns = 1'000'000'000 / static_cast<uint64_t>(::sysconf(_SC_CLK_TCK));
    for (const uint64_t value : ticks) time.total_ns += value * tick_ns;
    time.busy_ns = time.total_ns - (ticks[3] + ticks[4]) * tick_ns;
    return time;
}

}  // namespace splitline::bench
