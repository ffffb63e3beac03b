// SPDX-License-Identifier: GPL-3.0-or-later
// Where the time of a server's core goes: the CPU time of given processes, and how long the core was not idle.
//
// The first is what an answer is charged with: the scheduler's own nanoseconds of every thread of the server, of the
// NAPI thread that receives for it, and of the core's ksoftirqd. Others' work on the same core is not in it. The kernel
// adds interrupts to the thread they hit (without CONFIG_IRQ_TIME_ACCOUNTING), so theirs is in it as well, except those
// that hit the idle core. The second tells whether the server's core was saturated, and who else was there.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace splitline::bench {

struct CoreTime {
    uint64_t tasks_ns = 0;  // CPU time of all threads of the processes
    uint64_t busy_ns = 0;   // of the core, 10 ms fine
    uint64_t total_ns = 0;  // all time of the core, as the kernel counts it

    CoreTime operator-(const CoreTime& before) const {
        return {tasks_ns - before.tasks_ns, busy_ns - before.busy_ns, total_ns - before.total_ns};
    }
    CoreTime operator+(const CoreTime& more) const {
        return {tasks_ns + more.tasks_ns, busy_ns + more.busy_ns, total_ns + more.total_ns};
    }
};

/// Reads the clocks of `processes` and of core `cpu`; throws when /proc does not have them.
CoreTime read_core_time(const std::vector<pid_t>& processes, unsigned cpu);

}  // namespace splitline::bench
