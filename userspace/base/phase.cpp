// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/phase.h"

#include <ctime>

#include "base/log.h"

namespace splitline {

namespace {

double thread_cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

Phase::Phase(std::string_view name)
    : name_(name), start_(std::chrono::steady_clock::now()), cpu_start_(thread_cpu_seconds()) {}

Phase::~Phase() {
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start_;
    log_debug("phase {}: {:.3f} s, {:.3f} s of its thread's CPU time", name_, taken.count(),
              thread_cpu_seconds() - cpu_start_);
}

}  // namespace splitline
