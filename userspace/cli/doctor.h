// SPDX-License-Identifier: GPL-3.0-or-later
// `splitline doctor`: what stands between this host and the fast path, each finding with what mends it.
//
// HostFacts --judge()--> findings. judge() is pure; looking is host_facts.h's.
#pragma once

#include <string>
#include <vector>

#include "cli/host_facts.h"
#include "control/api.h"

namespace splitline {

/// In a fixed order: configuration, kernel, rights, ports, then each interface.
std::vector<HostFinding> judge(const HostFacts& facts);

/// Judges this host by the configuration at `config_path`, or by the defaults where it cannot be used (which is a
/// finding, unless it is the default one, does not exist and `interfaces` are named). A `control_socket` that is not
/// empty goes before the configuration's.
std::vector<HostFinding> diagnose(const std::string& config_path, bool config_is_default,
                                  const std::string& control_socket, const std::vector<std::string>& interfaces);

}  // namespace splitline
