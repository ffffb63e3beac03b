// SPDX-License-Identifier: GPL-3.0-or-later
#include "zone/zone_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <string_view>

#include "base/huge_pages.h"

namespace splitline {

namespace {

Error cannot(const char* what, const std::string& path, const std::string& why) {
    return Error{std::string("cannot ") + what + " '" + path + "': " + why};
}

Result<std::string> read_up_to(int fd, size_t size, const std::string& path) {
    std::string text;
    text.reserve(size);
    prefer_huge_pages(text.data(), size);
    text.resize(size);
    size_t have = 0;
    while (have < size) {
        const ssize_t got = pread(fd, text.data() + have, size - have, static_cast<off_t>(have));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return cannot("read", path, std::strerror(errno));
        if (got == 0) break;  // truncated since fstat
        have += static_cast<size_t>(got);
    }
    text.resize(have);
    return text;
}

}  // namespace

Result<ZoneFile> load_zone_file(const std::string& path) {
    // O_NONBLOCK: opening a pipe without a writer, or reading one of the kernel's endless "regular" files, must not
    // block.
    const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) return cannot("open", path, std::strerror(errno));
    return load_zone_file(file, path);
}

Result<ZoneFile> load_zone_file(const Fd& file, const std::string& path) {
    struct stat status {};
    if (fstat(file.get(), &status) != 0) return cannot("examine", path, std::strerror(errno));
    if (!S_ISREG(status.st_mode)) return cannot("read", path, "not a regular file");
    if (static_cast<uint64_t>(status.st_size) > std::numeric_limits<uint32_t>::max())
        return cannot("read", path, "larger than 4 GiB; split the zone");
    auto text = read_up_to(file.get(), static_cast<size_t>(status.st_size), path);
    if (!text) return text.error();
    normalize_zone_text(*text);
    return ZoneFile{std::move(*text), {status.st_dev, status.st_ino}};
}

void normalize_zone_text(std::string& text) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text.compare(0, kByteOrderMark.size(), kByteOrderMark) == 0) text.erase(0, kByteOrderMark.size());
    size_t from = text.find("\r\n");
    if (from == std::string::npos) return;
    size_t to = from;
    for (; from < text.size(); ++from)
        if (text[from] != '\r' || from + 1 == text.size() || text[from + 1] != '\n') text[to++] = text[from];
    text.resize(to);
}

}  // namespace splitline
