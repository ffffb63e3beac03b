// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/every_cpu.h"

#include <linux/bpf.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "support/packet_runner.h"

namespace splitline::bench {

namespace ts = testing_support;

namespace {

constexpr uint32_t kRepeat = 1U << 17;
constexpr size_t kRuns = 4;  // a CPU's share

void pin_to(unsigned cpu) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(cpu, &cpus);
    if (sched_setaffinity(0, sizeof cpus, &cpus) != 0)
        throw std::system_error(errno, std::generic_category(), "pin a thread to its CPU");
}

/// One CPU's part.
struct Worker {
    std::vector<double> nanoseconds;
    uint64_t packets = 0;
    std::exception_ptr problem;

    void work(unsigned cpu, int program_fd, const ts::Bytes& frame, std::barrier<>& start, std::atomic<bool>& stop) {
        try {
            pin_to(cpu);
        } catch (...) {
            problem = std::current_exception();
            stop = true;
        }
        start.arrive_and_wait();
        try {
            while (!stop) run(program_fd, frame, stop);
        } catch (...) {
            problem = std::current_exception();
            stop = true;
        }
    }

    void run(int program_fd, const ts::Bytes& frame, std::atomic<bool>& stop) {
        const ts::Outcome outcome = ts::run_program(program_fd, frame, kRepeat);
        if (outcome.verdict != XDP_TX) throw std::runtime_error("not answered: " + ts::verdict_name(outcome.verdict));
        packets += kRepeat;
        // Others have stopped meanwhile: not all worked. Only who has nothing better keeps it.
        if (stop && !nanoseconds.empty()) return;
        nanoseconds.push_back(outcome.nanoseconds);
        if (nanoseconds.size() == kRuns) stop = true;
    }
};

}  // namespace

std::vector<unsigned> usable_cpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        throw std::system_error(errno, std::generic_category(), "ask for the CPUs");
    std::vector<unsigned> cpus;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu)
        if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
    return cpus;
}

CpuRun run_on(std::span<const unsigned> cpus, int program_fd, const ts::Bytes& frame) {
    std::vector<Worker> workers(cpus.size());
    std::barrier start(static_cast<std::ptrdiff_t>(cpus.size()));
    std::atomic<bool> stop = false;
    {
        std::vector<std::jthread> threads;
        for (size_t i = 0; i < cpus.size(); ++i)
            threads.emplace_back([&, i] { workers[i].work(cpus[i], program_fd, frame, start, stop); });
    }
    CpuRun run;
    for (Worker& worker : workers) {
        if (worker.problem) std::rethrow_exception(worker.problem);
        const auto middle = worker.nanoseconds.begin() + static_cast<std::ptrdiff_t>(worker.nanoseconds.size() / 2);
        std::nth_element(worker.nanoseconds.begin(), middle, worker.nanoseconds.end());
        run.nanoseconds += *middle / static_cast<double>(workers.size());
        run.packets += worker.packets;
    }
    return run;
}

}  // namespace splitline::bench
