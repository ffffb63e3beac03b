// SPDX-License-Identifier: GPL-3.0-or-later
// Log lines on stderr: one line an event, "<N>" priorities for the journal when it reads us, a level name otherwise.
#pragma once

#include <fmt/core.h>

#include <string_view>

namespace splitline {

/// syslog's priorities, as far as they are used.
enum class LogLevel { kError = 3, kWarning = 4, kInfo = 6, kDebug = 7 };

/// Lines above `level` are dropped; the default is kInfo. Thread-safe.
void set_log_level(LogLevel level);
/// Writes one line; a newline is added. Thread-safe, never throws.
void log_line(LogLevel level, std::string_view message) noexcept;

template <typename... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
    log_line(LogLevel::kError, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
    log_line(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
    log_line(LogLevel::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
    log_line(LogLevel::kDebug, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace splitline
