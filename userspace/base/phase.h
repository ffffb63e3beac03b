// SPDX-License-Identifier: GPL-3.0-or-later
// How long a phase of a start or a reload took, for whoever looks into why one takes long: a debug line at its end.
#pragma once

#include <chrono>
#include <string_view>

namespace splitline {

/// Lives as long as the phase does. Phases may run inside and beside each other.
class Phase {
  public:
    /// `name` must outlive the object.
    explicit Phase(std::string_view name);
    /// Logs "phase NAME: SECONDS s, SECONDS s of its thread's CPU time".
    ~Phase();
    Phase(const Phase&) = delete;
    Phase& operator=(const Phase&) = delete;

  private:
    std::string_view name_;
    std::chrono::steady_clock::time_point start_;
    double cpu_start_;
};

}  // namespace splitline
