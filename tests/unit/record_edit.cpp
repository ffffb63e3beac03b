// SPDX-License-Identifier: GPL-3.0-or-later
// Commits of record changes: what they leave, and that their checks, which look at an excerpt of the zone, find what a
// check of the whole zone finds.
#include "compile/record_edit.h"

#include <gtest/gtest.h>

#include "compile/profile.h"
#include "support/rounds.h"
#include "unit/zone_history.h"
#include "zone/zone_check.h"
#include "zone/zone_render.h"

namespace splitline {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

const char* const kZone =
    "@ SOA ns1 h 41 14400 3600 1209600 300\n@ NS ns1\n@ NS ns2\nns1 A 192.0.2.1\nns2 A 192.0.2.2\n"
    "www A 192.0.2.10\nwww A 192.0.2.11\nalias CNAME www\n*.w CNAME back\nback CNAME x.w\nx.w A 192.0.2.1\n"
    "sub NS ns.sub\nns.sub A 192.0.2.53\nold 60 DNAME www\n$LINE telecom\nwww A 192.0.2.12\n";

std::shared_ptr<const ZoneImage> zone() {
    static const auto built = ZoneImage::build(read(kZone), catalog());
    return built;
}

struct Outcome {
    std::shared_ptr<const ZoneImage> image;
    std::string error;  // of the change or of the checks
    Diagnostics findings;
};

Outcome commit(const ZoneImage& base, const std::vector<std::string>& changes) {
    RecordEdit edit(base, catalog());
    Outcome outcome;
    for (const auto& text : changes) {
        const auto change = parse_record_change(text, base.apex());
        auto applied = change ? edit.apply(*change) : Result<void>(change.error());
        if (!applied) {
            outcome.error = applied.error().text();
            return outcome;
        }
    }
    auto image = edit.finish(outcome.findings);
    if (image)
        outcome.image = *image;
    else
        outcome.error = outcome.findings.text();
    return outcome;
}

std::string records_of(const ZoneImage& image, const std::string& name) {
    std::string text;
    const Node* node = image.find(*dname_from_text(name));
    if (node == nullptr) return "none";
    for (const auto& record : own_records(*node))
        text +=
            (text.empty() ? "" : ", ") + catalog().name(record.line) + " " + std::to_string(record.ttl) + " " +
            type_to_text(record.type) + " " +
            rdata_to_text(record.type, {reinterpret_cast<const uint8_t*>(record.rdata.data()), record.rdata.size()});
    return text;
}

struct Case {
    std::vector<std::string> changes;
    const char* name;
    const char* records;
};

const Case kDone[] = {
    {{"add www 60 A 192.0.2.13"},
     "www.example.com",
     "default 60 A 192.0.2.10, default 60 A 192.0.2.11, default 60 A 192.0.2.13, telecom 60 A 192.0.2.12"},
    {{"add www 30 A 192.0.2.13", "del www A 192.0.2.10"},
     "www.example.com",
     "default 30 A 192.0.2.11, default 30 A 192.0.2.13, telecom 60 A 192.0.2.12"},
    {{"set www 60 A 192.0.2.13"}, "www.example.com", "default 60 A 192.0.2.13, telecom 60 A 192.0.2.12"},
    {{"set www --line telecom 60 A 192.0.2.13"},
     "www.example.com",
     "default 60 A 192.0.2.10, default 60 A 192.0.2.11, telecom 60 A 192.0.2.13"},
    {{"del www --line *", "del alias"}, "www.example.com", "none"},
    {{"add a.b.new 60 A 192.0.2.1"}, "b.new.example.com", ""},
    {{"del www --line telecom"}, "www.example.com", "default 60 A 192.0.2.10, default 60 A 192.0.2.11"},
    {{"add @ 60 TXT x", "del @ TXT"},
     "example.com",
     "default 60 NS ns1.example.com., default 60 NS ns2.example.com., default 60 SOA ns1.example.com. h.example.com. "
     "41 14400 3600 1209600 300"},
};

// As long as a chain of aliases may be, nothing goes as deep as it is long, nor through all of it for each name.
TEST(RecordEdit, TakesALongChainOfAliasesInOneCommit) {
    std::vector<std::string> changes;
    for (int i = 0; i < 100'000; ++i)
        changes.push_back("add c" + std::to_string(i) + " 60 CNAME c" + std::to_string(i + 1));
    changes.emplace_back("add c100000 60 A 192.0.2.1");
    const auto done = commit(*zone(), changes);
    ASSERT_EQ(done.error, "");
    const Node* first = done.image->find(*dname_from_text("c0.example.com"));
    ASSERT_NE(first, nullptr);
    std::vector<uint16_t> types;
    reachable_types(*done.image, *first, types);
    EXPECT_EQ(types, std::vector<uint16_t>{5});
}

TEST(RecordEdit, LeavesWhatWasAsked) {
    for (const Case& each : kDone) {
        const Outcome outcome = commit(*zone(), each.changes);
        ASSERT_EQ(outcome.error, "") << each.changes[0];
        EXPECT_EQ(records_of(outcome.image ? *outcome.image : *zone(), each.name), each.records) << each.changes[0];
    }
}

TEST(RecordEdit, RaisesTheSerialUnlessItIsSet) {
    EXPECT_EQ(commit(*zone(), {"add y 60 A 192.0.2.1", "add z 60 A 192.0.2.1"}).image->serial(), 42U);
    EXPECT_EQ(commit(*zone(), {"set @ 60 SOA ns1 h 7 14400 3600 1209600 300"}).image->serial(), 7U);
    EXPECT_EQ(commit(*zone(), {"set @ 60 SOA ns1 h 41 14400 3600 1209600 300", "add z 60 A 192.0.2.1"}).image->serial(),
              42U);
    const auto last = commit(*zone(), {"set @ 60 SOA ns1 h 4294967295 14400 3600 1209600 300"}).image;
    EXPECT_EQ(commit(*last, {"add y 60 A 192.0.2.1"}).image->serial(), 0U);
    EXPECT_EQ(commit(*zone(), {"set alias 60 CNAME www"}).image, nullptr) << "nothing changes";
    EXPECT_EQ(commit(*zone(), {"add y 60 A 192.0.2.1", "del y"}).image, nullptr);
}

struct Refused {
    std::vector<std::string> changes;
    const char* error;
};

const Refused kRefused[] = {
    {{"add www 60 CNAME x"}, "CNAME conflicts with A in the zone as served"},
    {{"add new 60 CNAME x", "add new 60 A 192.0.2.1"}, "CNAME conflicts with A in this change"},
    {{"add alias 60 CNAME other"}, "a name has one CNAME a line"},
    {{"add @ 60 CNAME x"}, "the top of the zone"},
    {{"add @ --line telecom 60 NS ns1"}, "SOA and NS of a zone are the same for all clients"},
    {{"add @ 60 SOA ns1 h 7 14400 3600 1209600 300"}, "a second SOA"},
    {{"add www 60 SOA ns1 h 7 14400 3600 1209600 300"}, "a zone has one SOA"},
    {{"del @ SOA"}, "a zone has a SOA"},
    {{"del @ NS"}, "has no NS records"},
    {{"add www --line nowhere 60 A 192.0.2.1"}, "line 'nowhere' is neither built in nor configured"},
    {{"set www 60 CNAME alias", "del www A"}, "CNAME loop on line default"},
    {{"del x.w"}, "CNAME loop on line default"},
    {{"del ns.sub"}, "has no glue"},
    {{"add x.old 60 A 192.0.2.1"}, "lies below the DNAME"},
    {{"add sub --line telecom 60 A 192.0.2.1"}, "delegations are the same for all clients"},
    {{"add old 60 CNAME x"}, "conflicts"},
    {{"add new 60 NS ns.new"}, "has no glue"},
    {{"add new 60 NULL \\# 0"}, "RDATA: NULL: "},
    {{"add @ 60 DS 1 8 2 0102030405060708091011121314151617181920212223242526272829303132"}, "DS at the top"},
    {{"add www 60 A 192.0.2.10"}, "there is such a record already"},
    {{"del www A 192.0.2.99"}, "there is no such record"},
    {{"del nothing"}, "there is no such record"},
};

TEST(RecordEdit, IsRefusedForWhatItBreaks) {
    for (const Refused& each : kRefused) {
        const Outcome outcome = commit(*zone(), each.changes);
        EXPECT_NE(outcome.error.find(each.error), std::string::npos) << each.changes[0] << ": " << outcome.error;
    }
}

TEST(RecordEdit, WarnsOfWhatItChangesAlone) {
    const Outcome outcome = commit(*zone(), {"add m 60 MX 10 nowhere"});
    ASSERT_EQ(outcome.error, "");
    ASSERT_EQ(outcome.findings.all().size(), 1U) << outcome.findings.text();
    EXPECT_NE(outcome.findings.text().find("which does not exist in this zone"), std::string::npos);
}

/// One random change in the form of zone/record_change.h.
std::string random_change(std::mt19937& random, History& history) {
    const std::string lines[] = {"", "", "--line internal ", "--line telecom "};
    const std::string& line = lines[random() % 4];
    const std::string owner = history.pick_owner();
    switch (random() % 10) {
        case 0:
        case 1:
            return "del " + owner + (random() % 2 == 0 ? " --line *" : " " + line);
        case 2:
        case 3:
        case 4:
            return "set " + owner + " " + line + "60 CNAME " + history.pick_owner();
        case 5:
            return "add " + owner + " 60 NS " + history.pick_owner();
        case 6:
            return "set " + owner + " 60 DNAME " + history.pick_owner();
        default:
            return "add " + owner + " " + line + "60 A 192.0.2." + std::to_string(random() % 4);
    }
}

TEST(RecordEdit, IsRefusedExactlyWhenTheWholeZoneIs) {
    unsigned refused = 0, done = 0;
    for (unsigned seed = 0; seed < rounds(40); ++seed) {
        std::mt19937 random(seed);
        History history(seed);
        auto image = ZoneImage::build(read(master_file(kStart)), catalog());
        for (int step = 0; step < 150; ++step) {
            std::vector<std::string> changes;
            for (size_t i = 0, count = 1 + random() % 2; i < count; ++i)
                changes.push_back(random_change(random, history));
            RecordEdit unchecked(*image, catalog());
            bool applied = true;
            for (const auto& text : changes)
                applied = applied && unchecked.apply(*parse_record_change(text, image->apex())).has_value();
            if (!applied) continue;
            Diagnostics of_part;
            const auto next = unchecked.finish(of_part);
            if (next && *next == nullptr) continue;
            Diagnostics of_whole;
            check_zone(
                unchecked.whole(), [](std::string_view) { return true; }, of_whole);
            ASSERT_EQ(of_part.has_errors(), of_whole.has_errors())
                << "seed " << seed << " step " << step << "\n"
                << changes.front() << "; " << changes.back() << "\npart:\n"
                << of_part.text() << "\nwhole:\n"
                << of_whole.text() << "\n"
                << render_zone(unchecked.whole());
            next ? ++done : ++refused;
            if (next) image = *next;
        }
    }
    EXPECT_GT(refused, rounds(300));
    EXPECT_GT(done, rounds(1000));
}

}  // namespace
}  // namespace splitline
