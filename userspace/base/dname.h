// SPDX-License-Identifier: GPL-3.0-or-later
// Domain names in wire format (RFC 1035 section 3.1, uncompressed), kept as byte strings.
//
// Inside Splitline a name is *folded*: ASCII letters are lower case, so byte equality is name equality (RFC 4343). The
// question of a query is the only name kept as received. Parsing and printing are libknot's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace splitline {

/// A folded, uncompressed wire name with its root label: 1 to 255 bytes.
using Dname = std::string;
using DnameView = std::string_view;

/// The name that `text` spells (RFC 1035 section 5.1 escapes); a missing trailing dot is taken as written.
Result<Dname> dname_from_text(std::string_view text);
/// Presentation form with its trailing dot, "." for the root. REQUIRES: a valid wire name.
std::string dname_to_text(DnameView name);
/// `name` without its first label. REQUIRES: not the root.
DnameView dname_parent(DnameView name);
/// Number of labels, the root not counted.
unsigned dname_labels(DnameView name);
/// Whether `name` is `ancestor` or lies below it.
bool dname_in(DnameView name, DnameView ancestor);
/// Whether the first label is `*` (RFC 4592 section 2.1.1).
bool dname_is_wildcard(DnameView name);
/// Folds ASCII upper case in place. Label lengths (at most 63) lie below 'A' and are never touched.
void dname_fold(uint8_t* name, size_t size);
/// A hash of a folded name, well spread over all its bits; the same within a process only.
uint64_t dname_hash(DnameView name);
/// Length in bytes of the valid uncompressed wire name that starts at `wire`; 0 if none ends within `size` bytes.
size_t dname_wire_size(const uint8_t* wire, size_t size);

}  // namespace splitline
