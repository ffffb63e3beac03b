// SPDX-License-Identifier: GPL-3.0-or-later
// A file read in parts is the file read from front to back, or it is not read in parts.
#include "zone/parts_reader.h"

#include <gtest/gtest.h>

#include <random>

#include "support/rounds.h"
#include "zone/zone_reader.h"

namespace splitline {
namespace {

using testing_support::rounds;

std::string shown(const ZoneRecords& zone) {
    std::string text = dname_to_text(zone.apex) + "\n";
    for (size_t i = 0; i < zone.lines.size(); ++i)
        text += zone.lines[i] + " " + std::to_string(zone.line_places[i].line) + "\n";
    for (const Record& record : zone.records) {
        const auto rdata = zone.rdata(record);
        text += dname_to_text(zone.owner(record)) + " " + std::to_string(record.ttl) + " " +
                std::to_string(record.type) + " " + zone.lines[record.line] + " " + zone.place(record).prefix() +
                std::string(reinterpret_cast<const char*>(rdata.data()), rdata.size()) + "\n";
    }
    return text;
}

const std::string kHead = "$TTL 300\n@ SOA ns1 h 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.1\n";

/// Entries of one line, and directives, at random.
std::string random_file(std::mt19937& random, bool with_ttl) {
    std::string text = with_ttl ? kHead : "@ 60 SOA ns1 h 1 2 3 4 5\n@ 60 NS ns1\nns1 60 A 192.0.2.1\n";
    const char* lines[] = {"$LINE internal\n", "$line Telecom ; c\n", "$LINE default\n"};
    for (int i = 0; i < 120; ++i) {
        const std::string ttl = with_ttl && random() % 2 == 0 ? " " : " 77 ";
        switch (random() % 12) {
            case 0:
                text += lines[random() % 3];
                break;
            case 1:
                if (with_ttl) text += "$TTL " + std::to_string(random() % 1000) + "\n";
                break;
            case 2:
                text += random() % 2 == 0 ? "$ORIGIN sub\n" : "$ORIGIN example.com.\n";
                break;
            case 3:
                text += "  " + ttl + "A 192.0.2.7\n";
                break;
            case 4:
                text += "; a comment $LINE x\n\n   \n";
                break;
            case 5:
                text += "t" + ttl + "TXT \"a $b ; \\\" c\" d$\n";
                break;
            default:
                text += "n" + std::to_string(random() % 50) + ttl + "A 192.0.2." + std::to_string(random() % 9) + "\n";
        }
    }
    return text;
}

TEST(ZoneParts, AreTheWhole) {
    size_t done = 0;
    for (unsigned seed = 0; seed < rounds(300); ++seed) {
        std::mt19937 random(seed);
        const std::string text = random_file(random, seed % 3 != 0);
        Diagnostics findings;
        const ZoneRecords whole = read_zone_text(text, "example.com.zone", findings);
        for (size_t parts = 1; parts < 7; ++parts) {
            const auto zone = read_in_parts(text, "example.com.zone", "example.com.", parts);
            if (!zone) {
                EXPECT_FALSE(findings.all().empty()) << text;
                continue;
            }
            ++done;
            EXPECT_TRUE(findings.all().empty()) << findings.text();
            ASSERT_EQ(shown(*zone), shown(whole)) << "seed " << seed << " parts " << parts << "\n" << text;
        }
    }
    EXPECT_GT(done, rounds(600));
}

TEST(ZoneParts, AreNotTriedWhereTheyCannotBeTold) {
    const std::string lines = "a A 192.0.2.1\nb A 192.0.2.2\nc A 192.0.2.3\n";
    for (const char* odd : {"x TXT ( a\nb )\n", "$INCLUDE other\n", "$GENERATE 1-2 a A 192.0.2.1\n", "x A 192.0.2\n",
                            "x CH A 192.0.2.1\n"})
        EXPECT_FALSE(read_in_parts(kHead + lines + odd + lines, "example.com.zone", "example.com.", 3)) << odd;
    EXPECT_TRUE(read_in_parts(kHead + lines + lines, "example.com.zone", "example.com.", 3));
}

}  // namespace
}  // namespace splitline
