// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/handoff.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "kernel/nic.h"
#include "maps/config.h"

namespace splitline {

namespace {

constexpr unsigned kLongestHeader = 14 + 2 * 4;  // Ethernet with two VLAN tags

// Devices that give a native program to the devices below them. It runs there, on queues of those, and the kernel
// throws away what it redirects to a socket of another device. Generic mode runs on the device itself.
bool runs_elsewhere(std::string_view driver) {
    return driver == "bonding" || driver == "team" || driver == "hv_netvsc";
}

}  // namespace

Handoff::Handoff(const std::string& interface, bool generic, AfXdp wanted, int map_fd, uint32_t first_slot) {
    const NicFacts nic = query_nic(interface);
    const uint32_t receive = std::clamp(nic.receive_queues.value_or(1), 1U, unsigned{SL_HANDOFF_QUEUES});
    queues_.resize(receive, Queue::kWithout);
    // Replies leave by the queue of the same number; without one the kernel never sends them.
    uint32_t with_socket = std::min(receive, nic.send_queues.value_or(receive));
    if (with_socket < receive) refusal_ = fmt::format("{} sends on no more queues (ethtool -L ... tx)", interface);
    if (!generic && runs_elsewhere(nic.driver)) {
        with_socket = 0;
        refusal_ =
            fmt::format("the program runs on the devices below {} ({}): name those, or set xdp.mode = \"generic\"",
                        interface, nic.driver);
    }
    first_place_.interface = interface;
    first_place_.mtu = nic.mtu;
    first_place_.map_fd = map_fd;
    first_place_.slot = first_slot;
    std::fill_n(queues_.begin(), with_socket, Queue::kHeld);
    if (wanted != AfXdp::kZeroCopy) return;
    // A driver that receives into our buffers loses every frame that they are too small for, also those of others.
    if (nic.mtu == 0 || nic.mtu + kLongestHeader > SL_HANDOFF_FRAME_MAX)
        no_zero_copy_ = fmt::format("an MTU above {}", SL_HANDOFF_FRAME_MAX - kLongestHeader);
    else if (generic)
        no_zero_copy_ = "the program runs in generic mode";
    else
        first_place_.zero_copy = true;
}

std::vector<std::unique_ptr<FramePort>> Handoff::open(XskSocket::Deadline deadline) {
    std::vector<std::unique_ptr<FramePort>> ports;
    held_.clear();
    for (uint32_t queue = 0; queue < queues_.size(); ++queue) {
        if (queues_[queue] != Queue::kHeld) continue;
        int error = 0;
        auto socket = open_queue(queue, deadline, error);
        if (socket != nullptr) {
            queues_[queue] = Queue::kOpen;
            ports.push_back(std::move(socket));
            continue;
        }
        if (error != EBUSY) queues_[queue] = Queue::kRefused;
        std::string& why = error == EBUSY ? held_ : refusal_;
        if (why.empty()) why = XskSocket::refusal(place_of(queue), error);
    }
    return ports;
}

// All sockets are of the kind that the first queue gave.
std::unique_ptr<XskSocket> Handoff::open_queue(uint32_t queue, XskSocket::Deadline deadline, int& error) {
    XskSocket::Place place = place_of(queue);
    auto socket = XskSocket::open(place, deadline, error);
    if (socket != nullptr || error == EBUSY || !place.zero_copy || count(Queue::kOpen) > 0) return socket;
    no_zero_copy_ = XskSocket::refusal(place, error);
    first_place_.zero_copy = place.zero_copy = false;
    return XskSocket::open(place, deadline, error);
}

XskSocket::Place Handoff::place_of(uint32_t queue) const {
    XskSocket::Place place = first_place_;
    place.queue += queue;
    place.slot += queue;
    return place;
}

bool Handoff::waits() const {
    return count(Queue::kHeld) > 0;
}

size_t Handoff::count(Queue state) const {
    return static_cast<size_t>(std::count(queues_.begin(), queues_.end(), state));
}

std::string Handoff::text() const {
    const std::string& why = refusal_.empty() ? held_ : refusal_;
    const size_t open = count(Queue::kOpen);
    if (open == 0) return "sockets: " + why;
    std::string text = fmt::format("AF_XDP {} on {}", first_place_.zero_copy ? "without copying" : "by copy",
                                   open == 1 ? "1 queue" : fmt::format("{} queues", open));
    if (!no_zero_copy_.empty()) text += fmt::format(" (no zero-copy: {})", no_zero_copy_);
    if (!why.empty()) text += fmt::format(" of {}, sockets for the rest: {}", queues_.size(), why);
    return text;
}

}  // namespace splitline
