// SPDX-License-Identifier: GPL-3.0-or-later
// The API's structs as text for people: aligned, the most important first. Each ends with a newline.
#pragma once

#include <string>

#include "control/api.h"

namespace splitline {

std::string render(const StatusReport& status);
std::string render(const StatsReport& stats);
std::string render(const ReloadReport& reload);
std::string render(const StopReport& stop);
std::string render(const ZoneList& zones);
std::string render(const ZoneText& zone);
std::string render(const ZoneChange& change);
std::string render(const ZoneCheck& check);
std::string render(const ConfigCheck& check);
std::string render(const LineList& lines);
std::string render(const LineWhich& which);
std::string render(const Explanation& explanation);
std::string render(const XdpReport& xdp);
std::string render(const std::vector<HostFinding>& findings);

}  // namespace splitline
