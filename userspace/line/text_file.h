// SPDX-License-Identifier: GPL-3.0-or-later
// Text input of lines: a whole file in one read, then its lines without copying.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace splitline {

/// The whole content of `path`. The error says why it cannot be read and, for files a Debian package gives, which one.
Result<std::string> read_text_file(const std::string& path);

/// What to do about a database that cannot be read: "; Debian's package tor-geoipdb installs it" or the like.
std::string missing_file_hint(const std::string& path);

/// `text` without white space at both ends.
std::string_view trim(std::string_view text);

/// Yields the lines of a text one by one, without their end (LF or CRLF); counts from 1.
class TextLines {
  public:
    /// `text` must outlive the object. A UTF-8 byte order mark is skipped.
    explicit TextLines(std::string_view text);

    std::optional<std::string_view> next();
    /// Number of the line last returned.
    [[nodiscard]] unsigned number() const { return number_; }

  private:
    std::string_view rest_;
    unsigned number_ = 0;
};

/// Collects the findings of one file; goes quiet, once and saying so, when a file is nothing like what was expected.
class FileDiagnostics {
  public:
    FileDiagnostics(std::string path, Diagnostics& diagnostics) : path_(std::move(path)), diagnostics_(diagnostics) {}

    /// False when the rest of the file is not worth reading.
    bool error(unsigned line, std::string message);

  private:
    std::string path_;
    Diagnostics& diagnostics_;
    unsigned errors_ = 0;
};

}  // namespace splitline
