// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/phase.h"

#include "base/log.h"

namespace splitline {

Phase::~Phase() {
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start_;
    log_debug("phase {}: {:.3f} s", name_, taken.count());
}

}  // namespace splitline
