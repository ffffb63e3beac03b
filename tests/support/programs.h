// SPDX-License-Identifier: GPL-3.0-or-later
// The built programs as processes: run one to its end, or keep a daemon for as long as an object lives.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/temp_folder.h"

namespace splitline::testing_support {

inline std::string program(const std::string& name) {
    return std::string(SPLITLINE_BUILD_DIR) + "/userspace/" + name;
}

/// Starts a program with its output in files; returns its pid.
inline pid_t spawn(const std::vector<std::string>& words, const std::string& out, const std::string& err) {
    std::vector<char*> argv;
    for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error("cannot fork");
    if (child > 0) return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that is killed leaves no daemon behind
    const int out_fd = open(out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int err_fd = open(err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (dup2(out_fd, 1) == 1 && dup2(err_fd, 2) == 2) execv(argv[0], argv.data());
    _exit(127);
}

/// The exit code; 128 + signal for a program that a signal ended.
inline int wait_for(pid_t child) {
    int status = 0;
    if (waitpid(child, &status, 0) != child) throw std::runtime_error("cannot wait for a program");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct Finished {
    int code = 0;
    std::string out, err;
};

inline Finished run(const std::vector<std::string>& words) {
    const TempFolder folder;
    const int code = wait_for(spawn(words, folder.path("out"), folder.path("err")));
    return {code, folder.read("out"), folder.read("err")};
}

/// splitlined with `folder`/splitline.toml; killed with the object if it still runs.
class DaemonProcess {
  public:
    explicit DaemonProcess(const TempFolder& folder)
        : folder_(folder),
          pid_(spawn({program("splitlined"), "--config", folder.path("splitline.toml")}, folder.path("log"),
                     folder.path("log"))) {}
    ~DaemonProcess() {
        if (pid_ > 0) end(SIGKILL);
    }
    DaemonProcess(const DaemonProcess&) = delete;
    DaemonProcess& operator=(const DaemonProcess&) = delete;

    /// Returns once it answers its control socket; throws with its log if it ends instead.
    void wait_until_ready() {
        while (run({program("splitline"), "--socket", folder_.path("sock"), "status"}).code != 0) {
            int status = 0;
            if (waitpid(pid_, &status, WNOHANG) == pid_) {
                pid_ = -1;
                throw std::runtime_error("the daemon has ended: " + folder_.read("log"));
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }
    void send(int signal) const { kill(pid_, signal); }
    /// Its exit code, as wait_for().
    int wait() { return wait_for(std::exchange(pid_, -1)); }
    int end(int signal) {
        send(signal);
        return wait();
    }

  private:
    const TempFolder& folder_;
    pid_t pid_;
};

}  // namespace splitline::testing_support
