// SPDX-License-Identifier: GPL-3.0-or-later
// Plain sockets for tests of the servers: blocking, every failure throws with its errno's text.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include "base/endpoint.h"
#include "resolver/socket.h"
#include "support/packet.h"

namespace splitline::testing_support {

inline void need(bool done, const char* what) {
    if (!done) throw std::system_error(errno, std::generic_category(), what);
}

inline std::pair<sockaddr_storage, socklen_t> socket_address(const Endpoint& endpoint) {
    sockaddr_storage storage{};
    if (endpoint.address.family == Address::Family::kIpv4) {
        auto* native = reinterpret_cast<sockaddr_in*>(&storage);
        native->sin_family = AF_INET;
        native->sin_port = htons(endpoint.port);
        std::memcpy(&native->sin_addr, endpoint.address.bytes.data(), 4);
        return {storage, sizeof *native};
    }
    auto* native = reinterpret_cast<sockaddr_in6*>(&storage);
    native->sin6_family = AF_INET6;
    native->sin6_port = htons(endpoint.port);
    std::memcpy(&native->sin6_addr, endpoint.address.bytes.data(), 16);
    return {storage, sizeof *native};
}

/// A socket of `type` connected to `server`; a lost reply makes receive() fail after ten seconds rather than never.
inline Fd connect_to(const Endpoint& server, int type) {
    const auto [storage, size] = socket_address(server);
    Fd fd(socket(storage.ss_family, type | SOCK_CLOEXEC, 0));
    need(fd.get() >= 0, "socket");
    const timeval patience{10, 0};
    need(setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0, "SO_RCVTIMEO");
    need(connect(fd.get(), reinterpret_cast<const sockaddr*>(&storage), size) == 0, "connect");
    return fd;
}

/// A connected UDP socket: the kernel drops replies that come from another address or port than was asked.
class UdpClient {
  public:
    explicit UdpClient(const Endpoint& server) : fd_(connect_to(server, SOCK_DGRAM)) {}

    void send(const Bytes& query) const {
        need(::send(fd_.get(), query.data(), query.size(), 0) == static_cast<ssize_t>(query.size()), "send");
    }
    /// The same, where it does not matter whether the datagram arrives.
    void try_send(const Bytes& query) const { (void)::send(fd_.get(), query.data(), query.size(), MSG_DONTWAIT); }
    [[nodiscard]] Bytes receive() const {
        Bytes response(65535);
        const ssize_t size = recv(fd_.get(), response.data(), response.size(), 0);
        need(size >= 0, "recv");
        response.resize(static_cast<size_t>(size));
        return response;
    }
    [[nodiscard]] Bytes ask(const Bytes& query) const {
        send(query);
        return receive();
    }

  private:
    Fd fd_;
};

/// A message as it goes over TCP.
inline Bytes framed(const Bytes& message) {
    Bytes frame;
    put16(frame, static_cast<unsigned>(message.size()));
    frame.insert(frame.end(), message.begin(), message.end());
    return frame;
}

class TcpClient {
  public:
    explicit TcpClient(const Endpoint& server) : fd_(connect_to(server, SOCK_STREAM)) {}

    [[nodiscard]] int fd() const { return fd_.get(); }
    void send(std::span<const uint8_t> bytes) const {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            need(sent > 0, "send");
            bytes = bytes.subspan(static_cast<size_t>(sent));
        }
    }
    /// The next message; nothing at the end of the stream.
    [[nodiscard]] std::optional<Bytes> receive() const {
        Bytes length(2);
        if (!fill(length)) return std::nullopt;
        Bytes message(static_cast<size_t>(length[0] << 8 | length[1]));
        if (!fill(message)) throw std::runtime_error("the stream ends inside a message");
        return message;
    }
    [[nodiscard]] std::optional<Bytes> ask(const Bytes& query) const {
        send(framed(query));
        return receive();
    }
    /// Whether the server has closed: waits for it.
    [[nodiscard]] bool ended() const {
        uint8_t byte = 0;
        const ssize_t size = recv(fd_.get(), &byte, 1, 0);
        return size == 0 || (size < 0 && errno == ECONNRESET);
    }
    void finish_sending() const { need(shutdown(fd_.get(), SHUT_WR) == 0, "shutdown"); }

  private:
    // False at the end of the stream before the first byte.
    bool fill(std::span<uint8_t> bytes) const {
        for (size_t at = 0; at < bytes.size();) {
            const ssize_t size = recv(fd_.get(), bytes.data() + at, bytes.size() - at, 0);
            if (size == 0 && at == 0) return false;
            need(size > 0, "recv");
            at += static_cast<size_t>(size);
        }
        return true;
    }

    Fd fd_;
};

/// File descriptors this process has open.
inline size_t open_descriptors() {
    size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
    return count;
}

}  // namespace splitline::testing_support
