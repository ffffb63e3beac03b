// SPDX-License-Identifier: GPL-3.0-or-later
// Where a worker sleeps: until one of its descriptors is readable, or another thread wakes it.
#pragma once

#include <sys/epoll.h>

#include <cstddef>
#include <vector>

#include "base/fd.h"

namespace splitline {

/// Full batches one descriptor may take before the worker's others have their turn.
constexpr unsigned kBatchesInARow = 16;

class Poller {
  public:
    Poller();

    /// REQUIRES: called by the worker, or before it runs; `fd` is not closed before forget() or the Poller's end.
    void watch(int fd);
    void forget(int fd);
    /// Waits for at most `milliseconds`, for ever if that is negative, and calls visit(fd, broken) for each descriptor
    /// that has something; `broken` when it has an error or its other end is gone.
    template <typename Visit>
    void wait(int milliseconds, Visit visit) {
        const int ready = poll(milliseconds);
        for (int i = 0; i < ready; ++i) {
            const epoll_event& event = events_[static_cast<size_t>(i)];
            if (event.data.fd != wake_.get()) visit(event.data.fd, (event.events & (EPOLLERR | EPOLLHUP)) != 0);
        }
    }
    /// Ends this and every later wait() at once. Thread-safe.
    void wake();

  private:
    int poll(int milliseconds);

    Fd epoll_, wake_;
    std::vector<epoll_event> events_;  // one each descriptor
};

}  // namespace splitline
