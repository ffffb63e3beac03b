// SPDX-License-Identifier: GPL-3.0-or-later
// One XDP program on several CPUs at once, by BPF_PROG_TEST_RUN: a pinned thread for each, which has its own frame.
#pragma once

#include <span>
#include <vector>

#include "support/packet.h"

namespace splitline::bench {

/// What a program did on some CPUs.
struct CpuRun {
    double nanoseconds = 0;  // for one packet, mean of the CPUs' medians
    uint64_t packets = 0;    // all that were run
};

/// The CPUs that this process may use.
std::vector<unsigned> usable_cpus();

/// Runs the program on these CPUs until one of them has done its share; only what was done while all of them worked
/// counts. Throws where a packet does not leave by XDP_TX.
CpuRun run_on(std::span<const unsigned> cpus, int program_fd, const testing_support::Bytes& frame);

}  // namespace splitline::bench
