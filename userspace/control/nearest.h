// SPDX-License-Identifier: GPL-3.0-or-later
// "Did you mean": the known word closest to one that is unknown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace splitline {

/// Levenshtein distance in bytes: insertions, deletions, replacements.
size_t edit_distance(std::string_view a, std::string_view b);

/// "; did you mean 'WORD'?" with the closest of `known`, or "" when none is close enough to be meant.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace splitline
