// SPDX-License-Identifier: GPL-3.0-or-later
// The daemon's commands: a table of names, arguments and what they do, behind the protocol (protocol.h).
#pragma once

#include <ctime>
#include <functional>
#include <string>
#include <string_view>

#include "control/serving.h"

namespace splitline {

/// Each finding as a log line of its severity.
void log_findings(const Diagnostics& findings);

class Commands {
  public:
    /// `stop` ends everything but the control socket, which still carries the response. REQUIRES: `serving` outlives
    /// this object.
    Commands(Serving& serving, std::function<Result<void>(bool keep_xdp)> stop);

    /// The response line for a request line, both without newline. `passed` is the file that came with a request last,
    /// or none; a request that is about it takes it. Never throws: whatever a request causes is its error.
    std::string answer(std::string_view line, Fd& passed) noexcept;
    /// As the command does, for SIGHUP: findings and outcome go to the log.
    void reload_and_log();

  private:
    friend struct CommandTable;
    Serving& serving_;
    std::function<Result<void>(bool)> stop_;
    std::time_t started_;
};

}  // namespace splitline
