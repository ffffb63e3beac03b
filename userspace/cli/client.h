// SPDX-License-Identifier: GPL-3.0-or-later
// The command line's end of the control socket.
#pragma once

#include <optional>
#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "control/protocol.h"

namespace splitline {

/// One connection, blocking.
class ControlClient {
  public:
    /// Errors: no daemon listens there, no permission.
    static Result<ControlClient> connect(const std::string& path);

    /// Sends the request, with `file` unless that is none, and waits for its response, however long the change takes.
    /// Errors: the daemon went away.
    Result<ControlResponse> exchange(const ControlRequest& request, const Fd& file = Fd()) {
        send(request, file);
        return receive();
    }
    /// The two halves of it: responses come in the order of the requests.
    void send(const ControlRequest& request, const Fd& file = Fd());
    Result<ControlResponse> receive();
    /// Waits until the daemon hangs up: it has ended.
    void wait_for_end();

  private:
    ControlClient(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
    std::optional<std::string> read_line();

    Fd fd_;
    std::string path_;
    std::string input_;
};

}  // namespace splitline
