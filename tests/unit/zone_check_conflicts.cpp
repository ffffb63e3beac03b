// SPDX-License-Identifier: GPL-3.0-or-later
// What may stand together at one name on one line.
#include "unit/zone_check_fixture.h"

namespace splitline::zone_test {
namespace {

// Lines 1 to 4 of a case "on a sound zone" are kSoundZone.
const std::vector<CheckCase> kCases = {
    // clang-format off
    {"clean", true,
      "www A 192.0.2.2\n"
      " AAAA 2001:db8::2\n"
      " MX 10 ns1\n",
     {}},
    {"a_and_cname_on_different_lines", true,
      "www A 192.0.2.2\n"
      "$LINE oversea\n"
      "www CNAME www.example.net.\n",
     {}},
    {"cname_per_line", true,
      "www CNAME a.example.net.\n"
      "$LINE internal\n"
      "www CNAME b.example.net.\n"
      "$LINE oversea\n"
      "www CNAME c.example.net.\n",
     {}},
    {"cname_beside_address", true,
      "www CNAME a.example.net.\n"
      "www A 192.0.2.2\n",
     {"z:6: error: www.example.com. A conflicts with CNAME in z:5, both on line default: a CNAME stands alone (RFC 1034 section 3.6.2); delete one of the two, put one under another $LINE, or give the addresses instead of the CNAME"}},
    {"cname_beside_address_other_order", true,
      "www A 192.0.2.2\n"
      "x A 192.0.2.3\n"
      "WWW CNAME a.example.net.\n",
     {"z:7: error: www.example.com. CNAME conflicts with A in z:5, both on line default: a CNAME stands alone (RFC 1034 section 3.6.2); delete one of the two, put one under another $LINE, or give the addresses instead of the CNAME"}},
    {"cname_beside_address_on_line", true,
      "www A 192.0.2.2\n"
      "$LINE oversea\n"
      "www CNAME a.example.net.\n"
      "www AAAA 2001:db8::2\n",
     {"z:8: error: www.example.com. AAAA conflicts with CNAME in z:7, both on line oversea: a CNAME stands alone (RFC 1034 section 3.6.2); delete one of the two, put one under another $LINE, or give the addresses instead of the CNAME"}},
    {"cname_beside_several_is_one_finding", true,
      "www TXT x\n"
      "www CNAME a.example.net.\n"
      "www A 192.0.2.2\n"
      "www A 192.0.2.3\n",
     {"z:7: error: www.example.com. A conflicts with CNAME in z:6, both on line default: a CNAME stands alone (RFC 1034 section 3.6.2); delete one of the two, put one under another $LINE, or give the addresses instead of the CNAME"}},
    {"two_cnames", true,
      "www CNAME a.example.net.\n"
      "www CNAME b.example.net.\n",
     {"z:6: error: www.example.com. CNAME conflicts with CNAME in z:5, both on line default: a name has one CNAME a line; keep one, or put one under another $LINE"}},
    {"two_cnames_and_address", true,
      "www CNAME a.example.net.\n"
      "www CNAME b.example.net.\n"
      "www A 192.0.2.2\n",
     {"z:6: error: www.example.com. CNAME conflicts with CNAME in z:5, both on line default: a name has one CNAME a line; keep one, or put one under another $LINE",
      "z:7: error: www.example.com. A conflicts with CNAME in z:5, both on line default: a CNAME stands alone (RFC 1034 section 3.6.2); delete one of the two, put one under another $LINE, or give the addresses instead of the CNAME"}},
    {"same_cname_twice", true,
      "www CNAME a.example.net.\n"
      "www CNAME A.Example.NET.\n",
     {"z:6: warning: www.example.com. CNAME repeats z:5; it is served once, remove this one"}},
    {"three_cnames_two_alike", true,
      "www CNAME a.example.net.\n"
      "www CNAME a.example.net.\n"
      "www CNAME b.example.net.\n",
     {"z:6: warning: www.example.com. CNAME repeats z:5; it is served once, remove this one",
      "z:7: error: www.example.com. CNAME conflicts with CNAME in z:5, both on line default: a name has one CNAME a line; keep one, or put one under another $LINE"}},
    {"cname_beside_dname", true,
      "www CNAME a.example.net.\n"
      "www DNAME b.example.net.\n",
     {"z:6: error: www.example.com. DNAME conflicts with CNAME in z:5, both on line default: a CNAME stands alone (RFC 1034 section 3.6.2); delete one of the two, put one under another $LINE, or give the addresses instead of the CNAME"}},
    {"two_dnames", true,
      "www DNAME a.example.net.\n"
      "www DNAME b.example.net.\n",
     {"z:6: error: www.example.com. DNAME conflicts with DNAME in z:5, both on line default: a name has one DNAME a line (RFC 6672 section 2.4); keep one"}},
    {"cname_beside_ns", true,
      "www NS ns.example.net.\n"
      "www CNAME b.example.net.\n",
     {"z:6: error: www.example.com. CNAME conflicts with NS in z:5, both on line default: a CNAME stands alone (RFC 1034 section 3.6.2); delete one of the two, put one under another $LINE, or give the addresses instead of the CNAME"}},
    {"apex_cname", true,
      "@ CNAME a.example.net.\n",
     {"z:5: error: CNAME at example.com., the top of the zone, where the SOA in z:2 and the NS stand, on line default: no line allows that. Instead of an ALIAS (there is no CNAME flattening) give the addresses (A, AAAA), or `HTTPS 0 target.` for browsers (RFC 9460 AliasMode)"}},
    {"apex_cname_on_line", true,
      "$LINE oversea\n"
      "@ CNAME a.example.net.\n",
     {"z:6: error: CNAME at example.com., the top of the zone, where the SOA in z:2 and the NS stand, on line oversea: no line allows that. Instead of an ALIAS (there is no CNAME flattening) give the addresses (A, AAAA), or `HTTPS 0 target.` for browsers (RFC 9460 AliasMode)"}},
    {"duplicates", true,
      "www A 192.0.2.2\n"
      "x A 192.0.2.3\n"
      "www A 192.0.2.2\n"
      " MX 10 ns1\n"
      " MX 10 NS1\n"
      " MX 20 ns1\n"
      " TXT x\n"
      " TXT X\n",
     {"z:7: warning: www.example.com. A repeats z:5; it is served once, remove this one",
      "z:9: warning: www.example.com. MX repeats z:8; it is served once, remove this one"}},
    {"same_record_on_two_lines", true,
      "www A 192.0.2.2\n"
      "$LINE oversea\n"
      "www A 192.0.2.2\n",
     {}},
    {"ttls_differ", true,
      "www 60 A 192.0.2.2\n"
      "www 30 A 192.0.2.3\n"
      "www 60 A 192.0.2.4\n",
     {"z:6: warning: www.example.com. A has TTL 30, but 60 in z:5: records of one name, type and line share one TTL (RFC 2181 section 5.2), the lowest, 30, is served; make them equal"}},
    {"ttls_differ_by_type_and_line", true,
      "www 60 A 192.0.2.2\n"
      "www 30 AAAA 2001:db8::1\n"
      "$LINE oversea\n"
      "www 20 A 192.0.2.3\n",
     {}},
    {"barred_types", true,
      "www TYPE0 \\# 0\n"
      "www TYPE10 \\# 0\n"
      "www TYPE41 \\# 0\n"
      "www TYPE250 \\# 0\n"
      "www TYPE255 \\# 0\n"
      "www TYPE65535 \\# 0\n"
      "x TYPE65280 \\# 0\n",
     {"z:5: error: TYPE0 at www.example.com. is no type a zone can hold; remove the record",
      "z:6: error: NULL at www.example.com. is no type a zone can hold; remove the record",
      "z:7: error: OPT at www.example.com. is no type a zone can hold; remove the record",
      "z:8: error: TSIG at www.example.com. is no type a zone can hold; remove the record",
      "z:9: error: ANY at www.example.com. is no type a zone can hold; remove the record",
      "z:10: error: TYPE65535 at www.example.com. is no type a zone can hold; remove the record"}},
    {"signed_zone", true,
      "@ NSEC3PARAM 1 0 0 -\n"
      "www A 192.0.2.2\n"
      " NSEC ns1 A NSEC\n",
     {"z:5: error: NSEC3PARAM at example.com.: zones signed elsewhere are not served, this one has 2 records of RRSIG, NSEC, NSEC3 or NSEC3PARAM; load the unsigned zone"}},
    // clang-format on
};

class ZoneCheckConflicts : public testing::TestWithParam<CheckCase> {};

TEST_P(ZoneCheckConflicts, findings) {
    expect_findings(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Table, ZoneCheckConflicts, testing::ValuesIn(kCases), case_name);

}  // namespace
}  // namespace splitline::zone_test
