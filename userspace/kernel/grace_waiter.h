// SPDX-License-Identifier: GPL-3.0-or-later
// Waits for grace periods in a thread of its own, so that whoever retires memory need not: it takes a ticket, goes on,
// and looks later whether the ticket is through.
//
// One wait serves all tickets taken before it began, so there is at most one wait at a time, however many commits a
// second there are.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace splitline {

class GraceWaiter {
  public:
    /// `wait_for_readers` returns after every packet in flight at the call has left the program; it may throw.
    explicit GraceWaiter(std::function<void()> wait_for_readers);
    ~GraceWaiter();
    GraceWaiter(const GraceWaiter&) = delete;
    GraceWaiter& operator=(const GraceWaiter&) = delete;

    /// A ticket that is through once every packet in flight at this call has left.
    uint64_t take_ticket();
    /// The last ticket that is through; tickets ascend.
    [[nodiscard]] uint64_t through() const;
    /// Returns when the ticket is through; throws what the wait for it threw.
    void await(uint64_t ticket);

  private:
    void run();

    std::function<void()> wait_for_readers_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    uint64_t taken_ = 0, through_ = 0;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace splitline
