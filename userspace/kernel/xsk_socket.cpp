// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/xsk_socket.h"

#include <bpf/bpf.h>
#include <fmt/core.h>
#include <linux/if_link.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "maps/config.h"

namespace splitline {

namespace {

constexpr size_t kEthernetSize = 14 + 2 * 4;  // with as many VLAN tags as the program takes
// The kernel copies each reply into a buffer it bills the socket for until the driver has sent it.
constexpr int kSendBuffer = 4 << 20;
// The socket of a daemon that has just ended holds its queue until the kernel has cleared up after it.
constexpr int kBusyTries = 200;
constexpr std::chrono::milliseconds kBusyPause{10};
// A copying socket sends some 32 frames a call; without progress in so many calls the device is full.
constexpr unsigned kFruitlessKicks = 4;

std::string advice(int error) {
    switch (error) {
        case EPERM:
        case EACCES:
            return " (needs CAP_NET_RAW)";
        case ENOBUFS:
        case ENOMEM:
            return " (its memory is locked: raise LimitMEMLOCK= of the unit, or add memory)";
        case EBUSY:
            return " (another program has a socket on that queue)";
        case EAFNOSUPPORT:
            return " (the kernel has no AF_XDP, or the unit's RestrictAddressFamilies= leaves it out)";
        default:
            return "";
    }
}

}  // namespace

Result<std::unique_ptr<XskSocket>> XskSocket::open(const Place& place) {
    std::unique_ptr<XskSocket> socket;
    int error = EBUSY;
    for (int tries = 0; error == EBUSY && tries < kBusyTries; ++tries) {
        if (tries > 0) std::this_thread::sleep_for(kBusyPause);
        socket.reset(new XskSocket(place));
        error = socket->create();
    }
    if (error == 0) return socket;
    return Error{fmt::format("{}: {}{}", socket->name(), std::strerror(error), advice(error))};
}

XskSocket::~XskSocket() {
    if (socket_ != nullptr) xsk_socket__delete(socket_);
    if (umem_ != nullptr) xsk_umem__delete(umem_);
    if (memory_ != nullptr) ::munmap(memory_, size_t{kFrames} * SL_HANDOFF_BUFFER);
}

std::string XskSocket::name() const {
    return fmt::format("{} queue {}", place_.interface, place_.queue);
}

int XskSocket::create() {
    if (const int error = map_memory(); error != 0) return error;
    if (const int error = create_socket(); error != 0) return error;
    ::setsockopt(fd(), SOL_SOCKET, SO_SNDBUFFORCE, &kSendBuffer, sizeof kSendBuffer);  // helps where it is allowed
    give_all_to_kernel();
    const int socket = fd();
    return bpf_map_update_elem(place_.map_fd, &place_.slot, &socket, BPF_ANY) == 0 ? 0 : errno;
}

int XskSocket::map_memory() {
    void* const mapped = ::mmap(nullptr, size_t{kFrames} * SL_HANDOFF_BUFFER, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (mapped == MAP_FAILED) return errno;
    memory_ = static_cast<uint8_t*>(mapped);
    xsk_umem_config config{};
    config.fill_size = config.comp_size = kFrames;
    config.frame_size = SL_HANDOFF_BUFFER;
    return -xsk_umem__create(&umem_, memory_, uint64_t{kFrames} * SL_HANDOFF_BUFFER, &fill_, &completion_, &config);
}

int XskSocket::create_socket() {
    xsk_socket_config config{};
    config.rx_size = config.tx_size = kFrames;
    config.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD;  // ours is there and knows what to redirect
    config.bind_flags = static_cast<uint16_t>(XDP_USE_NEED_WAKEUP | (place_.zero_copy ? XDP_ZEROCOPY : XDP_COPY));
    return -xsk_socket__create(&socket_, place_.interface.c_str(), place_.queue, umem_, &receive_, &transmit_, &config);
}

void XskSocket::give_all_to_kernel() {
    uint32_t at = 0;
    xsk_ring_prod__reserve(&fill_, kFrames, &at);
    for (uint32_t i = 0; i < kFrames; ++i) *xsk_ring_prod__fill_addr(&fill_, at + i) = uint64_t{i} * SL_HANDOFF_BUFFER;
    xsk_ring_prod__submit(&fill_, kFrames);
}

void XskSocket::take_sent_back() {
    uint32_t sent = 0, empty = 0;
    const uint32_t count = xsk_ring_cons__peek(&completion_, kFrames, &sent);
    if (count == 0) return;
    xsk_ring_prod__reserve(&fill_, count, &empty);
    for (uint32_t i = 0; i < count; ++i)
        *xsk_ring_prod__fill_addr(&fill_, empty + i) =
            *xsk_ring_cons__comp_addr(&completion_, sent + i) & ~uint64_t{SL_HANDOFF_BUFFER - 1};
    xsk_ring_cons__release(&completion_, count);
    xsk_ring_prod__submit(&fill_, count);
    // Only a driver that receives into the buffers itself may sleep for want of them.
    if (xsk_ring_prod__needs_wakeup(&fill_) != 0) ::recvfrom(fd(), nullptr, 0, MSG_DONTWAIT, nullptr, nullptr);
}

unsigned XskSocket::receive(std::span<Frame> frames) {
    take_sent_back();
    uint32_t at = 0;
    const uint32_t count = xsk_ring_cons__peek(&receive_, static_cast<uint32_t>(frames.size()), &at);
    const size_t longest = place_.mtu == 0 ? SL_HANDOFF_BUFFER : place_.mtu + kEthernetSize;
    for (uint32_t i = 0; i < count; ++i) {
        const xdp_desc& query = *xsk_ring_cons__rx_desc(&receive_, at + i);
        const auto room = SL_HANDOFF_BUFFER - query.addr % SL_HANDOFF_BUFFER;
        frames[i] = {memory_ + query.addr, query.len, static_cast<uint32_t>(std::min<size_t>(room, longest))};
    }
    if (count > 0) xsk_ring_cons__release(&receive_, count);
    return count;
}

uint64_t XskSocket::offset_of(const Frame& frame) const {
    return static_cast<uint64_t>(frame.data - memory_);
}

bool XskSocket::reply(std::span<const Frame> frames) {
    const auto replies = static_cast<uint32_t>(
        std::count_if(frames.begin(), frames.end(), [](const Frame& frame) { return frame.size > 0; }));
    const auto unanswered = static_cast<uint32_t>(frames.size()) - replies;
    uint32_t send = 0, empty = 0;
    xsk_ring_prod__reserve(&transmit_, replies, &send);
    xsk_ring_prod__reserve(&fill_, unanswered, &empty);
    for (const Frame& frame : frames) {
        if (frame.size > 0)
            *xsk_ring_prod__tx_desc(&transmit_, send++) = {offset_of(frame), frame.size, 0};
        else
            *xsk_ring_prod__fill_addr(&fill_, empty++) = offset_of(frame) & ~uint64_t{SL_HANDOFF_BUFFER - 1};
    }
    xsk_ring_prod__submit(&fill_, unanswered);
    if (replies == 0) return true;
    xsk_ring_prod__submit(&transmit_, replies);
    return flush();
}

bool XskSocket::flush() {
    const auto taken = [this] { return __atomic_load_n(transmit_.consumer, __ATOMIC_ACQUIRE); };
    uint32_t before = taken();
    for (unsigned fruitless = 0; fruitless < kFruitlessKicks;) {
        if (before == *transmit_.producer || xsk_ring_prod__needs_wakeup(&transmit_) == 0) return true;
        const ssize_t sent = ::sendto(fd(), nullptr, 0, MSG_DONTWAIT, nullptr, 0);
        // A driver that sends from the buffers itself has been woken and does the rest.
        if (sent >= 0 && place_.zero_copy) return true;
        const uint32_t now = taken();
        fruitless = now == before ? fruitless + 1 : 0;
        before = now;
    }
    return false;
}

void XskSocket::shut() {
    bpf_map_delete_elem(place_.map_fd, &place_.slot);
}

}  // namespace splitline
