// SPDX-License-Identifier: GPL-3.0-or-later
// Names that do not exist: random zones over very few labels, so that wildcards, empty non-terminals, delegations,
// DNAMEs and zones inside zones meet in every way, and random names in, between and outside them, while zones and names
// come and go. Whatever the program says of them, the resolver must say too; and it must say something for most.
#include <gmock/gmock.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/packet_fixture.h"
#include "support/rounds.h"

namespace splitline::testing_support {
namespace {

/// Random zone texts and names.
class Maker {
  public:
    explicit Maker(uint32_t seed) : random_(seed) {}

    uint32_t below(uint32_t bound) { return static_cast<uint32_t>(random_() % bound); }
    bool one_in(uint32_t count) { return below(count) == 0; }

    /// `labels` labels and `suffix`.
    std::string name_below(const std::string& suffix, uint32_t labels) {
        static const std::vector<std::string> kLabels = {"a", "b", "c", "*", "bb"};
        std::string name = suffix;
        for (; labels > 0; --labels)
            name = kLabels[below(static_cast<uint32_t>(kLabels.size()))] + (name == "." ? "." : "." + name);
        return name;
    }

    /// Text of a zone that check_zone() accepts; a few attempts are made until it does.
    std::string zone(const std::string& apex) {
        for (;;) {
            std::string text = "$ORIGIN " + apex + "\n@ 60 SOA ns.elsewhere. h.elsewhere. " +
                               std::to_string(below(1000)) + " 1 1 1 30\n@ 60 NS ns.elsewhere.\n";
            for (uint32_t left = below(9); left > 0; --left) text += record(apex);
            try {
                (void)ImageBuilder().line("office", {"198.51.100.0/24"}).zone(text).build();
                return text;
            } catch (const std::runtime_error&) {
                // a CNAME beside other records, something below a DNAME: another one
            }
        }
    }

  private:
    std::string record(const std::string& apex) {
        const std::string owner = name_below(apex, 1 + below(4)) + " 60 ";
        const std::string address = "A 192.0.2." + std::to_string(below(250)) + "\n";
        switch (below(10)) {
            case 0:
                return owner + "NS ns.elsewhere.\n";
            case 1:
                return owner + "DNAME elsewhere.\n";
            case 2:
                return owner + "CNAME " + name_below(apex, below(4)) + "\n";
            case 3:
                return owner + "CNAME cdn.elsewhere.\n";
            case 4:
                return "$LINE office\n" + owner + address + "$LINE default\n";
            default:
                return owner + address;
        }
    }

    std::mt19937 random_;
};

uint32_t seed() {
    const char* given = std::getenv("SPLITLINE_SEED");
    const uint32_t seed =
        given != nullptr ? static_cast<uint32_t>(std::strtoul(given, nullptr, 0)) : std::random_device()();
    std::printf("seed %u\n", seed);
    return seed;
}

/// How many queries of random names ended for each reason.
using Seen = std::map<sl_reason, unsigned>;

/// Tells them, and expects each of those due for any such name more often than `least`.
void expect_every_reason(const Seen& seen, unsigned least) {
    for (const auto& [reason, count] : seen) std::printf("%6u %s\n", count, reason_label(reason));
    for (const sl_reason reason : {SL_REASON_ANSWER, SL_REASON_NODATA, SL_REASON_NXDOMAIN, SL_REASON_REFUSED,
                                   SL_REASON_DELEGATED, SL_REASON_UNFIT})
        EXPECT_TRUE(seen.contains(reason) && seen.at(reason) > least) << reason_label(reason);
}

class ClosestEncloser : public BpfTest {
  protected:
    static sl_reason ask(const std::string& name, uint16_t type) {
        const DnsQuery query(name, type);
        const Outcome outcome = run(frame_of(query).bytes());
        EXPECT_TRUE(outcome.reason);
        if (!outcome.reason) return SL_REASON_BUG;
        EXPECT_STREQ(path_reason(query), label(outcome.reason)) << name;
        return *outcome.reason;
    }

    /// What `explain` says of the query.
    static const char* path_reason(const DnsQuery& query) {
        const ClassId class_id = image_->classes->lookup(Frame().source).class_id;
        return reason_label(
            path_of(*image_, Dname(query.name.begin(), query.name.end()), query.type, class_id, 512).reason);
    }
};

/// Zones that come, change and go.
class Zones {
  public:
    void change(Maker& maker) {
        for (const char* apex :
             {"example.", "b.example.", "a.b.example.", "c.b.a.example.", "a.a.", "*.c.example.", "."})
            if (maker.one_in(zones_.empty() ? 2 : 8))
                zones_.erase(apex);
            else if (maker.one_in(3) && (std::string(apex) != "." || maker.one_in(8)))
                zones_[apex] = maker.zone(apex);
    }
    [[nodiscard]] std::shared_ptr<const Image> image(const Image* previous) const {
        ImageBuilder builder;
        builder.line("office", {"198.51.100.0/24"}).lines_of(previous);
        for (const auto& [apex, text] : zones_) builder.zone(text);
        return builder.build(previous);
    }

