// SPDX-License-Identifier: GPL-3.0-or-later
// RCODEs by name.
#pragma once

#include <string>

namespace splitline {

/// "NOERROR", "BADVERS", "RCODE12" (RFC 6895 section 2.3).
std::string rcode_name(unsigned rcode);

}  // namespace splitline
