// SPDX-License-Identifier: GPL-3.0-or-later
// Names that records point at, and CNAME loops.
#include "unit/zone_check_fixture.h"

namespace splitline::zone_test {
namespace {

// Lines 1 to 4 of a case "on a sound zone" are kSoundZone.
const std::vector<CheckCase> kCases = {
    // clang-format off
    {"clean", true,
      "www CNAME web\n"
      "web A 192.0.2.1\n"
      " MX 10 web\n"
      "_sip._udp SRV 1 1 1 web\n"
      "x MX 0 .\n"
      "y HTTPS 1 .\n"
      "z PTR a.b.example.net.\n",
     {}},
    {"missing", true,
      "www CNAME web\n"
      "x MX 10 mx\n"
      "_sip._udp SRV 1 1 1 sip\n"
      "@ NS ns2\n"
      "p PTR q\n"
      "h HTTPS 0 i\n"
      "d DNAME e\n",
     {"z:5: warning: www.example.com. CNAME points at web.example.com., which does not exist in this zone; add it, or correct the name",
      "z:6: warning: x.example.com. MX points at mx.example.com., which does not exist in this zone; add it, or correct the name",
      "z:7: warning: _sip._udp.example.com. SRV points at sip.example.com., which does not exist in this zone; add it, or correct the name",
      "z:8: warning: example.com. NS points at ns2.example.com., which does not exist in this zone; add it, or correct the name",
      "z:9: warning: p.example.com. PTR points at q.example.com., which does not exist in this zone; add it, or correct the name",
      "z:10: warning: h.example.com. HTTPS points at i.example.com., which does not exist in this zone; add it, or correct the name",
      "z:11: warning: d.example.com. DNAME points at e.example.com., which does not exist in this zone; add it, or correct the name"}},
    {"forgotten_dot", true,
      "img CNAME img.cdn.net\n"
      "www CNAME www.example.com\n"
      "x CNAME a.prod\n"
      "y MX 10 mx.Example.NET\n",
     {"z:5: warning: img.example.com. CNAME points at img.cdn.net.example.com., which does not exist: is its trailing dot missing? Write img.cdn.net.",
      "z:6: warning: www.example.com. CNAME points at www.example.com.example.com., which does not exist: is its trailing dot missing? Write www.example.com.",
      "z:7: warning: x.example.com. CNAME points at a.prod.example.com., which does not exist in this zone; add it, or correct the name",
      "z:8: warning: y.example.com. MX points at mx.Example.NET.example.com., which does not exist: is its trailing dot missing? Write mx.example.net."}},
    {"forgotten_dot_under_wildcard", true,
      "* A 192.0.2.1\n"
      "img CNAME img.cdn.net\n"
      "x CNAME y\n"
      "z CNAME a.prod\n",
     {"z:6: warning: img.example.com. CNAME points at img.cdn.net.example.com., which only a wildcard answers for: is its trailing dot missing? Write img.cdn.net."}},
    {"ns_by_wildcard", true,
      "*.w A 192.0.2.1\n"
      "@ NS ns.w\n"
      "x MX 10 mx.w\n",
     {"z:6: warning: example.com. NS points at ns.w.example.com., which only a wildcard answers for: give the server records of its own"}},
    {"cname_as_host", true,
      "web CNAME a.example.net.\n"
      "@ NS web\n"
      "x MX 10 web\n"
      "_sip._udp SRV 1 1 1 web\n"
      "y CNAME web\n",
     {"z:6: warning: example.com. NS points at web.example.com., which is a CNAME (z:5): NS must point at a name with addresses (RFC 2181 section 10.3)",
      "z:7: warning: x.example.com. MX points at web.example.com., which is a CNAME (z:5): MX must point at a name with addresses (RFC 2181 section 10.3)",
      "z:8: warning: _sip._udp.example.com. SRV points at web.example.com., which is a CNAME (z:5): SRV must point at a name with addresses (RFC 2181 section 10.3)"}},
    {"cname_as_host_on_line", true,
      "web A 192.0.2.1\n"
      "$LINE oversea\n"
      "web CNAME a.example.net.\n"
      "$LINE default\n"
      "x MX 10 web\n",
     {"z:9: warning: x.example.com. MX points at web.example.com., which is a CNAME (z:7): MX must point at a name with addresses (RFC 2181 section 10.3)"}},
    {"host_without_address", true,
      "t TXT x\n"
      "x MX 10 t\n"
      "y CNAME t\n",
     {"z:6: warning: x.example.com. MX points at t.example.com., which has no A or AAAA; add one, or correct the name"}},
    {"empty_non_terminal", true,
      "a.b A 192.0.2.1\n"
      "x CNAME b\n",
     {"z:6: warning: x.example.com. CNAME points at b.example.com., which has no records, only names below it; add some, or correct the name"}},
    {"below_cut_or_dname", true,
      "sub NS ns.example.net.\n"
      "d DNAME example.net.\n"
      "a CNAME x.sub\n"
      "b CNAME x.y.d\n"
      "c MX 10 sub\n",
     {}},
    {"loop", true,
      "a CNAME b\n"
      "b CNAME c\n"
      "c CNAME a\n"
      "x CNAME b\n",
     {"z:5: error: CNAME loop on line default: a.example.com. -> b.example.com. -> c.example.com. -> a.example.com.; point one of them somewhere else"}},
    {"loop_of_one", true,
      "a CNAME A\n",
     {"z:5: error: CNAME loop on line default: a.example.com. -> a.example.com.; point one of them somewhere else"}},
    {"loop_on_one_line", true,
      "a CNAME b\n"
      "b A 192.0.2.1\n"
      "$LINE oversea\n"
      "b CNAME a\n",
     {"z:5: error: CNAME loop on line oversea: a.example.com. -> b.example.com. -> a.example.com.; point one of them somewhere else"}},
    {"loop_broken_on_one_line", true,
      "a CNAME b\n"
      "b CNAME a\n"
      "$LINE oversea\n"
      "b A 192.0.2.1\n",
     {"z:5: error: CNAME loop on line default: a.example.com. -> b.example.com. -> a.example.com.; point one of them somewhere else"}},
    {"loop_only_on_lines", true,
      "$LINE oversea\n"
      "a CNAME b\n"
      "b CNAME a\n"
      "$LINE default\n"
      "a A 192.0.2.1\n"
      "b A 192.0.2.1\n",
     {"z:6: error: CNAME loop on line oversea: a.example.com. -> b.example.com. -> a.example.com.; point one of them somewhere else"}},
    {"loop_by_wildcard", true,
      "*.w CNAME x.w\n",
     {"z:5: error: CNAME loop on line default: *.w.example.com. -> *.w.example.com.; point one of them somewhere else"}},
    {"two_loops", true,
      "a CNAME b\n"
      "b CNAME a\n"
      "c CNAME d\n"
      "d CNAME c\n",
     {"z:5: error: CNAME loop on line default: a.example.com. -> b.example.com. -> a.example.com.; point one of them somewhere else",
      "z:7: error: CNAME loop on line default: c.example.com. -> d.example.com. -> c.example.com.; point one of them somewhere else"}},
    {"chain_is_no_loop", true,
      "a CNAME b\n"
      "b CNAME c\n"
      "c CNAME a.example.net.\n"
      "$LINE oversea\n"
      "b CNAME b.example.net.\n",
     {}},
    // clang-format on
};

class ZoneCheckTargets : public testing::TestWithParam<CheckCase> {};

TEST_P(ZoneCheckTargets, findings) {
    expect_findings(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Table, ZoneCheckTargets, testing::ValuesIn(kCases), case_name);

}  // namespace
}  // namespace splitline::zone_test