  private:
    std::map<std::string, std::string> zones_;  // by apex
};

TEST_F(ClosestEncloser, RandomZones) {
    const uint32_t start = seed();
    Maker maker(start);
    Zones zones;
    Seen seen;
    make_bed();
    for (unsigned round = 0; round < rounds(400); ++round) {
        zones.change(maker);
        serve(zones.image(image_.get()));
        for (int query = 0; query < 60; ++query) {
            const std::string name = maker.name_below(maker.one_in(4) ? "." : "example.", maker.below(8));
            ++seen[ask(name, maker.one_in(3) ? kDs : kA)];
            ASSERT_FALSE(HasFailure()) << name << ", round " << round << ", seed " << start;
        }
    }
    expect_every_reason(seen, rounds(100));
    EXPECT_EQ(seen.size(), 6U) << "no other reason is due here";
}

// The same in a table that has no room for all names, while those that are asked come in and others leave: whatever is
// answered is what the resolver says; what is left to it exists, or did, or is taken for such by the filter.
TEST_F(ClosestEncloser, RandomZonesWithoutRoomForAllNames) {
    const uint32_t start = seed();
    Maker maker(start);
    Zones zones;
    Seen seen;
    unsigned existing = 0, doubted = 0, refused = 0, mistaken = 0;
    std::set<Dname> ever;  // names that are, or were
    make_bed({}, [](FastPathSettings& s) { s.max_names = 40; });
    for (unsigned round = 0; round < 400; ++round) {
        zones.change(maker);
        const auto image = zones.image(image_.get());
        for (const ZoneSource& zone : image->zones)
            for (const Node& node : zone.image->nodes()) ever.emplace(name_of(node));
        if (const auto published = bed_->fast_path().publish(image, {}))
            image_ = image;
        else
            ++refused;
        std::vector<std::string> names;
        for (const ZoneSource& zone : image_->zones)
            for (const Node& node : zone.image->nodes()) names.push_back(dname_to_text(name_of(node)));
        for (int query = 0; query < 60; ++query) {
            std::string name = maker.name_below(maker.one_in(4) ? "." : "example.", maker.below(8));
            if (!names.empty() && maker.one_in(2)) {
                name = names[maker.below(static_cast<uint32_t>(names.size()))];
                if (maker.one_in(3) && name.size() < 100) name = maker.name_below(name, 1 + maker.below(2));
            }
            const DnsQuery asked(name, maker.one_in(3) ? kDs : kA);
            const Outcome outcome = run(frame_of(asked).bytes());
            ASSERT_TRUE(outcome.reason) << name;
            ++seen[*outcome.reason];
            if (outcome.reason == SL_REASON_LEFT_OUT) {
                // It, or the name right below an encloser with a wildcard.
                const Dname folded(asked.name.begin(), asked.name.end());
                DnameView cause = folded;
                while (cause.size() > 1 && !bed_->fast_path().leaves_out(cause)) cause = dname_parent(cause);
                ASSERT_TRUE(bed_->fast_path().leaves_out(cause)) << "nothing of " << name << " is left out";
                const auto* zone = image_->zone_of(cause, 0);
                ++(zone != nullptr && zone->find(cause) != nullptr ? existing : doubted);
                mistaken += ever.contains(Dname(cause)) ? 0 : 1;
            } else {
                EXPECT_STREQ(path_reason(asked), label(outcome.reason)) << name;
            }
            ASSERT_FALSE(HasFailure()) << name << ", round " << round << ", seed " << start;
            if (!maker.one_in(8)) continue;
            AskedNames demand;
            demand.names.assign(10, Dname(asked.name.begin(), asked.name.end()));
            demand.queries = 10;
            bed_->fast_path().rebalance(demand);
        }
    }
    std::printf("%6u left out, %u doubted, %u images refused\n", existing, doubted, refused);
    expect_every_reason(seen, 50);
    EXPECT_GT(existing, 300U);
    EXPECT_LT(mistaken, 50U) << "of 24,000 queries";
    EXPECT_LT(refused, 200U);
    EXPECT_EQ(seen.size(), 7U) << "no other reason is due here";
}

/// Images in which names come and go below one that had none, and what the deepest of them is changes.
std::vector<ImageBuilder> changing_images() {
    const std::string head = "@ 60 SOA ns.elsewhere. h.elsewhere. 1 1 1 1 30\n@ 60 NS ns.elsewhere.\n",
                      leaf = "a 60 A 192.0.2.1\n";
    struct Step {
        std::string records, inside;  // of example.com., and apex of a zone inside it
    };
    const std::vector<Step> steps = {{leaf, ""},
                                     {leaf + "d.c.b.a 60 A 192.0.2.2\n", ""},
                                     {leaf + "*.d.c.b.a 60 A 192.0.2.2\n", ""},
                                     {leaf + "d.c.b.a 60 NS ns.elsewhere.\n", ""},
                                     {leaf, ""},
                                     {leaf + "c.b.a 60 DNAME elsewhere.\n", ""},
                                     {"*.b.a 60 A 192.0.2.2\n", ""},
                                     {leaf, "c.b.a.example.com."},
                                     {leaf + "b.a 60 A 192.0.2.3\n", "d.c.b.a.example.com."},
                                     {leaf + "c.b.a 60 NS ns.elsewhere.\n", "d.c.b.a.example.com."},
                                     {"", "c.b.a.example.com."},
                                     {leaf, ""}};
    std::vector<ImageBuilder> images;
    for (const Step& step : steps) {
        images.emplace_back().zone("$ORIGIN example.com.\n" + head + step.records);
        if (!step.inside.empty()) images.back().zone("$ORIGIN " + step.inside + "\n" + head);
    }
    return images;
}

/// Names that are, are below or are above what changes in them.
std::vector<std::string> names_in_changing_images() {
    std::vector<std::string> names = {"com.", "y.com.", "z.y.example.org."};
    for (std::string below = "example.com.", labels = "abcde"; !labels.empty(); labels.erase(0, 1)) {
        for (const char* added : {"", "y.", "z.y.", "z.z.z.z.z.y."}) names.push_back(added + below);
        below = labels.substr(0, 1) + "." + below;
    }
    return names;
}

// The search starts where the last one ended, and ends where nothing lies below: so every name is asked behind every
// other.
TEST_F(ClosestEncloser, WhateverWasFoundBefore) {
    const std::vector<std::string> names = names_in_changing_images();
    make_bed();
    for (ImageBuilder& builder : changing_images()) {
        serve(builder.lines_of(image_.get()).build(image_.get()));
        for (const std::string& before : names)
            for (const std::string& name : names) {
                ask(before, kA);
                ask(name, kA);
                ASSERT_FALSE(HasFailure()) << name << " behind " << before << ", generation " << image_->generation;
            }
    }
}

// Nothing that was found may outlive its generation: the name asked last before each commit is asked first behind it.
TEST_F(ClosestEncloser, WhateverWasFoundBeforeACommit) {
    make_bed();
    for (const std::string& name : names_in_changing_images())
        for (ImageBuilder& builder : changing_images()) {
            serve(builder.lines_of(image_.get()).build(image_.get()));
            ask(name, kA);
            ask(name, kA);
            ASSERT_FALSE(HasFailure()) << name << ", generation " << image_->generation;
        }
}

// Nearly as many labels as a name can have, an encloser with a wildcard at every depth, looked for from either end and
// from the middle: the longest searches there are.
TEST_F(ClosestEncloser, EnclosersAtEveryDepth) {
    constexpr size_t kLabels = 120;  // and those of example.com.: 253 bytes
    const auto name_with = [](size_t existing) {
        std::string name;
        for (size_t label = kLabels; label-- > 0;) name += label < existing ? "a." : "b.";
        return name + "example.com.";
    };
    std::string zone = "$ORIGIN example.com.\n@ 60 SOA ns.elsewhere. h.elsewhere. 1 1 1 1 30\n@ 60 NS ns.elsewhere.\n";
    for (size_t depth = 0; depth < kLabels; ++depth)
        zone += "*." + name_with(depth).substr(2 * (kLabels - depth)) + " 60 A 192.0.2." + std::to_string(depth) + "\n";
    make_bed();
    serve(ImageBuilder().zone(zone).build());
    for (size_t before : {size_t{0}, kLabels / 2, kLabels - 1})
        for (size_t depth = 0; depth < kLabels; ++depth) {
            EXPECT_EQ(ask(name_with(before), kA), SL_REASON_ANSWER);
            EXPECT_EQ(ask(name_with(depth), kA), SL_REASON_ANSWER) << depth << " behind " << before;
        }
}

// Names as long as names can be, of one label and of a hundred, just below what exists.
TEST_F(ClosestEncloser, ManyLabelsAndLongOnes) {
    serve(example_image());
    for (size_t labels = 1; labels <= 118; ++labels) {  // 255 bytes with the longest of these suffixes
        std::string name;
        for (size_t i = 0; i < labels; ++i) name += "x.";
        EXPECT_EQ(ask(name + "example.com", kA), SL_REASON_NXDOMAIN) << labels;
        EXPECT_EQ(ask(name + "wild.example.com", kA), SL_REASON_ANSWER) << labels;
        EXPECT_EQ(ask(name + "example.org", kA), SL_REASON_REFUSED) << labels;
    }
    for (size_t size = 1; size <= 63; ++size) {
        const std::string label(size, 'x');
        EXPECT_EQ(ask(label + ".example.com", kA), SL_REASON_NXDOMAIN);
        EXPECT_EQ(ask(label + ".wild.example.com", kAaaa), SL_REASON_NODATA);
        EXPECT_EQ(ask(label + "." + label + "." + label + ".chain.example.com", kA), SL_REASON_ANSWER);
    }
}

// What ends in an encloser's bytes need not be below it, nor be a name.
TEST_F(ClosestEncloser, BytesThatEndLikeTheLastEncloser) {
    serve(example_image());
    const Bytes encloser = DnsQuery("example.com", kA).name;
    const auto behind = [&](Bytes label) {
        EXPECT_EQ(ask("x.example.com", kA), SL_REASON_NXDOMAIN);
        DnsQuery query("example.com", kA);
        query.name = std::move(label);
        query.name.insert(query.name.end(), encloser.begin(), encloser.end());
        return query;
    };
    for (const uint8_t size : {64, 65, 0x80, 0xbf, 0xc0, 0xdf}) {
        Bytes label(size + size_t{1}, 'x');
        label[0] = size;
        expect_pass(behind(label), SL_REASON_NAME);
    }
    expect_pass(behind({5, 'a', 'b', 'c'}), SL_REASON_NAME);        // a label over the encloser's start
    expect_denied(behind({11, 'a', 'b', 'c'}), SL_REASON_REFUSED);  // and up to its end: below com. alone
    expect_denied(behind({3, 'a', 'b', 'c'}), SL_REASON_NXDOMAIN);
}

// While names around it come and go by the thousand in a table as full as may be, so that slots move between buckets, a
// name that stays is never denied, and one that never was is never answered.
TEST_F(ClosestEncloser, NothingThatStaysIsDeniedWhileOthersCome) {
    make_bed({}, [](FastPathSettings& s) { s.max_names = 4690; });
    const auto image_of = [](unsigned round, const Image* previous) {
        std::string zone =
            "$ORIGIN example.com.\n@ 60 SOA ns.elsewhere. h.elsewhere. 1 1 1 1 30\n@ 60 NS ns.elsewhere.\n";
        for (unsigned name = 0; name < 1000; ++name) zone += "s" + std::to_string(name) + " 60 A 192.0.2.1\n";
        const unsigned first = round % 4 * 100;
        for (unsigned name = first; name < first + 3650; ++name)
            zone += "t" + std::to_string(name) + " 60 A 192.0.2.2\n";
        return ImageBuilder().zone(zone).build(previous);
    };
    std::shared_ptr<const Image> served = image_of(0, nullptr);
    bed_->publish(served);
    std::vector<Bytes> staying, absent;
    for (unsigned name = 0; name < 1000; ++name) {
        staying.push_back(frame_of(DnsQuery("s" + std::to_string(name) + ".example.com", kA)).bytes());
        absent.push_back(frame_of(DnsQuery("u" + std::to_string(name) + ".example.com", kA)).bytes());
    }
    std::atomic<bool> done = false;
    std::thread publisher([&] {
        for (unsigned round = 1; round <= 20; ++round) {
            served = image_of(round, served.get());
            bed_->publish(served);
        }
        done = true;
    });
    const auto rcode_of = [&](const Bytes& frame) {
        const Outcome outcome = run_program(bed_->program_fd(), frame);
        return outcome.verdict == XDP_TX ? read_response(parse_frame(outcome.bytes).payload).rcode : 99;
    };
    for (unsigned query = 0; !done; ++query) {
        EXPECT_EQ(rcode_of(staying[query % 1000]), 0U);
        EXPECT_EQ(rcode_of(absent[query % 1000]), 3U);
        if (HasFailure()) break;
    }
    publisher.join();
}

}  // namespace
}  // namespace splitline::testing_support
