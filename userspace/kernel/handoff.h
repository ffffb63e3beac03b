// SPDX-License-Identifier: GPL-3.0-or-later
// The AF_XDP sockets of one interface: one on each receive queue, as good as its driver has them, or the reason why
// there are none and queries take the stack's way to the resolver's UDP sockets.
//
// A queue has one socket at most. One that another program has, or a daemon before this one whose sockets the kernel
// has not cleared up yet, is tried again until it is free.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernel/fast_path.h"
#include "kernel/xsk_socket.h"
#include "resolver/frame_port.h"

namespace splitline {

class Handoff {
  public:
    /// For the program on `interface`, which hands to the slots of map `map_fd` from `first_slot` on; `generic`: it
    /// runs in generic mode, where drivers have no zero-copy.
    Handoff(const std::string& interface, bool generic, AfXdp wanted, int map_fd, uint32_t first_slot);

    [[nodiscard]] const std::string& interface() const { return first_place_.interface; }
    /// Sockets for queues that have none yet; until `deadline` it waits for those that others hold.
    std::vector<std::unique_ptr<FramePort>> open(XskSocket::Deadline deadline);
    /// Whether open() may have more of them later.
    [[nodiscard]] bool waits() const;
    /// Some queue has no socket, or not of the kind that was asked for.
    [[nodiscard]] bool refused() const { return !refusal_.empty() || waits() || !no_zero_copy_.empty(); }
    /// For status: "AF_XDP by copy on 4 queues", "sockets: ...".
    [[nodiscard]] std::string text() const;

  private:
    enum class Queue : uint8_t {
        kWithout,  // sends nothing, so it gets no socket
        kHeld,     // by others, or not tried yet
        kOpen,
        kRefused,
    };

    std::unique_ptr<XskSocket> open_queue(uint32_t queue, XskSocket::Deadline deadline, int& error);
    [[nodiscard]] XskSocket::Place place_of(uint32_t queue) const;
    [[nodiscard]] size_t count(Queue state) const;

    std::vector<Queue> queues_;     // that receive
    XskSocket::Place first_place_;  // of queue 0
    std::string refusal_;           // of a socket, the first
    std::string held_;              // the first that another holds
    std::string no_zero_copy_;      // why, where it was asked for
};

}  // namespace splitline
