// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/poller.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>

namespace splitline {

namespace {

Fd checked(int fd, const char* what) {
    if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
    return Fd(fd);
}

}  // namespace

Poller::Poller()
    : epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_(checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
    watch(wake_.get());
}

void Poller::watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    events_.resize(events_.size() + 1);
}

void Poller::forget(int fd) {
    // As many events as before are room enough.
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void Poller::wake() {
    // The value is never read, so the descriptor stays readable; only a full counter could refuse, and it is readable
    // then.
    [[maybe_unused]] const int written = eventfd_write(wake_.get(), 1);
}

int Poller::poll(int milliseconds) {
    return epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), milliseconds);
}

}  // namespace splitline
