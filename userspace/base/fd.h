// SPDX-License-Identifier: GPL-3.0-or-later
// The owner of a file descriptor: files, sockets, epoll; and bytes written to one.
//
// Closing is all it does by itself; what opening it failed with is the caller's to look at: get() is negative then.
#pragma once

#include <string_view>
#include <utility>

namespace splitline {

/// Owns one file descriptor, or none.
class Fd {
  public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    ~Fd();
    Fd(Fd&& other) noexcept : fd_(other.release()) {}
    Fd& operator=(Fd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }

    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }

  private:
    int fd_ = -1;
};

/// All of `bytes`, or false with errno. REQUIRES: the descriptor blocks.
bool write_all(int fd, std::string_view bytes);

}  // namespace splitline
