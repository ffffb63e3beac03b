// SPDX-License-Identifier: GPL-3.0-or-later
// A record change as people write it: what is understood, and what is said about the rest.
#include "zone/record_change.h"

#include <gtest/gtest.h>

#include "zone/zone_render.h"

namespace splitline {
namespace {

const Dname& apex() {
    static const Dname name = *dname_from_text("example.com");
    return name;
}

std::string shown(const RecordChange& change) {
    const char* actions[] = {"set", "add", "del"};
    std::string text = std::string(actions[static_cast<int>(change.action)]) + " " + dname_to_text(change.owner) + " " +
                       change.line + " " + std::to_string(change.ttl);
    if (change.type == 0) return text + " all";
    text += " " + type_to_text(change.type);
    return text + (change.one_record
                       ? " " + rdata_to_text(change.type, {reinterpret_cast<const uint8_t*>(change.rdata.data()),
                                                           change.rdata.size()})
                       : " all");
}

struct Case {
    const char* text;
    const char* shown;
};

const Case kUnderstood[] = {
    {"add www 300 A 192.0.2.1", "add www.example.com. default 300 A 192.0.2.1"},
    {"  set\tWWW.Example.COM.  300   a   192.0.2.1  ", "set www.example.com. default 300 A 192.0.2.1"},
    {"set @ --line Telecom 60 MX 10 mail", "set example.com. telecom 60 MX 10 mail.example.com."},
    {"add x 0 TXT \"a b\" c", "add x.example.com. default 0 TXT \"a b\" \"c\""},
    {"add x 5 CNAME cdn.example.net.", "add x.example.com. default 5 CNAME cdn.example.net."},
    {"add x 5 TYPE65300 \\# 2 0102", "add x.example.com. default 5 TYPE65300 \\# 2 0102"},
    {"add *.x 5 SRV ( 1 2 3 t )", "add *.x.example.com. default 5 SRV 1 2 3 t.example.com."},
    {"del www", "del www.example.com. default 0 all"},
    {"del www --line *", "del www.example.com. * 0 all"},
    {"del www A", "del www.example.com. default 0 A all"},
    {"del www --line office A 192.0.2.1", "del www.example.com. office 0 A 192.0.2.1"},
};

TEST(RecordChange, IsUnderstood) {
    for (const Case& each : kUnderstood) {
        const auto change = parse_record_change(each.text, apex());
        ASSERT_TRUE(change) << each.text << ": " << change.error().text();
        EXPECT_EQ(shown(*change), each.shown) << each.text;
    }
}

const Case kRefused[] = {
    {"", "'' is no change; write set, add or del"},
    {"put www 300 A 192.0.2.1", "'put' is no change"},
    {"add", "NAME: missing"},
    {"add www.example.net. 300 A 192.0.2.1", "NAME: www.example.net. is not in the zone example.com."},
    {"add a..b 300 A 192.0.2.1", "NAME: 'a..b' is not a domain name"},
    {"add www A 192.0.2.1", "TTL: 'A' is no number of seconds"},
    {"add www 3000000000 A 192.0.2.1", "TTL: 3000000000 is too large"},
    {"add www -1 A 192.0.2.1", "TTL: '-1' is no number"},
    {"add www 300", "TYPE: missing"},
    {"add www 300 B 192.0.2.1", "TYPE: 'B' is no record type"},
    {"add www 300 A", "RDATA: A: "},
    {"add www 300 A 192.0.2", "RDATA: A: "},
    {"add www 300 A 192.0.2.1 192.0.2.2", "RDATA: A: "},
    {"add www 300 A ( 192.0.2.1", "RDATA: A: "},
    {"add www 300 A 192.0.2.1\nx 60 A 192.0.2.2", "RDATA: a line break"},
    {"add www --line", "--line: names no line"},
    {"add www --line * 300 A 192.0.2.1", "--line: * stands for all lines in del only"},
    {"add $INCLUDE 300 A 192.0.2.1 /etc/passwd", "RDATA: A: "},
};

TEST(RecordChange, IsRefusedByField) {
    for (const Case& each : kRefused) {
        const auto change = parse_record_change(each.text, apex());
        ASSERT_FALSE(change) << each.text;
        EXPECT_EQ(change.error().text().substr(0, std::string(each.shown).size()), each.shown) << each.text;
    }
}

}  // namespace
}  // namespace splitline
