// SPDX-License-Identifier: GPL-3.0-or-later
// Where whole Ethernet frames with queries come from and replies go to: an AF_XDP socket (kernel/xsk_socket.h), or a
// test.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"

namespace splitline {

/// A received frame in the port's own memory, from its Ethernet header on; a reply is written over it.
struct Frame {
    uint8_t* data = nullptr;
    uint32_t size = 0;  // 0, once it has been looked at: there is no reply
    uint32_t room = 0;  // the longest reply that fits, in bytes of frame
    uint32_t mtu = 0;   // the longest IP packet that may leave; 0: unknown
};

/// One worker's; not thread-safe.
class FramePort {
  public:
    FramePort() = default;
    FramePort(const FramePort&) = delete;
    FramePort& operator=(const FramePort&) = delete;
    virtual ~FramePort() = default;

    /// Lets frames in from now on; until then queries take another way. The error says what refused.
    virtual Result<void> admit() = 0;
    /// Readable when a frame has come.
    [[nodiscard]] virtual int fd() const = 0;
    /// For messages: "eth0 queue 3".
    [[nodiscard]] virtual std::string name() const = 0;
    /// Takes as many frames as have come, at most frames.size(), without waiting; returns their number. They are the
    /// caller's until it gives all of them to reply().
    virtual unsigned receive(std::span<Frame> frames) = 0;
    /// Sends each frame of size > 0 and has all memory back. False if some could not leave yet and may soon: then
    /// flush() is to be called until it is true. It is also to be called now and then, for what may leave much later.
    virtual bool reply(std::span<const Frame> frames) = 0;
    virtual bool flush() = 0;
    /// Whether no frame will ever come or leave again: the interface has been deleted. fd() need not tell.
    [[nodiscard]] virtual bool gone() = 0;
    /// Queries and replies dropped for want of room, or of a device that is up, ever.
    [[nodiscard]] virtual uint64_t lost() const = 0;
    /// Lets no further frame in: queries take another way from now on. What has come stays to be received.
    virtual void shut() = 0;
};

}  // namespace splitline
