// SPDX-License-Identifier: GPL-3.0-or-later
// The daemon as a whole: what `splitlined` does with a configuration file.
//
// Stopping (SIGTERM, SIGINT, `splitline stop`) ends both paths: the XDP program is detached, so that a stopped service
// answers nothing. Two ways leave the program attached, pinned and answering from the last image: `splitline stop
// --keep-xdp`, and a daemon that is killed or crashes; the next start takes the link over without a gap.
#pragma once

#include <string>

namespace splitline {

/// Serves until it is told to stop. The exit code: 0 stopped as told, 1 could not start or stop as it should.
int run_daemon(const std::string& config_path);

}  // namespace splitline
