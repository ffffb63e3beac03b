// SPDX-License-Identifier: GPL-3.0-or-later
// Publishing: a packet sees the image published last, whole; what is refused changes nothing.
#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/packet_fixture.h"

namespace splitline::testing_support {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string zone_text(unsigned serial, const std::string& records) {
    return "$ORIGIN example.com.\n@ 60 SOA ns h " + std::to_string(serial) +
           " 1 1 1 30\n@ 60 NS ns\nns 60 A 192.0.2.1\n" + records;
}

class Commits : public BpfTest {
  protected:
    // Every test starts from nothing.
    void SetUp() override {
        if (!PrivateNetwork::missing().empty()) GTEST_SKIP() << PrivateNetwork::missing();
        make_bed();
    }

    static std::shared_ptr<const Image> next(const ImageBuilder& builder) { return builder.build(image_.get()); }

    static std::string first(const char* name, uint16_t type = kA) {
        const auto answer = expect_answer(DnsQuery(name, type)).answer;
        return answer.empty() ? "" : answer[0];
    }
};

TEST_F(Commits, NothingIsServedBeforeTheFirst) {
    image_ = example_image();
    expect_pass(DnsQuery("a.example.com", kA), SL_REASON_NO_IMAGE);
    serve(image_);
    expect_answer(DnsQuery("a.example.com", kA));
}

TEST_F(Commits, ChangedNamesChange) {
    for (unsigned round = 1; round <= 20; ++round) {
        const std::string address = "192.0.2." + std::to_string(round);
        serve(next(ImageBuilder().zone(zone_text(round, "w 60 A " + address + "\nfixed 60 A 192.0.2.200\n"))));
        EXPECT_EQ(first("w.example.com"), "w.example.com. 60 IN A " + address);
        EXPECT_EQ(first("fixed.example.com"), "fixed.example.com. 60 IN A 192.0.2.200");
        EXPECT_THAT(expect_answer(DnsQuery("fixed.example.com", kAaaa)).authority.at(0),
                    HasSubstr(" " + std::to_string(round) + " 1 1 1 30"));
        EXPECT_EQ(bed_->fast_path().generation(), image_->generation);
    }
}

// The SOA's bytes, length and pointers change under names that do not.
TEST_F(Commits, TheSoasNamesLeaveTheZoneAndComeBack) {
    const auto text = [](const std::string& mname, const std::string& rname) {
        return "$ORIGIN example.com.\n@ 60 SOA " + mname + " " + rname + " 1 1 1 1 30\n@ 60 NS ns\nns 60 A 192.0.2.1\n";
    };
    for (const char* mname : {"ns.example.com.", "ns.example.net.", "ns.example.com.", "com."})
        for (const char* rname : {"h.example.com.", "h.example.org.", "ho.example.com."}) {
            serve(next(ImageBuilder().zone(text(mname, rname))));
            const std::string soa = std::string("example.com. 30 IN SOA ") + mname + " " + rname + " 1 1 1 1 30";
            for (const char* name : {"ns.example.com", "gone.example.com"})
                EXPECT_THAT(expect_answer(DnsQuery(name, kAaaa)).authority, ElementsAre(soa)) << name;
        }
}

TEST_F(Commits, NamesComeAndGoAndComeBack) {
    serve(next(ImageBuilder().zone(zone_text(1, "old 60 A 192.0.2.1\n"))));
    first("old.example.com");
    expect_denied(DnsQuery("new.example.com", kA));
    serve(next(ImageBuilder().zone(zone_text(2, "new 60 A 192.0.2.2\n"))));
    first("new.example.com");
    expect_denied(DnsQuery("old.example.com", kA));
    serve(next(ImageBuilder().zone(zone_text(3, "old 60 A 192.0.2.3\nnew 60 A 192.0.2.2\n"))));
    EXPECT_EQ(first("old.example.com"), "old.example.com. 60 IN A 192.0.2.3");
    serve(next(ImageBuilder().zone(zone_text(4, ""))));
    for (const char* name : {"old.example.com", "new.example.com"}) expect_denied(DnsQuery(name, kA));
}

TEST_F(Commits, ZonesComeAndGo) {
    const std::string other = "$ORIGIN example.net.\n@ 60 SOA ns h 1 1 1 1 30\n@ 60 NS ns\nns 60 A 192.0.2.9\n";
    const std::string nested = "$ORIGIN sub.example.com.\n@ 60 SOA ns h 5 1 1 1 30\n@ 60 NS ns\nns 60 A 192.0.2.8\n";
    const std::string parent = zone_text(1, "a.sub 60 A 192.0.2.7\nns.sub 60 A 192.0.2.6\n");
    serve(next(ImageBuilder().zone(parent)));
    EXPECT_EQ(first("ns.sub.example.com"), "ns.sub.example.com. 60 IN A 192.0.2.6");
    serve(next(ImageBuilder().zone(parent).zone(other)));
    first("ns.example.net");
    serve(next(ImageBuilder().zone(parent).zone(nested)));
    expect_denied(DnsQuery("ns.example.net", kA), SL_REASON_REFUSED);
    EXPECT_EQ(first("ns.sub.example.com"), "ns.sub.example.com. 60 IN A 192.0.2.8");
    expect_denied(DnsQuery("a.sub.example.com", kA));
    serve(next(ImageBuilder().zone(parent)));
    EXPECT_EQ(first("ns.sub.example.com"), "ns.sub.example.com. 60 IN A 192.0.2.6");
    EXPECT_EQ(first("a.sub.example.com"), "a.sub.example.com. 60 IN A 192.0.2.7");
}

TEST_F(Commits, LinesChange) {
    const std::string zone = zone_text(1, "w 60 A 192.0.2.1\n$LINE office\nw 60 A 192.0.2.2\n");
    Frame frame = frame_of(DnsQuery("w.example.com", kA));
    frame.source = address("198.51.100.77");
    const auto answer = [&] { return expect_answer(frame.bytes()).answer.at(0); };
    serve(next(ImageBuilder().line("office", {"198.51.100.0/24"}).zone(zone)));
    EXPECT_EQ(answer(), "w.example.com. 60 IN A 192.0.2.2");
    serve(next(ImageBuilder().line("office", {"198.51.100.0/26"}).zone(zone)));
    EXPECT_EQ(answer(), "w.example.com. 60 IN A 192.0.2.1");
    serve(next(ImageBuilder().line("office", {"198.51.100.77/32"}).zone(zone)));
    EXPECT_EQ(answer(), "w.example.com. 60 IN A 192.0.2.2");
}

// Counts are by number until the daemon books them under the names of the time: they must be there when it does.
TEST_F(Commits, CountsOfLinesThatAreGoneCanStillBeRead) {
    const std::string record = "w 60 A 192.0.2.1\n", on_line = "$LINE office\nw 60 A 192.0.2.2\n";
    const auto with = next(ImageBuilder().line("office", {"198.51.100.0/24"}).zone(zone_text(1, record + on_line)));
    serve(with);
    const size_t office = *with->lines->catalog.find("office");
    const uint64_t before = bed_->fast_path().counters().lines.at(office);
    run(frame_of(DnsQuery("w.example.com", kA)).bytes());
    serve(next(ImageBuilder().zone(zone_text(2, record))));
    EXPECT_EQ(bed_->fast_path().counters().lines.at(office), before + 1);
}

// Hundreds of commits of random zones: memory is reused, every answer stays the image's. Most names stay as they are
// from one to the next, and the lines too, so that most records are passed over; names behind CNAMEs must not be.
TEST_F(Commits, ManyRandomCommits) {
    std::mt19937 random(7);
    std::map<unsigned, std::string> records_of;
    const Image* lines = nullptr;
    constexpr unsigned name_count = 62;  // n61 never exists
    for (unsigned round = 1; round <= 150; ++round) {
        for (unsigned name = 0; name < 60; ++name) {
            if (round > 1 && random() % 8 != 0) continue;
            const unsigned kind = random() % 5;
            const std::string owner = "n" + std::to_string(name), address = std::to_string(random() % 250);
            std::string& records = records_of[name];
            records.clear();
            if (kind == 1) records = owner + " 60 A 192.0.2." + address + "\n";
            if (kind == 2) records = owner + " 60 TXT \"" + std::string(random() % 250, 't') + "\"\n";
            if (kind == 3) {  // to a later name: no loops
                const unsigned target = name + 1 + static_cast<unsigned>(random() % (name_count - name - 1));
                records = owner + " 60 CNAME n" + std::to_string(target) + "\n";
            }
            if (kind == 4) records = "$LINE office\n" + owner + " 60 A 192.0.2." + address + "\n$LINE default\n";
        }
        std::string zone = "n60 60 A 192.0.2.60\n";
        for (const auto& [name, records] : records_of) zone += records;
        ImageBuilder builder;
        builder.line("office", {"198.51.100.0/" + std::to_string(24 + round / 10 % 4)});
        builder.lines_of(round % 10 == 0 ? nullptr : lines).zone(zone_text(round, zone));
        const auto image = next(builder);
        serve(image);
        lines = image.get();
        for (unsigned name = 0; name < name_count; ++name)
            run(frame_of(DnsQuery("n" + std::to_string(name) + ".example.com", kA)).bytes());
    }
    EXPECT_LT(bed_->fast_path().usage().arena_bytes, 4U << 20);
}

// A reply is put together from the name's record and the zone's SOA: both must be of one generation, whatever lands in
// between.
TEST_F(Commits, NoReplyMixesGenerations) {
    constexpr unsigned kCommits = 100;
    const auto image_of = [](unsigned serial, const Image* previous) {
        const std::string target = "t" + std::to_string(serial);
        return ImageBuilder()
            .zone(zone_text(serial, "w 60 CNAME " + target + "\n" + target + " 60 A 192.0.2.1\n"))
            .build(previous);
    };
    std::shared_ptr<const Image> served = image_of(1, nullptr);
    bed_->publish(served);
    const Bytes frame = frame_of(DnsQuery("w.example.com", kAaaa)).bytes();
    std::atomic<unsigned> published = 1;
    std::thread publisher([&] {
        for (unsigned serial = 2; serial <= kCommits; ++serial) {
            served = image_of(serial, served.get());
            bed_->publish(served);
            published = serial;
        }
    });
    unsigned replies = 0, last = 0;
    do {
        const unsigned before = published;
        last = before;
        const Outcome outcome = run_program(bed_->program_fd(), frame);
        const DnsResponse reply = read_response(parse_frame(outcome.bytes).payload);
        ++replies;
        const bool whole = outcome.verdict == XDP_TX && reply.answer.size() == 1 && reply.authority.size() == 1;
        EXPECT_TRUE(whole) << hex(outcome.bytes);
        if (!whole) break;
        const std::string serial = reply.answer[0].substr(reply.answer[0].find(" CNAME t") + 8);
        EXPECT_THAT(serial, HasSubstr(".example.com."));
        const auto number = static_cast<unsigned>(std::stoul(serial));
        EXPECT_THAT(reply.authority[0], HasSubstr(" " + std::to_string(number) + " 1 1 1 30"));
        EXPECT_GE(number, before);
    } while (last < kCommits && !HasFailure());
    publisher.join();
    EXPECT_GT(replies, kCommits);
}

// Names that others lie below cannot be left out of the table.
TEST_F(Commits, TooManyNamesThatMustBeThereAreRefusedAndTheOldStays) {
    make_bed({}, [](FastPathSettings& settings) { settings.max_names = 10; });
    serve(next(ImageBuilder().zone(zone_text(1, "w 60 A 192.0.2.1\n"))));
    std::string many;
    for (unsigned name = 0; name < 20; ++name) many += "below.n" + std::to_string(name) + " 60 A 192.0.2.2\n";
    const auto refused =
        bed_->fast_path().publish(next(ImageBuilder().zone(zone_text(2, many + "w 60 A 192.0.2.3\n"))), {});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text(), HasSubstr("the zones have 21 names that must be in the name table"));
    EXPECT_THAT(refused.error().text(), HasSubstr("xdp.max_names is 10: 11 too many"));
    EXPECT_EQ(bed_->fast_path().generation(), image_->generation);
    EXPECT_EQ(first("w.example.com"), "w.example.com. 60 IN A 192.0.2.1");
    expect_denied(DnsQuery("n1.example.com", kA));
    EXPECT_FALSE(bed_->fast_path().leaves_names_out());
}

