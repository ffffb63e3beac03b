// SPDX-License-Identifier: GPL-3.0-or-later
// Buffers for one recvmmsg and the sendmmsg that answers it. Reused for every batch; one per worker.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "base/ip.h"

namespace splitline {

class UdpBatch {
  public:
    /// Datagrams taken at once: enough to share the system call's cost, few enough to stay in the cache.
    static constexpr unsigned kSize = 32;
    /// Room for one response; no policy may set a larger payload (RFC 9715 would have it at 1400).
    static constexpr size_t kOutSize = 4096;

    UdpBatch();

    /// Takes what has arrived, without waiting. Returns the number of datagrams, or -1 with errno set (EAGAIN: none).
    int receive(int socket);
    /// Datagram `i` of the last receive().
    [[nodiscard]] std::span<const uint8_t> query(unsigned i) const;
    [[nodiscard]] Address client(unsigned i) const;
    /// Where its response is to be written, and that it is.
    [[nodiscard]] std::span<uint8_t> out(unsigned i) { return {outs_.get() + i * kOutSize, kOutSize}; }
    void reply(unsigned i, size_t size);
    /// Sends all replies, from the addresses the queries were sent to. Returns how many the kernel did not take.
    unsigned send(int socket);

  private:
    // Holds one in_pktinfo or in6_pktinfo.
    static constexpr size_t kControlSize = 64;
    struct alignas(cmsghdr) Control {
        std::array<uint8_t, kControlSize> bytes;
    };

    std::unique_ptr<uint8_t[]> ins_;
    std::unique_ptr<uint8_t[]> outs_;
    std::array<sockaddr_storage, kSize> clients_{};
    std::array<Control, kSize> controls_{};
    std::array<iovec, kSize> in_vectors_{}, out_vectors_{};
    std::array<mmsghdr, kSize> in_{}, out_{};
    unsigned replies_ = 0;
};

}  // namespace splitline
