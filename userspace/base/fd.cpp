// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/fd.h"

#include <unistd.h>

#include <cerrno>

namespace splitline {

Fd::~Fd() {
    if (fd_ >= 0) close(fd_);
}

bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        bytes.remove_prefix(static_cast<size_t>(written));
    }
    return true;
}

}  // namespace splitline
