// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/udp_batch.h"

#include <netinet/in.h>
#include <poll.h>

#include <cerrno>

#include "resolver/socket.h"

namespace splitline {

namespace {

// The largest datagram there is, so none is ever cut; pages that no query reaches are never touched. The odd 192 bytes
// keep the buffers' first lines, the only ones usual queries touch, out of the same cache sets.
constexpr size_t kInSize = 65536 + 192;
// How long a worker waits for a full send buffer before it gives responses up: clients ask again.
constexpr int kSendPatienceMs = 20;

// Turns the received destination into the source to send from. The interface is left to the routing table (except for
// link-local clients, whose address names it): forcing the one the query came in by loses replies where routes differ.
void answer_from_destination(msghdr& message) {
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        void* data = CMSG_DATA(header);
        if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO)
            static_cast<in_pktinfo*>(data)->ipi_ifindex = 0;
        if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO)
            static_cast<in6_pktinfo*>(data)->ipi6_ifindex = 0;
    }
}

bool wait_writable(int socket) {
    pollfd waiting{socket, POLLOUT, 0};
    return poll(&waiting, 1, kSendPatienceMs) == 1;
}

}  // namespace

UdpBatch::UdpBatch() : ins_(new uint8_t[kSize * kInSize]), outs_(new uint8_t[kSize * kOutSize]) {
    for (unsigned i = 0; i < kSize; ++i) {
        in_vectors_[i] = {ins_.get() + i * kInSize, kInSize};
        in_[i].msg_hdr.msg_iov = &in_vectors_[i];
        in_[i].msg_hdr.msg_iovlen = 1;
        in_[i].msg_hdr.msg_name = &clients_[i];
        in_[i].msg_hdr.msg_control = &controls_[i];
    }
}

int UdpBatch::receive(int socket) {
    replies_ = 0;
    for (auto& message : in_) {  // the kernel has overwritten them with what it used
        message.msg_hdr.msg_namelen = sizeof clients_[0];
        message.msg_hdr.msg_controllen = sizeof controls_[0];
        message.msg_hdr.msg_flags = 0;
    }
    return recvmmsg(socket, in_.data(), kSize, MSG_DONTWAIT, nullptr);
}

std::span<const uint8_t> UdpBatch::query(unsigned i) const {
    return {ins_.get() + i * kInSize, in_[i].msg_len};
}

Address UdpBatch::client(unsigned i) const {
    return address_of(clients_[i]);
}

void UdpBatch::reply(unsigned i, size_t size) {
    answer_from_destination(in_[i].msg_hdr);
    out_vectors_[replies_] = {outs_.get() + i * kOutSize, size};
    msghdr& message = out_[replies_].msg_hdr;
    message = in_[i].msg_hdr;
    message.msg_iov = &out_vectors_[replies_];
    message.msg_flags = 0;
    // An empty control buffer must be none at all.
    if (message.msg_controllen == 0) message.msg_control = nullptr;
    ++replies_;
}

unsigned UdpBatch::send(int socket) {
    unsigned lost = 0;
    for (unsigned at = 0; at < replies_;) {
        const int sent = sendmmsg(socket, &out_[at], replies_ - at, MSG_DONTWAIT);
        if (sent > 0) {
            at += static_cast<unsigned>(sent);
        } else if (errno == EAGAIN) {
            if (!wait_writable(socket)) return lost + (replies_ - at);
        } else if (errno != EINTR) {
            // This one cannot be sent (source port 0, no route, a firewall's EPERM); the rest may.
            ++at;
            ++lost;
        }
    }
    return lost;
}

}  // namespace splitline
