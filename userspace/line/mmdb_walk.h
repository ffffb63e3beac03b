// SPDX-License-Identifier: GPL-3.0-or-later
// MaxMind databases, read whole by walking their search tree.
//
// An mmdb of IP version 6 holds IPv4 at ::/96. Writers let other branches point there too (6to4, Teredo, mapped); those
// aliases are skipped, so that IPv4 comes out once, as IPv4. IPv4-compatible IPv6 addresses (::/96, deprecated by RFC
// 4291) are IPv4 here and nothing as IPv6.
//
// Keys read: country.iso_code, else registered_country.iso_code; subdivisions[].iso_code, as CC-XX;
// autonomous_system_number.
#pragma once

#include <string>

#include "base/result.h"
#include "line/prefix_builder.h"
#include "line/source_rules.h"

namespace splitline {

/// Puts every network of a country database on the lines its country and its subdivisions are on.
void read_country_mmdb(const std::string& path, SourceRules& rules, PrefixBuilder& builder, Diagnostics& diagnostics);

/// Puts every network of an ASN database on the lines its AS is on.
void read_asn_mmdb(const std::string& path, SourceRules& rules, PrefixBuilder& builder, Diagnostics& diagnostics);

}  // namespace splitline
