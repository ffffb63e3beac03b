// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a large master file in parts, one a core.
//
// A part begins at a line that states an owner, with the $ORIGIN, $TTL and $LINE in force there. That works for files
// as programs write them: entries of one line, no $INCLUDE. Whatever does not fit (a parenthesis anywhere, or anything
// at all to report) makes the reader give up, and the file is read from front to back as it ever was, which gives the
// same records, and findings as they should be.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "zone/records.h"

namespace splitline {

/// The records of a file without findings, or nothing. `origin` is the one the file starts with, in presentation form.
std::optional<ZoneRecords> read_in_parts(std::string_view text, const std::string& path, const std::string& origin,
                                         size_t parts);

}  // namespace splitline
