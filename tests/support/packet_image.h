// SPDX-License-Identifier: GPL-3.0-or-later
// The image that packets are tried against: small, and with every shape of answer there is.
//
// One zone example.com (and a tiny example.net) whose names each stand for one case; the comment beside each in
// packet_image.cpp says which. Lines: internal and telecom nested in it, oversea, cn_telecom_beijing, office, each by a
// few prefixes, so that classes, scopes and chains differ at many lengths in both families.
#pragma once

#include <memory>
#include <string>

#include "compile/image.h"
#include "support/image_builder.h"

namespace splitline::testing_support {

/// Zone text of example.com.
const std::string& example_zone();
/// Lines and both zones; add to it or build() it.
ImageBuilder example_builder();
std::shared_ptr<const Image> example_image();

/// A name of exactly `size` wire bytes (1, or 3 to 255): "." for 1.
std::string name_of_size(size_t size);
/// The root zone with an A record at every name_of_size().
std::shared_ptr<const Image> every_size_image();

/// Client addresses, each in another block of the class table; the name says its first line.
constexpr const char* kTelecomClient = "203.0.113.9";    // cn_telecom_beijing > telecom > internal
constexpr const char* kInternalClient = "198.51.100.7";  // internal alone
constexpr const char* kOverseaClient = "192.88.98.1";    // oversea
constexpr const char* kOfficeClient = "203.0.113.130";   // office before everything else
constexpr const char* kDefaultClient = "100.64.0.1";     // no line
constexpr const char* kTelecomClient6 = "2001:db8:7e1e::1";
constexpr const char* kDefaultClient6 = "2001:db8:ffff::1";

}  // namespace splitline::testing_support
