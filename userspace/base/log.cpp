// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>

namespace splitline {

namespace {

std::atomic<LogLevel> log_threshold{LogLevel::kInfo};

std::string_view level_name(LogLevel level) {
    switch (level) {
        case LogLevel::kError:
            return "error: ";
        case LogLevel::kWarning:
            return "warning: ";
        case LogLevel::kInfo:
            return "";
        case LogLevel::kDebug:
            return "debug: ";
    }
    return "";
}

}  // namespace

void set_log_level(LogLevel level) {
    log_threshold = level;
}

void log_line(LogLevel level, std::string_view message) noexcept {
    if (level > log_threshold.load(std::memory_order_relaxed)) return;
    static const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
    try {
        std::string line =
            journal ? fmt::format("<{}>", static_cast<int>(level)) : "splitlined: " + std::string(level_name(level));
        line.append(message).append("\n");
        // One write a line keeps lines of several threads whole; a full pipe loses the line rather than stopping the
        // server.
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    } catch (...) {  // out of memory: the line is lost, the server goes on
    }
}

}  // namespace splitline
