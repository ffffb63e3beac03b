// SPDX-License-Identifier: GPL-3.0-or-later
// Country ranges as CSV, as in Debian's tor-geoipdb: START,END,CC a line, END included; IPv4 as decimal integers or
// dotted, IPv6 as text; `#` comments. A country that is not known ("??") is on no line, not even one of every country.
#pragma once

#include <string>

#include "base/result.h"
#include "line/prefix_builder.h"
#include "line/source_rules.h"

namespace splitline {

/// Puts every range of the file on the lines its country is on.
void read_country_csv(const std::string& path, SourceRules& rules, PrefixBuilder& builder, Diagnostics& diagnostics);

}  // namespace splitline
