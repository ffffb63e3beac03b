// SPDX-License-Identifier: GPL-3.0-or-later
// Lines that exist, and what clients of a line miss.
#include "unit/zone_check_fixture.h"

namespace splitline::zone_test {
namespace {

// Lines 1 to 4 of a case "on a sound zone" are kSoundZone.
const std::vector<CheckCase> kCases = {
    // clang-format off
    {"unknown_line", true,
      "$LINE nowhere\n"
      "$LINE oversea\n"
      "www A 192.0.2.1\n"
      "$LINE Nowhere\n"
      "www A 192.0.2.2\n"
      "$LINE default\n"
      "www A 192.0.2.1\n",
     {"z:5: error: line 'nowhere' is neither built in nor configured; correct the name, or define the line in the configuration"}},
    {"unknown_line_in_file_order", true,
      "www CNAME a.example.net.\n"
      "www A 192.0.2.1\n"
      "$LINE nowhere\n"
      "x A 192.0.2.1\n"
      "$LINE default\n"
      "x A 192.0.2.1\n"
      "x CNAME a.example.net.\n",
     {"z:6: error: www.example.com. A conflicts with CNAME in z:5, both on line default: a CNAME stands alone (RFC 1034 section 3.6.2); delete one of the two, put one under another $LINE, or give the addresses instead of the CNAME",
      "z:7: error: line 'nowhere' is neither built in nor configured; correct the name, or define the line in the configuration",
      "z:11: error: x.example.com. CNAME conflicts with A in z:10, both on line default: a CNAME stands alone (RFC 1034 section 3.6.2); delete one of the two, put one under another $LINE, or give the addresses instead of the CNAME"}},
    {"none_on_default", true,
      "$LINE oversea\n"
      "www A 192.0.2.1\n"
      "$LINE internal\n"
      "www A 192.0.2.2\n"
      "*.w A 192.0.2.3\n",
     {"z:6: warning: www.example.com. has records on lines only: clients of no such line get an empty answer (NODATA); add records under `$LINE default`",
      "z:9: warning: *.w.example.com. has records on lines only: clients of no such line get an empty answer (NODATA); add records under `$LINE default`"}},
    {"mail_and_text_missing", true,
      "@ A 192.0.2.1\n"
      " MX 10 ns1\n"
      " TXT x\n"
      " TXT y\n"
      " CAA 0 issue \"x\"\n"
      "$LINE internal\n"
      "@ A 192.0.2.2\n"
      "$LINE oversea\n"
      "@ A 192.0.2.3\n"
      " MX 10 ns1\n"
      " TXT x\n"
      " CAA 0 issue \"x\"\n",
     {"z:11: warning: example.com. on line internal lacks the MX, TXT, CAA that `default` has (z:6): the line is chosen for the whole name, so its clients get no such data; repeat the records under `$LINE internal`"}},
    {"addresses_may_be_missing", true,
      "www A 192.0.2.1\n"
      " AAAA 2001:db8::1\n"
      " HTTPS 1 .\n"
      "$LINE internal\n"
      "www A 192.0.2.2\n",
     {}},
    {"cname_answers_every_type", true,
      "www A 192.0.2.1\n"
      " MX 10 ns1\n"
      "$LINE internal\n"
      "www CNAME a.example.net.\n",
     {}},
    {"more_on_line_than_on_default", true,
      "www A 192.0.2.1\n"
      "$LINE internal\n"
      "www A 192.0.2.2\n"
      " MX 10 ns1\n",
     {}},
    // clang-format on
};

class ZoneCheckLines : public testing::TestWithParam<CheckCase> {};

TEST_P(ZoneCheckLines, findings) {
    expect_findings(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Table, ZoneCheckLines, testing::ValuesIn(kCases), case_name);

}  // namespace
}  // namespace splitline::zone_test
