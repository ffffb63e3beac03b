// SPDX-License-Identifier: GPL-3.0-or-later
// `splitlined --check` and `splitline check`: everything a start reads and compiles, without starting anything.
#pragma once

#include <string>

#include "control/api.h"

namespace splitline {

/// Reads the configuration, all lines and all zones, those of the store too, and compiles them. Needs no daemon and
/// disturbs none.
ConfigCheck check_config(const std::string& config_path);

}  // namespace splitline
