// SPDX-License-Identifier: GPL-3.0-or-later
// Prefix lists, as the lists of operators' networks come: one CIDR or bare address a line, IPv4 and IPv6 mixed; `#` and
// `;` start a comment anywhere; blank lines and CRLF are fine.
#pragma once

#include <string>

#include "base/result.h"
#include "line/prefix_builder.h"

namespace splitline {

/// Puts every prefix of the file on `line`.
void read_prefix_list(const std::string& path, LineId line, PrefixBuilder& builder, Diagnostics& diagnostics);

}  // namespace splitline
