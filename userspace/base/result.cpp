// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/result.h"

#include <algorithm>

namespace splitline {

std::string Place::prefix() const {
    if (file.empty()) return "";
    return line == 0 ? file + ": " : file + ":" + std::to_string(line) + ": ";
}

std::string Diagnostic::text() const {
    return place.prefix() + (severity == Severity::kError ? "error: " : "warning: ") + message;
}

void Diagnostics::error(Place place, std::string message) {
    all_.push_back({Diagnostic::Severity::kError, std::move(message), std::move(place)});
}

void Diagnostics::warning(Place place, std::string message) {
    all_.push_back({Diagnostic::Severity::kWarning, std::move(message), std::move(place)});
}

void Diagnostics::append(const Diagnostics& other) {
    all_.insert(all_.end(), other.all_.begin(), other.all_.end());
}

bool Diagnostics::has_errors() const {
    return std::any_of(all_.begin(), all_.end(),
                       [](const auto& d) { return d.severity == Diagnostic::Severity::kError; });
}

std::string Diagnostics::text() const {
    std::string text;
    for (const auto& diagnostic : all_) {
        if (!text.empty()) text += '\n';
        text += diagnostic.text();
    }
    return text;
}

}  // namespace splitline
