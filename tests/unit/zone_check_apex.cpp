// SPDX-License-Identifier: GPL-3.0-or-later
// The top of the zone, and what is outside of it.
#include "unit/zone_check_fixture.h"

namespace splitline::zone_test {
namespace {

// Lines 1 to 4 of a case "on a sound zone" are kSoundZone.
const std::vector<CheckCase> kCases = {
    // clang-format off
    {"no_soa", false,
      "$TTL 300\n"
      "@ NS ns.example.net.\n"
      "www A 192.0.2.1\n"
      " CNAME x\n",
     {"z: error: the zone has no SOA record: add `@ SOA ns1 hostmaster 1 4h 1h 2w 5m` for its name, in front",
      "z:4: error: www.example.com. CNAME conflicts with A in z:3, both on line default: a CNAME stands alone (RFC 1034 section 3.6.2); delete one of the two, put one under another $LINE, or give the addresses instead of the CNAME"}},
    {"empty", false, "",
     {"z: error: the zone has no SOA record: add `@ SOA ns1 hostmaster 1 4h 1h 2w 5m` for its name, in front"}},
    {"no_ns", false,
      "$TTL 300\n"
      "@ SOA ns1 h 1 14400 3600 604800 300\n",
     {"z:2: error: the zone example.com. has no NS records; add the names of its servers, as in `@ NS ns1`",
      "z:2: warning: example.com. SOA points at ns1.example.com., which does not exist in this zone; add it, or correct the name"}},
    {"second_soa", true,
      "@ SOA ns1 h 2 14400 3600 604800 300\n",
     {"z:5: error: a second SOA for example.com., besides the one in z:2; keep one"}},
    {"same_soa_twice", true,
      "@ SOA ns1 h 1 14400 3600 604800 300\n",
     {"z:5: warning: example.com. SOA repeats z:2; it is served once, remove this one"}},
    {"soa_elsewhere", true,
      "sub SOA ns1 h 1 14400 3600 604800 300\n",
     {"z:5: error: SOA at sub.example.com., but the zone is example.com. by the SOA in z:2: a zone has one SOA, at its top; remove one, or make two zone files of it"}},
    {"soa_and_ns_on_line", true,
      "$LINE oversea\n"
      "@ NS ns2.example.net.\n"
      "@ SOA ns1 h 1 14400 3600 604800 300\n",
     {"z:6: error: NS of the zone on line oversea: SOA and NS of a zone are the same for all clients; move it in front of the first $LINE, or under `$LINE default`",
      "z:7: error: SOA of the zone on line oversea: SOA and NS of a zone are the same for all clients; move it in front of the first $LINE, or under `$LINE default`"}},
    {"apex_data_on_line", true,
      "@ A 192.0.2.1\n"
      "$LINE oversea\n"
      "@ A 192.0.2.2\n",
     {}},
    {"timers_too_low", false,
      "$TTL 300\n"
      "@ SOA ns1 h 1 3600 3600 3000 60\n"
      " NS ns.example.net.\n"
      "ns1 A 192.0.2.1\n",
     {"z:2: warning: SOA: refresh 3600 is below 14400; raise it",
      "z:2: warning: SOA: retry 3600 is not below refresh 3600; lower it",
      "z:2: warning: SOA: expire 3000 is below 604800; raise it",
      "z:2: warning: SOA: expire 3000 is not above refresh 3600; raise it",
      "z:2: warning: SOA: minimum 60 (the TTL of negative answers) is below 300; raise it"}},
    {"minimum_too_high", false,
      "$TTL 300\n"
      "@ SOA ns1 h 1 14400 3600 604800 86401\n"
      " NS ns.example.net.\n"
      "ns1 A 192.0.2.1\n",
     {"z:2: warning: SOA: minimum 86401 (the TTL of negative answers) is above 86400; lower it"}},
    {"outside", true,
      "www.example.net. A 192.0.2.1\n"
      "xexample.com. A 192.0.2.1\n"
      "com. A 192.0.2.1\n",
     {"z:5: error: www.example.net. is not in the zone example.com.; move it to its own zone file, or correct $ORIGIN",
      "z:6: error: xexample.com. is not in the zone example.com.; move it to its own zone file, or correct $ORIGIN",
      "z:7: error: com. is not in the zone example.com.; move it to its own zone file, or correct $ORIGIN"}},
    {"owner_without_dot", true,
      "www.example.com A 192.0.2.1\n"
      "example.com A 192.0.2.1\n"
      "www.example.com.x A 192.0.2.1\n",
     {"z:5: warning: owner www.example.com.example.com. has the zone's name twice: is the trailing dot missing?",
      "z:6: warning: owner example.com.example.com. has the zone's name twice: is the trailing dot missing?"}},
    {"zone_of_one_label", false,
      "$ORIGIN com.\n"
      "$TTL 300\n"
      "@ SOA ns.example.net. h 1 14400 3600 604800 300\n"
      " NS ns.example.net.\n"
      "com A 192.0.2.1\n",
     {}},
    {"root_zone", false,
      "$ORIGIN .\n"
      "$TTL 300\n"
      "@ SOA ns.example.net. h 1 14400 3600 604800 300\n"
      " NS ns.example.net.\n"
      "ns.example.net A 192.0.2.1\n",
     {}},
    // clang-format on
};

class ZoneCheckApex : public testing::TestWithParam<CheckCase> {};

TEST_P(ZoneCheckApex, findings) {
    expect_findings(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Table, ZoneCheckApex, testing::ValuesIn(kCases), case_name);

}  // namespace
}  // namespace splitline::zone_test
