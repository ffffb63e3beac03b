// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/grace_waiter.h"

#include <algorithm>
#include <chrono>
#include <exception>

#include "base/log.h"

namespace splitline {

namespace {
constexpr std::chrono::seconds kRetry(1);
}

GraceWaiter::GraceWaiter(std::function<void()> wait_for_readers)
    : wait_for_readers_(std::move(wait_for_readers)), thread_([this] { run(); }) {}

GraceWaiter::~GraceWaiter() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

uint64_t GraceWaiter::take_ticket() {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
    return ++taken_;
}

uint64_t GraceWaiter::through() const {
    const std::lock_guard lock(mutex_);
    return through_;
}

void GraceWaiter::await(uint64_t ticket) {
    if (through() >= ticket) return;
    uint64_t taken = 0;
    {
        const std::lock_guard lock(mutex_);
        taken = taken_;
    }
    // A wait of our own ends no later than the thread's, and its failure reaches the caller.
    wait_for_readers_();
    const std::lock_guard lock(mutex_);
    through_ = std::max(through_, taken);
}

void GraceWaiter::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stopping_ || taken_ > through_; });
        if (stopping_) return;
        const uint64_t taken = taken_;
        lock.unlock();
        bool waited = false;
        try {
            wait_for_readers_();
            waited = true;
        } catch (const std::exception& failure) {
            log_error("{}; until it works no memory of the fast path is freed", failure.what());
        }
        lock.lock();
        if (waited)
            through_ = std::max(through_, taken);
        else
            changed_.wait_for(lock, kRetry, [this] { return stopping_; });
    }
}

}  // namespace splitline
