// SPDX-License-Identifier: GPL-3.0-or-later
// `splitline zone check`: the daemon's read, check and compile of zone files, without a daemon.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "control/api.h"

namespace splitline {

/// Compiles each file on its own. Line names are those of the configuration at `config_path`; the built-in ones where
/// that file does not exist or may not be read and `config_is_default`. Errors: a configuration that cannot be used.
Result<ZoneCheck> check_zone_files(const std::vector<std::string>& files, const std::string& config_path,
                                   bool config_is_default);

}  // namespace splitline
