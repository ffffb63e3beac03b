// SPDX-License-Identifier: GPL-3.0-or-later
// A query as a whole Ethernet frame, and its reply: what the kernel's stack does for a socket, done for an AF_XDP one.
//
// The XDP program hands off only what it has proven to be a datagram to one of our addresses (bpf/packet.h), so nothing
// of that is judged again here: the frame is taken apart with its bounds checked, and no more. The reply goes back the
// way the query came, as the fast path's does: addresses, ports and MACs change places, VLAN tags stay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/ip.h"

namespace splitline {

struct QueryFrame {
    Address client;
    size_t ip = 0;       // offset of the IP header
    size_t message = 0;  // offset of the DNS message
    size_t message_size = 0;

    /// Nothing for a frame that the program would not have handed off.
    static std::optional<QueryFrame> parse(std::span<const uint8_t> frame);

    /// Turns the headers of `frame` round for a reply of `size` bytes that stand where the query stood. Returns the
    /// frame's new size. REQUIRES: parse() gave *this for the same frame, whose headers are as they were;
    /// message + size <= frame.size().
    size_t turn_round(std::span<uint8_t> frame, size_t size) const;
};

}  // namespace splitline
