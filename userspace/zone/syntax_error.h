// SPDX-License-Identifier: GPL-3.0-or-later
// Words for what libzscanner found wrong: what, near which characters, and how to mend it.
#pragma once

#include <string>
#include <string_view>

namespace splitline {

/// `code` is a ZS_* error; `rest` is the remainder of the entry from the character at which the scanner gave up.
std::string syntax_error_text(int code, std::string_view rest);

}  // namespace splitline
