// SPDX-License-Identifier: GPL-3.0-or-later
// The AF_XDP sockets of one interface: one on each receive queue, as good as its driver has them, or the reason why
// there are none and queries take the stack's way to the resolver's UDP sockets.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernel/fast_path.h"
#include "resolver/frame_port.h"

namespace splitline {

struct Handoff {
    std::vector<std::unique_ptr<FramePort>> ports;
    std::string text;      // for status: "AF_XDP by copy on 4 queues", "sockets: ..."
    bool refused = false;  // some queue has no socket, or not of the kind that was asked for
};

/// Opens sockets on the queues of `interface`, each for its slot of map `map_fd` from `first_slot` on, and waits half a
/// minute for queues that another holds.
/// `generic`: the program runs in generic mode, where drivers have no zero-copy.
Handoff open_handoff(const std::string& interface, bool generic, AfXdp wanted, int map_fd, uint32_t first_slot);

}  // namespace splitline
