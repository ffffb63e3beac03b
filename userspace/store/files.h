// SPDX-License-Identifier: GPL-3.0-or-later
// What writing files that must survive a crash takes.
#pragma once

#include <string>

#include "base/result.h"

namespace splitline {

/// "cannot WHAT: reason", from errno.
Error system_error(const std::string& what, const std::string& path);
/// Makes a new file, a rename or an unlink in the file's directory survive a power cut.
Result<void> sync_directory_of(const std::string& path);

}  // namespace splitline
