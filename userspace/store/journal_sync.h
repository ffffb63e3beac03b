// SPDX-License-Identifier: GPL-3.0-or-later
// Puts journals on the disk in the background: what was written to one is safe from a crash of the host within about a
// second, while nobody who writes waits for the disk.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "base/fd.h"

namespace splitline {

class JournalSync {
  public:
    JournalSync() : thread_([this] { run(); }) {}
    /// Syncs what is left.
    ~JournalSync();
    JournalSync(const JournalSync&) = delete;
    JournalSync& operator=(const JournalSync&) = delete;

    /// That file has something new.
    void written(const std::shared_ptr<const Fd>& file);

  private:
    void run();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::set<std::shared_ptr<const Fd>> dirty_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace splitline
