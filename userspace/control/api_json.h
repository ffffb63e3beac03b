// SPDX-License-Identifier: GPL-3.0-or-later
// JSON text of the structs of api.h, and back. Instantiated for each of them in api_json.cpp, which alone includes the
// JSON library.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "control/api.h"

namespace splitline {

/// On one line; bytes that are no UTF-8 (a TXT record's, a path's) become U+FFFD.
template <typename T>
std::string to_json_text(const T& report);

/// Errors: no JSON, a missing key or one of another type.
template <typename T>
Result<T> from_json_text(std::string_view text);

}  // namespace splitline
