// SPDX-License-Identifier: GPL-3.0-or-later
// Names above the apexes of served zones that no zone has in the name table.
//
// The fast path takes what is not in the table for absent, and searches it between the root and a name on the ground
// that a name's ancestors are there (maps/name_table.h). So the ancestors of each apex must be: `com` for a zone
// `example.com`, and `b.example.com` where `a.b.example.com` is served beside `example.com`.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "compile/image.h"

namespace splitline {

/// The SL_NAME_* flags of an ancestor of an apex, other than the root; nothing if a zone has the name in the table.
std::optional<uint8_t> flags_above_apex(const Image& image, DnameView ancestor);

/// All such names with their flags.
std::map<Dname, uint8_t> names_above_apexes(const Image& image);

}  // namespace splitline
