// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/nearest.h"

#include <algorithm>
#include <numeric>

namespace splitline {

size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 0; i < a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b.size(); ++j) {
            const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
    const std::string* best = nullptr;
    // A third of the word may be mistyped; more than that is another word.
    size_t best_distance = std::max<size_t>(word.size() / 3, 1) + 1;
    for (const auto& candidate : known) {
        const size_t distance = edit_distance(word, candidate);
        if (distance >= best_distance) continue;
        best_distance = distance;
        best = &candidate;
    }
    return best ? "; did you mean '" + *best + "'?" : "";
}

}  // namespace splitline
