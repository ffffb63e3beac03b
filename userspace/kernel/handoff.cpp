// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/handoff.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <string_view>

#include "kernel/nic.h"
#include "kernel/xsk_socket.h"
#include "maps/config.h"

namespace splitline {

namespace {

constexpr unsigned kLongestHeader = 14 + 2 * 4;  // Ethernet with two VLAN tags
// For queues that others hold, whatever their number. A predecessor's are among them until the kernel has cleared up,
// which takes it seconds on a busy machine; the resolver's UDP sockets answer meanwhile.
constexpr std::chrono::seconds kPatience{30};

// Devices that give a native program to the devices below them. It runs there, on queues of those, and the kernel
// throws away what it redirects to a socket of another device. Generic mode runs on the device itself.
bool runs_elsewhere(std::string_view driver) {
    return driver == "bonding" || driver == "team" || driver == "hv_netvsc";
}

/// Opens one socket after the other, all of the kind that the first queue gave.
class HandoffOpener {
  public:
    HandoffOpener(const std::string& interface, bool generic, AfXdp wanted, int map_fd) {
        const NicFacts nic = query_nic(interface);
        queues_ = std::clamp(nic.receive_queues.value_or(1), 1U, unsigned{SL_HANDOFF_QUEUES});
        // Replies leave by the queue of the same number; without one the kernel never sends them.
        with_socket_ = std::min(queues_, nic.send_queues.value_or(queues_));
        if (with_socket_ < queues_) refusal_ = fmt::format("{} sends on no more queues (ethtool -L ... tx)", interface);
        if (!generic && runs_elsewhere(nic.driver)) {
            with_socket_ = 0;
            refusal_ =
                fmt::format("the program runs on the devices below {} ({}): name those, or set xdp.mode = \"generic\"",
                            interface, nic.driver);
        }
        place_.interface = interface;
        place_.mtu = nic.mtu;
        place_.map_fd = map_fd;
        if (wanted != AfXdp::kZeroCopy) return;
        // A driver that receives into our buffers loses every frame that they are too small for, also those of others.
        if (nic.mtu == 0 || nic.mtu + kLongestHeader > SL_HANDOFF_FRAME_MAX)
            no_zero_copy_ = fmt::format("an MTU above {}", SL_HANDOFF_FRAME_MAX - kLongestHeader);
        else if (generic)
            no_zero_copy_ = "the program runs in generic mode";
        else
            place_.zero_copy = true;
    }

    Handoff open(uint32_t first_slot) {
        for (uint32_t queue = 0; queue < with_socket_; ++queue) {
            place_.queue = queue;
            place_.slot = first_slot + queue;
            if (auto opened = open_queue())
                handoff_.ports.push_back(std::move(*opened));
            else if (refusal_.empty())
                refusal_ = opened.error().text();
        }
        handoff_.refused = !refusal_.empty() || !no_zero_copy_.empty();
        handoff_.text = text();
        return std::move(handoff_);
    }

  private:
    Result<std::unique_ptr<XskSocket>> open_queue() {
        if (place_.zero_copy) {
            auto opened = XskSocket::open(place_, deadline_);
            if (opened || !handoff_.ports.empty()) return opened;
            place_.zero_copy = false;
            no_zero_copy_ = opened.error().text();
        }
        return XskSocket::open(place_, deadline_);
    }

    [[nodiscard]] std::string text() const {
        const size_t count = handoff_.ports.size();
        if (count == 0) return "sockets: " + refusal_;
        std::string text = fmt::format("AF_XDP {} on {}", place_.zero_copy ? "without copying" : "by copy",
                                       count == 1 ? "1 queue" : fmt::format("{} queues", count));
        if (!no_zero_copy_.empty()) text += fmt::format(" (no zero-copy: {})", no_zero_copy_);
        if (!refusal_.empty()) text += fmt::format(" of {}, sockets for the rest: {}", queues_, refusal_);
        return text;
    }

    uint32_t queues_ = 1;       // that receive
    uint32_t with_socket_ = 1;  // the first so many
    const XskSocket::Deadline deadline_ = std::chrono::steady_clock::now() + kPatience;
    XskSocket::Place place_;
    Handoff handoff_;
    std::string refusal_;       // of a socket, the first
    std::string no_zero_copy_;  // why, where it was asked for
};

}  // namespace

Handoff open_handoff(const std::string& interface, bool generic, AfXdp wanted, int map_fd, uint32_t first_slot) {
    return HandoffOpener(interface, generic, wanted, map_fd).open(first_slot);
}

}  // namespace splitline
