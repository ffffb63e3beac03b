// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/journal_sync.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/log.h"

namespace splitline {

namespace {
constexpr std::chrono::seconds kPause(1);
}

JournalSync::~JournalSync() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void JournalSync::written(const std::shared_ptr<const Fd>& file) {
    const std::lock_guard lock(mutex_);
    if (dirty_.insert(file).second) changed_.notify_all();
}

void JournalSync::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stopping_ || !dirty_.empty(); });
        if (dirty_.empty()) return;
        const auto files = std::move(dirty_);
        dirty_.clear();
        lock.unlock();
        for (const auto& file : files)
            if (fdatasync(file->get()) != 0) log_error("cannot sync a journal: {}", std::strerror(errno));
        lock.lock();
        changed_.wait_for(lock, kPause, [this] { return stopping_; });
    }
}

}  // namespace splitline