TEST_F(Commits, NamesBeyondTheTableAreLeftToTheResolverUntilThereIsRoom) {
    make_bed({}, [](FastPathSettings& settings) { settings.max_names = 10; });
    serve(next(ImageBuilder().zone(zone_text(1, "w 60 A 192.0.2.1\n"))));
    EXPECT_FALSE(bed_->fast_path().leaves_names_out());
    expect_denied(DnsQuery("n1.example.com", kA));
    std::string many;
    for (unsigned name = 0; name < 20; ++name) many += "n" + std::to_string(name) + " 60 A 192.0.2.2\n";
    serve(next(ImageBuilder().zone(zone_text(2, many + "w 60 A 192.0.2.3\n"))));
    EXPECT_TRUE(bed_->fast_path().leaves_names_out());
    EXPECT_EQ(first("w.example.com"), "w.example.com. 60 IN A 192.0.2.3") << "what was in the table stays there";
    unsigned answered = 0;
    for (unsigned name = 0; name < 20; ++name) {
        const std::string text = "n" + std::to_string(name) + ".example.com";
        const Outcome outcome = run(frame_of(DnsQuery(text, kA)).bytes());
        const bool left_out = bed_->fast_path().leaves_out(*dname_from_text(text));
        EXPECT_STREQ(label(outcome.reason), left_out ? "left_out" : "answer") << text;
        answered += left_out ? 0 : 1;
    }
    EXPECT_EQ(answered, 6U) << "beside the apex, ns and w, with one place kept free";
    EXPECT_EQ(bed_->fast_path().usage().left_out_names, 14U);
    serve(next(ImageBuilder().zone(zone_text(3, "n1 60 A 192.0.2.4\nw 60 A 192.0.2.5\n"))));
    EXPECT_FALSE(bed_->fast_path().leaves_names_out());
    EXPECT_EQ(first("n1.example.com"), "n1.example.com. 60 IN A 192.0.2.4");
    for (unsigned name = 2; name < 20; ++name) expect_denied(DnsQuery("n" + std::to_string(name) + ".example.com", kA));
}

