// SPDX-License-Identifier: GPL-3.0-or-later
// Delegations, glue, DNAMEs and what they hide; none of it by line.
#include "unit/zone_check_fixture.h"

namespace splitline::zone_test {
namespace {

// Lines 1 to 4 of a case "on a sound zone" are kSoundZone.
const std::vector<CheckCase> kCases = {
    // clang-format off
    {"clean", true,
      "sub NS ns.sub\n"
      "sub NS sub\n"
      "sub DS 1 13 2 AA\n"
      "ns.sub A 192.0.2.2\n"
      "sub AAAA 2001:db8::2\n"
      "other NS ns.example.net.\n",
     {}},
    {"no_glue", true,
      "sub NS ns.sub\n",
     {"z:5: error: the delegation of sub.example.com. to ns.sub.example.com. has no glue: nobody can reach a server inside what it serves without its address; add ns.sub.example.com. A or AAAA on `default`"}},
    {"no_glue_at_the_cut", true,
      "sub NS sub\n",
     {"z:5: error: the delegation of sub.example.com. to sub.example.com. has no glue: nobody can reach a server inside what it serves without its address; add sub.example.com. A or AAAA on `default`"}},
    {"glue_on_line_only", true,
      "sub NS ns.sub\n"
      "$LINE oversea\n"
      "ns.sub A 192.0.2.2\n",
     {"z:5: error: the delegation of sub.example.com. to ns.sub.example.com. has no glue: nobody can reach a server inside what it serves without its address; add ns.sub.example.com. A or AAAA on `default`",
      "z:7: warning: ns.sub.example.com. A is never served: the name lies below the delegation in z:5, and only addresses of name servers on `default` are of use there; move it to the other zone"}},
    {"glue_by_wildcard_is_none", true,
      "sub NS ns.sub\n"
      "*.sub A 192.0.2.2\n",
     {"z:5: error: the delegation of sub.example.com. to ns.sub.example.com. has no glue: nobody can reach a server inside what it serves without its address; add ns.sub.example.com. A or AAAA on `default`",
      "z:6: warning: *.sub.example.com. A is never served: the name lies below the delegation in z:5, and only addresses of name servers on `default` are of use there; move it to the other zone"}},
    {"sibling_glue", true,
      "a NS ns.b\n"
      "b NS ns1\n"
      "c NS ns.d\n"
      "d NS ns1\n"
      "ns.d A 192.0.2.2\n",
     {"z:5: warning: the delegation of a.example.com. to ns.b.example.com. has no glue; add its A or AAAA on `default`"}},
    {"delegation_on_line", true,
      "sub NS ns.example.net.\n"
      "$LINE oversea\n"
      "sub NS ns2.example.net.\n"
      "sub DS 1 13 2 AA\n"
      "other NS ns.example.net.\n"
      "$LINE internal\n"
      "sub A 192.0.2.1\n",
     {"z:7: error: sub.example.com. NS on line oversea at a delegation: delegations are the same for all clients; move it in front of the first $LINE, or under `$LINE default`",
      "z:9: error: other.example.com. NS on line oversea at a delegation: delegations are the same for all clients; move it in front of the first $LINE, or under `$LINE default`",
      "z:11: error: sub.example.com. A on line internal at a delegation: delegations are the same for all clients; move it in front of the first $LINE, or under `$LINE default`"}},
    {"hidden_at_cut", true,
      "sub NS ns.example.net.\n"
      "sub A 192.0.2.2\n"
      "sub TXT x\n",
     {"z:6: warning: sub.example.com. A is never served: the NS in z:5 give the name to other servers; move the record there",
      "z:7: warning: sub.example.com. TXT is never served: the NS in z:5 give the name to other servers; move the record there"}},
    {"hidden_below_cut", true,
      "sub NS ns.example.net.\n"
      "www.sub A 192.0.2.2\n"
      "www.sub A 192.0.2.3\n"
      "a.b.sub TXT x\n"
      "x.sub NS ns.x.sub\n",
     {"z:6: warning: www.sub.example.com. A is never served: the name lies below the delegation in z:5, and only addresses of name servers on `default` are of use there; move it to the other zone",
      "z:8: warning: a.b.sub.example.com. TXT is never served: the name lies below the delegation in z:5, and only addresses of name servers on `default` are of use there; move it to the other zone",
      "z:9: warning: x.sub.example.com. NS is never served: the name lies below the delegation in z:5, and only addresses of name servers on `default` are of use there; move it to the other zone"}},
    {"address_of_name_server_is_glue", true,
      "sub NS ns.sub\n"
      "ns.sub A 192.0.2.2\n"
      "ns.sub TXT x\n",
     {"z:7: warning: ns.sub.example.com. TXT is never served: the name lies below the delegation in z:5, and only addresses of name servers on `default` are of use there; move it to the other zone"}},
    {"ds_without_ns", true,
      "www DS 1 13 2 AA\n"
      "@ DS 1 13 2 AA\n",
     {"z:5: warning: DS at www.example.com., which has no NS: it is of use at delegations only; remove it",
      "z:6: error: DS at the top of the zone: it belongs into the parent zone (RFC 4035 section 2.4); remove it here"}},
    {"below_dname", true,
      "old DNAME new.example.net.\n"
      "a.old A 192.0.2.2\n"
      "a.old A 192.0.2.3\n"
      "b.c.old TXT x\n",
     {"z:6: error: a.old.example.com. lies below the DNAME in z:5, where no records may be (RFC 6672 section 2.4); remove it or the DNAME",
      "z:8: error: b.c.old.example.com. lies below the DNAME in z:5, where no records may be (RFC 6672 section 2.4); remove it or the DNAME"}},
    {"dname_at_apex", true,
      "@ DNAME example.net.\n",
     {"z:4: error: ns1.example.com. lies below the DNAME in z:5, where no records may be (RFC 6672 section 2.4); remove it or the DNAME"}},
    {"dname_beside_ns", true,
      "sub NS ns.example.net.\n"
      "sub DNAME example.net.\n",
     {"z:6: error: DNAME beside the NS in z:5 at sub.example.com.: a delegated name cannot be redirected (RFC 6672 section 2.3); remove one of the two"}},
    {"dname_beside_others", true,
      "old DNAME new.example.net.\n"
      "old A 192.0.2.1\n",
     {}},
    {"dname_per_line", true,
      "old DNAME new.example.net.\n"
      "$LINE oversea\n"
      "old DNAME new2.example.net.\n",
     {"z:7: error: DNAME at old.example.com. on line oversea: where names are redirected is the same for all clients; move it in front of the first $LINE, or under `$LINE default`"}},
    {"dname_on_line_only", true,
      "$LINE oversea\n"
      "old DNAME new2.example.net.\n",
     {"z:6: warning: old.example.com. has records on lines only: clients of no such line get an empty answer (NODATA); add records under `$LINE default`",
      "z:6: error: DNAME at old.example.com. on line oversea: where names are redirected is the same for all clients; move it in front of the first $LINE, or under `$LINE default`"}},
    {"dname_at_apex_and_records_on_line", false,
      "@ 60 SOA ns.example.net. h.example.net. 1 14400 3600 604800 300\n"
      "@ 60 NS ns.example.net.\n"
      "@ DNAME example.net.\n"
      "@ A 192.0.2.1\n"
      "$LINE oversea\n"
      "@ A 192.0.2.2\n",
     {}},
    {"dname_hidden_on_line", true,
      "old DNAME new.example.net.\n"
      "$LINE oversea\n"
      "old A 192.0.2.1\n",
     {"z:7: error: old.example.com. A on line oversea hides the DNAME in z:5, which redirects the line's clients all the same; move the record under `$LINE default`"}},
    {"wildcard_ns", true,
      "* NS ns.example.net.\n",
     {"z:5: error: NS at the wildcard *.example.com.: what that means is undefined (RFC 4592 section 4.2); delegate each name"}},
    {"wildcard_dname", true,
      "*.x DNAME example.net.\n",
     {"z:5: error: DNAME at the wildcard *.x.example.com.: what that means is undefined (RFC 4592 section 4.4); write one DNAME for each name"}},
    // clang-format on
};

class ZoneCheckDelegations : public testing::TestWithParam<CheckCase> {};

TEST_P(ZoneCheckDelegations, findings) {
    expect_findings(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Table, ZoneCheckDelegations, testing::ValuesIn(kCases), case_name);

}  // namespace
}  // namespace splitline::zone_test
