// SPDX-License-Identifier: GPL-3.0-or-later
// What a network interface says of itself, as plain values: driver, queues, rings, offloads. Read only, for `doctor`.
//
// Asked over the ethtool ioctl (linux/ethtool.h), which needs no privilege for these questions. What a driver does not
// answer is an empty optional.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace splitline {

/// A setting and the largest value that the driver takes.
struct NicLimit {
    unsigned now = 0;
    unsigned max = 0;
};

struct NicFacts {
    std::string name;
    bool up = false;
    unsigned mtu = 0;                            // bytes behind the Ethernet header; 0: unknown
    std::string driver;                          // "" where it does not say
    std::optional<NicLimit> queues;              // that receive
    bool combined_queues = true;                 // they send too, and ethtool calls them so
    std::optional<unsigned> receive_queues;      // in use, combined or not
    std::optional<unsigned> send_queues;         // in use, combined or not
    std::optional<NicLimit> ring;                // descriptors of a receive queue
    std::optional<bool> udp4_ports, udp6_ports;  // the hash that picks a packet's queue covers the ports
    std::optional<bool> rx_vlan;                 // the NIC takes VLAN tags out of the frames
    std::optional<bool> lro;                     // large receive offload
    bool has_vlans = false;                      // VLAN interfaces are on top; false where we may not look
};

/// REQUIRES: the interface exists; else all is empty.
NicFacts query_nic(const std::string& name);

/// A driver known to run XDP programs itself.
struct NativeDriver {
    const char* name;        // as `ethtool -i` shows it
    bool takes_more_queues;  // wants as many queues again to send what the program answers
    const char* note;        // "" or what is worth knowing before
};

/// nullptr for a driver that is not known to.
const NativeDriver* find_native_driver(std::string_view name);

}  // namespace splitline
