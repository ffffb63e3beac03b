// SPDX-License-Identifier: GPL-3.0-or-later
// Threads of the servers: named for top and ps, and deaf to signals, which belong to the main thread.
#pragma once

#include <pthread.h>

#include <csignal>
#include <string>
#include <thread>
#include <utility>

namespace splitline {

/// Runs `body` in a new thread. REQUIRES: `name` has at most 15 characters.
template <typename Body>
std::thread start_thread(const std::string& name, Body body) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);  // inherited by the new thread
    std::thread thread(std::move(body));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_setname_np(thread.native_handle(), name.c_str());
    return thread;
}

}  // namespace splitline
