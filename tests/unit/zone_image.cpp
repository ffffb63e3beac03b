// SPDX-License-Identifier: GPL-3.0-or-later
// A zone's records out of its compiled form: what `zone show` prints and the store keeps is what is served.
#include "compile/zone_image.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "zone/zone_reader.h"
#include "zone/zone_render.h"

namespace splitline {
namespace {

const LineCatalog& catalog() {
    static const LineCatalog built = *LineCatalog::build({});
    return built;
}

ZoneRecords read(const std::string& text) {
    Diagnostics diagnostics;
    ZoneRecords zone = read_zone_text(text, "example.com.zone", diagnostics);
    EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.text();
    return zone;
}

std::string shown(const ZoneRecords& zone) {
    return render_zone(ZoneImage::build(zone, catalog())->records(catalog()));
}

const std::string kHead =
    "$ORIGIN example.com.\n$TTL 60\n@ SOA ns1 h 1 14400 3600 1209600 300\n@ NS ns1\n@ NS ns2\nns1 A 192.0.2.1\n";

TEST(ZoneImageRecords, AreThoseOfTheZone) {
    const ZoneRecords zone =
        read(kHead +
             "ns2 A 192.0.2.2\nDeep.Er.Name TXT \"a\" \"B\"\nx TYPE65300 \\# 3 010203\n*.w 30 MX 10 Mail.Example.com.\n"
             "empty TYPE65301 \\# 0\n$LINE internal\nns1 AAAA 2001:db8::1\nonly CNAME x\n"
             "$LINE telecom\nonly CNAME y\n@ TXT \"apex\"\n");
    EXPECT_EQ(shown(zone), render_zone(zone));
}

TEST(ZoneImageRecords, AreSettledAsTheyAreServed) {
    const ZoneRecords zone = read(kHead + "a 100 A 192.0.2.1\na 50 A 192.0.2.2\na 70 A 192.0.2.1\nns2 A 192.0.2.2\n");
    const ZoneRecords settled = read(kHead + "a 50 A 192.0.2.1\na 50 A 192.0.2.2\nns2 A 192.0.2.2\n");
    EXPECT_EQ(shown(zone), render_zone(settled));
}

TEST(ZoneImageRecords, OfRandomZonesBuildTheSameAgain) {
    std::mt19937 random(3);
    const std::string lines[] = {"default", "internal", "oversea", "telecom", "cn_telecom_beijing"};
    for (int round = 0; round < 50; ++round) {
        std::string text = kHead + "ns2 A 192.0.2.2\n";
        for (int i = 0; i < 60; ++i) {
            if (random() % 4 == 0) text += "$LINE " + lines[random() % 5] + "\n";
            text += "n" + std::to_string(random() % 20) + ".d" + std::to_string(random() % 3) + " A 192.0.2." +
                    std::to_string(random() % 9) + "\n";
        }
        const auto image = ZoneImage::build(read(text), catalog());
        const ZoneRecords records = image->records(catalog());
        EXPECT_EQ(records.records.size(), image->record_count());
        EXPECT_EQ(shown(records), render_zone(records));
        EXPECT_EQ(shown(read(render_zone(records))), render_zone(records)) << "and through a file";
    }
}

}  // namespace
}  // namespace splitline
