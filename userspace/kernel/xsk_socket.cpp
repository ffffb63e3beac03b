// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/xsk_socket.h"

#include <bpf/bpf.h>
#include <fmt/core.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
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

// The kernel copies each reply into a buffer it bills the socket for until the driver has sent it.
constexpr int kSendBuffer = 4 << 20;
// Each try takes megabytes, which the kernel keeps for a grace period.
constexpr std::chrono::milliseconds kBusyPause{50};
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

std::unique_ptr<XskSocket> XskSocket::open(const Place& place, Deadline deadline, int& error) {
    for (;;) {
        std::unique_ptr<XskSocket> socket(new XskSocket(place));
        error = socket->create();
        if (error == 0) return socket;
        if (error != EBUSY || std::chrono::steady_clock::now() >= deadline) return nullptr;
        socket.reset();
        std::this_thread::sleep_for(kBusyPause);
    }
}

std::string XskSocket::refusal(const Place& place, int error) {
    return fmt::format("{}: {}{}", name_of(place), std::strerror(error), advice(error));
}

XskSocket::~XskSocket() {
    if (socket_ != nullptr) xsk_socket__delete(socket_);
    if (umem_ != nullptr) xsk_umem__delete(umem_);
    if (memory_ != nullptr) ::munmap(memory_, size_t{kFrames} * SL_HANDOFF_BUFFER);
}

std::string XskSocket::name_of(const Place& place) {
    return fmt::format("{} queue {}", place.interface, place.queue);
}

int XskSocket::create() {
    if (const int error = map_memory(); error != 0) return error;
    if (const int error = create_socket(); error != 0) return error;
    ::setsockopt(fd(), SOL_SOCKET, SO_SNDBUFFORCE, &kSendBuffer, sizeof kSendBuffer);  // helps where it is allowed
    for (uint32_t i = 0; i < kFrames; ++i) empty_.push_back(uint64_t{i} * SL_HANDOFF_BUFFER);
    give_empty();
    return 0;
}

Result<void> XskSocket::admit() {
    const int socket = fd();
    if (bpf_map_update_elem(place_.map_fd, &place_.slot, &socket, BPF_ANY) == 0) return {};
    return Error{fmt::format("{}: {}", name(), std::strerror(errno))};
}

