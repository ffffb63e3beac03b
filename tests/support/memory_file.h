// SPDX-License-Identifier: GPL-3.0-or-later
// A file that is nowhere but in memory, as clients pass them to the daemon.
#pragma once

#include <sys/mman.h>

#include <stdexcept>
#include <string_view>

#include "base/fd.h"

namespace splitline::testing_support {

inline Fd memory_file(std::string_view bytes) {
    Fd file(memfd_create("test", MFD_CLOEXEC));
    if (!write_all(file.get(), bytes)) throw std::runtime_error("cannot make a file in memory for the test");
    return file;
}

}  // namespace splitline::testing_support
