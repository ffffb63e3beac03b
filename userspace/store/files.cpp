// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/fd.h"

namespace splitline {

Error system_error(const std::string& what, const std::string& path) {
    return Error{fmt::format("cannot {}: {}", what, std::strerror(errno)), {path, 0}};
}

Result<void> sync_directory_of(const std::string& path) {
    const auto directory = std::filesystem::path(path).parent_path().string();
    const Fd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const bool synced = fd.get() >= 0 && fsync(fd.get()) == 0;
    return synced ? Result<void>() : system_error("sync the directory", directory);
}

}  // namespace splitline