int XskSocket::map_memory() {
    void* const mapped = ::mmap(nullptr, size_t{kFrames} * SL_HANDOFF_BUFFER, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (mapped == MAP_FAILED) return errno;
    memory_ = static_cast<uint8_t*>(mapped);
    xsk_umem_config config{};
    config.fill_size = config.comp_size = kRingSize;
    config.frame_size = SL_HANDOFF_BUFFER;
    return -xsk_umem__create(&umem_, memory_, uint64_t{kFrames} * SL_HANDOFF_BUFFER, &fill_, &completion_, &config);
}

int XskSocket::create_socket() {
    xsk_socket_config config{};
    config.rx_size = config.tx_size = kRingSize;
    config.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD;  // ours is there and knows what to redirect
    config.bind_flags = static_cast<uint16_t>(XDP_USE_NEED_WAKEUP | (place_.zero_copy ? XDP_ZEROCOPY : XDP_COPY));
    return -xsk_socket__create(&socket_, place_.interface.c_str(), place_.queue, umem_, &receive_, &transmit_, &config);
}

void XskSocket::give_empty() {
    const auto wanted = static_cast<uint32_t>(empty_.size());
    const uint32_t count = std::min(wanted, xsk_prod_nb_free(&fill_, wanted));
    uint32_t at = 0;
    if (count == 0 || xsk_ring_prod__reserve(&fill_, count, &at) != count) return;
    for (uint32_t i = 0; i < count; ++i) *xsk_ring_prod__fill_addr(&fill_, at + i) = empty_[wanted - count + i];
    xsk_ring_prod__submit(&fill_, count);
    empty_.resize(wanted - count);
    // Only a driver that receives into the buffers itself may sleep for want of them.
    if (xsk_ring_prod__needs_wakeup(&fill_) != 0) ::recvfrom(fd(), nullptr, 0, MSG_DONTWAIT, nullptr, nullptr);
}

void XskSocket::take_sent_back() {
    uint32_t at = 0;
    const uint32_t count = xsk_ring_cons__peek(&completion_, kFrames, &at);
    for (uint32_t i = 0; i < count; ++i) empty_.push_back(buffer_of(*xsk_ring_cons__comp_addr(&completion_, at + i)));
    xsk_ring_cons__release(&completion_, count);
    in_flight_ -= count;
    give_empty();
}

unsigned XskSocket::receive(std::span<Frame> frames) {
    take_sent_back();
    uint32_t at = 0;
    const uint32_t count = xsk_ring_cons__peek(&receive_, static_cast<uint32_t>(frames.size()), &at);
    for (uint32_t i = 0; i < count; ++i) {
        const xdp_desc& query = *xsk_ring_cons__rx_desc(&receive_, at + i);
        const auto room = static_cast<uint32_t>(SL_HANDOFF_BUFFER - query.addr % SL_HANDOFF_BUFFER);
        frames[i] = {memory_ + query.addr, query.len, room, place_.mtu};
    }
    xsk_ring_cons__release(&receive_, count);
    return count;
}

uint64_t XskSocket::buffer_of(uint64_t address) {
    return address & ~uint64_t{SL_HANDOFF_BUFFER - 1};
}

bool XskSocket::reply(std::span<const Frame> frames) {
    const auto replies = static_cast<uint32_t>(
        std::count_if(frames.begin(), frames.end(), [](const Frame& frame) { return frame.size > 0; }));
    uint32_t at = 0;
    if (down_) flush();
    // Replies that wait for a device to come up would keep the buffers from the queries that come then.
    const bool room = !down_ && xsk_ring_prod__reserve(&transmit_, replies, &at) == replies;
    for (const Frame& frame : frames) {
        const auto address = static_cast<uint64_t>(frame.data - memory_);
        if (room && frame.size > 0)
            *xsk_ring_prod__tx_desc(&transmit_, at++) = {address, frame.size, 0};
        else
            empty_.push_back(buffer_of(address));
    }
    if (room) {
        xsk_ring_prod__submit(&transmit_, replies);
        in_flight_ += replies;
    } else {
        unsent_ += replies;
    }
    return flush();
}

bool XskSocket::flush() {
    take_sent_back();
    const int error = kick();
    // Nothing leaves a device that is down, however often it is tried.
    down_ = error == ENETDOWN || error == ENXIO;
    if (down_) return true;
    // Nothing tells that replies have been sent: while they hold most buffers, somebody has to come and look.
    return error == 0 && in_flight_ < kFrames / 2;
}

int XskSocket::kick() {
    const auto taken = [this] { return __atomic_load_n(transmit_.consumer, __ATOMIC_ACQUIRE); };
    // Some kernels tell late what they have taken; what they have sent they tell at once.
    const auto progress = [&] { return taken() + __atomic_load_n(completion_.producer, __ATOMIC_ACQUIRE); };
    uint32_t before = progress();
    for (unsigned fruitless = 0; fruitless < kFruitlessKicks;) {
        if (taken() == *transmit_.producer || xsk_ring_prod__needs_wakeup(&transmit_) == 0) return 0;
        const ssize_t sent = ::sendto(fd(), nullptr, 0, MSG_DONTWAIT, nullptr, 0);
        // A driver that sends from the buffers itself has been woken and does the rest.
        if (sent >= 0 && place_.zero_copy) return 0;
        if (sent < 0 && (errno == ENETDOWN || errno == ENXIO)) return errno;
        const uint32_t now = progress();
        fruitless = now == before ? fruitless + 1 : 0;
        before = now;
    }
    return EAGAIN;
}

bool XskSocket::gone() {
    // The kernel has unbound it: a socket on a device that is only down says ENETDOWN.
    return ::sendto(fd(), nullptr, 0, MSG_DONTWAIT, nullptr, 0) < 0 && errno == ENXIO;
}

uint64_t XskSocket::lost() const {
    xdp_statistics statistics{};
    socklen_t size = sizeof statistics;
    ::getsockopt(fd(), SOL_XDP, XDP_STATISTICS, &statistics, &size);
    return unsent_ + statistics.rx_dropped + statistics.rx_ring_full;
}

void XskSocket::shut() {
    bpf_map_delete_elem(place_.map_fd, &place_.slot);
}

}  // namespace splitline