TEST_F(Commits, WhatTheArenaCannotHoldIsLeftToTheResolver) {
    make_bed({}, [](FastPathSettings& settings) { settings.arena_mib = 5; });
    serve(next(ImageBuilder().zone(zone_text(1, "w 60 A 192.0.2.1\nx 60 A 192.0.2.4\n"))));
    for (unsigned attempt = 0; attempt < 4; ++attempt) {
        std::string large = "w 60 A 192.0.2." + std::to_string(attempt) + "\n";
        for (unsigned name = 0; name < 15000; ++name)
            large +=
                "n" + std::to_string(name) + " 60 TXT \"" + std::string(250, static_cast<char>('a' + attempt)) + "\"\n";
        serve(next(ImageBuilder().zone(zone_text(2 + attempt, large))));
        EXPECT_EQ(first("w.example.com"), "w.example.com. 60 IN A 192.0.2." + std::to_string(attempt));
        const auto usage = bed_->fast_path().usage();
        EXPECT_GT(usage.names, 1000U) << "as many as there is room for";
        EXPECT_EQ(usage.names + usage.left_out_names, 15003U);
        expect_denied(DnsQuery("never-was.example.com", kA));
    }
    serve(next(ImageBuilder().zone(zone_text(9, "w 60 A 192.0.2.5\n"))));
    EXPECT_EQ(first("w.example.com"), "w.example.com. 60 IN A 192.0.2.5");
    EXPECT_EQ(bed_->fast_path().usage().left_out_names, 0U);
}

TEST_F(Commits, FullTableHoldsEveryName) {
    std::string many;
    for (unsigned name = 0; name < 19'990; ++name) many += "n" + std::to_string(name) + " 60 A 192.0.2.2\n";
    serve(next(ImageBuilder().zone(zone_text(1, many))));
    for (unsigned name = 0; name < 19'990; name += 37)
        EXPECT_EQ(
            verdict_name(run(frame_of(DnsQuery("n" + std::to_string(name) + ".example.com", kA)).bytes()).verdict),
            "XDP_TX");
}

}  // namespace
}  // namespace splitline::testing_support
