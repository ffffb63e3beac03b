// SPDX-License-Identifier: GPL-3.0-or-later
#include "line/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/fd.h"

namespace splitline {
namespace {

constexpr unsigned kMaxErrorsPerFile = 10;

Error unreadable(const std::string& path, int error) {
    return {"cannot read it: " + std::generic_category().message(error) + missing_file_hint(path), {path, 0}};
}

}  // namespace

std::string missing_file_hint(const std::string& path) {
    if (path.starts_with("/usr/share/tor/")) return "; Debian's package tor-geoipdb installs it";
    return "; check the path and that the daemon's user may read it";
}

Result<std::string> read_text_file(const std::string& path) {
    const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (file.get() < 0 || fstat(file.get(), &status) != 0) return unreadable(path, errno);
    // One byte more than the file has, so that its end is seen without growing the buffer.
    std::string text(static_cast<size_t>(status.st_size) + 1, '\0');
    size_t size = 0;
    for (;;) {
        if (size == text.size()) text.resize(text.size() * 2);  // a pipe, or a file that grows
        const ssize_t got = read(file.get(), text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return unreadable(path, errno);
        if (got == 0) break;
        size += static_cast<size_t>(got);
    }
    text.resize(size);
    return text;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\v\f";
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

TextLines::TextLines(std::string_view text) : rest_(text) {
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
}

std::optional<std::string_view> TextLines::next() {
    if (rest_.empty()) return std::nullopt;
    ++number_;
    const auto end = rest_.find('\n');
    auto line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

bool FileDiagnostics::error(unsigned line, std::string message) {
    diagnostics_.error({path_, line}, std::move(message));
    if (++errors_ < kMaxErrorsPerFile) return true;
    diagnostics_.error({path_, line}, "too many errors, the rest is not read; is this the right kind of file?");
    return false;
}

}  // namespace splitline
