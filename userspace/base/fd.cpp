// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/fd.h"

#include <unistd.h>

namespace splitline {

Fd::~Fd() {
    if (fd_ >= 0) close(fd_);
}

}  // namespace splitline
