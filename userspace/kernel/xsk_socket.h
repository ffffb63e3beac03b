// SPDX-License-Identifier: GPL-3.0-or-later
// One AF_XDP socket on one receive queue, in the slot of map "resolver" that the XDP program hands its queries to.
//
// The socket has its own memory (a umem of kFrames buffers). Each buffer is at every moment in one place: in the fill
// ring (the kernel's, empty), in the receive ring (a query), with the worker, in the transmit ring (its reply, written
// over the query) or in the completion ring (sent). Every ring has room for twice as many, because kernels may tell as
// late as on finding a ring empty that they have taken what was in it. When the worker falls behind, or replies cannot
// leave, the kernel finds no empty buffer and drops, as it does when a UDP socket's buffer is full; lost() counts that.
//
// When the socket is closed, by its destructor or by the death of the daemon, the kernel empties the slot itself.
#pragma once

#include <xdp/xsk.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "resolver/frame_port.h"

namespace splitline {

class XskSocket final : public FramePort {
  public:
    struct Place {
        std::string interface;
        uint32_t queue = 0;
        unsigned mtu = 0;        // bytes behind the Ethernet header; 0: unknown
        bool zero_copy = false;  // frames stay where the driver received them; else the kernel copies them
        int map_fd = -1;         // map "resolver"; outlives the socket
        uint32_t slot = 0;       // in that map
    };

    using Deadline = std::chrono::steady_clock::time_point;
    /// Opens the socket, which gets no query before admit() fills the slot; or nullptr and the errno. EBUSY is a queue
    /// that is taken, which it waits for until `deadline`: the socket of a daemon that has just ended holds it until
    /// the kernel has cleared up.
    static std::unique_ptr<XskSocket> open(const Place& place, Deadline deadline, int& error);
    /// What refused, and how to mend it.
    static std::string refusal(const Place& place, int error);
    ~XskSocket() override;

    Result<void> admit() override;
    [[nodiscard]] int fd() const override { return xsk_socket__fd(socket_); }
    [[nodiscard]] std::string name() const override { return name_of(place_); }
    unsigned receive(std::span<Frame> frames) override;
    bool reply(std::span<const Frame> frames) override;
    bool flush() override;
    bool gone() override;
    [[nodiscard]] uint64_t lost() const override;
    void shut() override;

  private:
    static constexpr uint32_t kFrames = 2048;
    static constexpr uint32_t kRingSize = 2 * kFrames;

    explicit XskSocket(Place place) : place_(std::move(place)) {}
    static std::string name_of(const Place& place);
    /// 0 or an errno; what was made of it the destructor takes down.
    int create();
    int map_memory();
    int create_socket();
    void give_empty();
    void take_sent_back();
    /// Has the kernel send what is in the transmit ring; 0, or an errno if some is left there.
    int kick();
    /// Where the buffer begins that `address` is in.
    static uint64_t buffer_of(uint64_t address);

    Place place_;
    uint8_t* memory_ = nullptr;
    xsk_umem* umem_ = nullptr;
    xsk_socket* socket_ = nullptr;
    xsk_ring_prod fill_{}, transmit_{};
    xsk_ring_cons completion_{}, receive_{};
    std::vector<uint64_t> empty_;  // buffers on their way to the fill ring
    uint32_t in_flight_ = 0;       // buffers in the transmit and completion rings
    uint64_t unsent_ = 0;          // replies dropped: the transmit ring had no room, or the device was down
    bool down_ = false;            // the device, at the last flush()
};

}  // namespace splitline
