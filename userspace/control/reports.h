// SPDX-License-Identifier: GPL-3.0-or-later
// Fills the API's structs (api.h) from what is served.
#pragma once

#include <ctime>

#include "control/api.h"
#include "control/serving.h"

namespace splitline {

StatusReport report_status(const Serving& serving, std::time_t started);
StatsReport report_stats(const Serving& serving);
XdpReport report_xdp(const Serving& serving);
ZoneList report_zones(const Serving& serving);
LineList report_lines(const Serving& serving);

}  // namespace splitline
