// SPDX-License-Identifier: GPL-3.0-or-later
// The SOA of negative answers through the program: names in the zone and out of it, at every parity, of every length
// that is copied in another way. judge() holds each reply against the resolver's bytes and checks the sums; what
// libknot reads from it is held against the zone file here.
#include <fmt/core.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>

#include "support/packet_fixture.h"
#include "support/soa_cases.h"

namespace splitline::testing_support {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class NegativeSoaBpf : public BpfTest {
  protected:
    void serve(const SoaCase& soa) { BpfTest::serve(ImageBuilder().zone(soa.zone()).build()); }
    static void TearDownTestSuite() { bed_.reset(); }
};

std::string mapped(std::string text, int (*letter)(int)) {
    std::transform(text.begin(), text.end(), text.begin(), [&](unsigned char c) { return letter(c); });
    return text;
}

TEST_F(NegativeSoaBpf, IsReadAsTheZoneHasIt) {
    for (const SoaCase& soa : soa_cases()) {
        SCOPED_TRACE(soa.mname + " " + soa.rname);
        serve(soa);
        const std::string apex = mapped(soa.origin, std::tolower);
        for (const auto& [name, type] : soa_questions()) {
            const std::string asked = name + (apex == "." && !name.empty() ? "" : apex);
            SCOPED_TRACE(asked + " " + std::to_string(type));
            EXPECT_THAT(expect_answer(DnsQuery(asked, type).with({})).authority, ElementsAre(soa.text(apex)));
            Edns edns;
            edns.options = {ecs(address("203.0.113.255"), 24)};
            expect_answer(DnsQuery(mapped(asked, std::toupper), type).with(edns));
        }
    }
}

// The contract byte by byte, as in the resolver's test: RFC 1035 section 4.1.4 by hand.
TEST_F(NegativeSoaBpf, ExactlyTheseBytes) {
    serve({"example.com.", "nS1.example.com.", "ho.example.com.", 6, 5, true, true});
    const std::string soa =
        "0006 0001 0000001e 001f 036e5331 c0PP 02686f c0PP 00000001 00000002 00000003 00000004 0000001e";
    const struct {
        const char *name, *rest, *apex;
        uint16_t type;
    } cases[] = {
        {"HosT.ExAmple.com", "8500 0001 0000 0001 0000 04486f7354 074578416d706c65 03636f6d 00 0010 0001", "11", kTxt},
        {"N.eXample.com", "8503 0001 0000 0001 0000 014e 076558616d706c65 03636f6d 00 0001 0001", "0e", kA},
        {"x.wild.example.com", "8500 0001 0000 0001 0000 0178 0477696c64 076578616d706c65 03636f6d 00 0010 0001", "13",
         kTxt},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        std::string expected = std::string("5a17 ") + c.rest + " c0PP " + soa;
        for (size_t at = expected.find("PP"); at != std::string::npos; at = expected.find("PP"))
            expected.replace(at, 2, c.apex);
        const Outcome outcome = run(frame_of(DnsQuery(c.name, c.type)).bytes());
        EXPECT_EQ(hex(parse_frame(outcome.bytes).payload), hex(from_hex(expected)));
    }
}

// Where the pointers stand, where the SOA starts and how much the question's end moves for a wildcard: even and odd in
// every mix, behind a body and without.
TEST_F(NegativeSoaBpf, ChecksumsOfEveryParity) {
    for (size_t mname = 1; mname <= 4; ++mname)
        for (size_t rname = 1; rname <= 4; ++rname) {
            const std::string apex = "example.com.";
            const SoaCase soa{apex, soa_label(mname) + apex, soa_label(rname) + apex, mname + 3, rname + 3, true, true};
            std::string zone = soa.zone();
            for (size_t name = 1; name <= 4; ++name)
                zone += std::string(name, 'a') + " CNAME " + std::string(name, 'b') + ".gone\n";
            BpfTest::serve(ImageBuilder().zone(zone).build());
            for (size_t name = 1; name <= 4; ++name)
                for (const std::string& below : {std::string(".wild."), std::string(".host."), std::string(".")})
                    for (const char letter : {'a', 'n'}) {
                        const std::string asked = std::string(name, letter) + below + apex;
                        SCOPED_TRACE(soa.mname + " " + soa.rname + " " + asked);
                        EXPECT_THAT(expect_answer(DnsQuery(asked, kTxt)).authority, ElementsAre(soa.text(apex)));
                        EXPECT_THAT(expect_answer(DnsQuery(asked, kTxt).with({})).authority,
                                    ElementsAre(soa.text(apex)));
                    }
        }
}

// SOAs are copied by blocks, of one size or another, that overlap.
TEST_F(NegativeSoaBpf, EveryLength) {
    const auto below = [](const std::string& apex, size_t octets) {
        if (octets == 0) return apex;
        return octets <= 64 ? soa_label(octets - 1) + apex : soa_label(30) + soa_label(octets - 32) + apex;
    };
    std::vector<SoaCase> cases;
    for (const bool pointed : {false, true})
        for (size_t octets = 0; octets < 96; ++octets) {
            if (octets == 1) continue;  // no label has one
            const std::string apex = fmt::format("z{}.example.", cases.size());
            cases.push_back(
                {apex, below(apex, octets), pointed ? apex : ".", octets + 2, pointed ? 2U : 1U, true, pointed});
        }
    constexpr size_t kZones = 5;  // at a time: others are leaving meanwhile
    for (size_t first = 0; first < cases.size(); first += kZones) {
        const std::vector<SoaCase> some(&cases[first], &cases[0] + std::min(first + kZones, cases.size()));
        ImageBuilder builder;
        for (const SoaCase& soa : some) builder.zone(soa.zone());
        BpfTest::serve(builder.build());
        for (const SoaCase& soa : some) {
            SCOPED_TRACE(soa.mname + " " + soa.rname);
            const DnsQuery query("host." + soa.origin, kTxt);
            EXPECT_EQ(expect_answer(query).size, query.bytes().size() + soa.size());
            EXPECT_THAT(expect_answer(DnsQuery(query).with({})).authority, ElementsAre(soa.text(soa.origin)));
        }
    }
}

// Behind a body of many names, which no test of a single alias reaches.
TEST_F(NegativeSoaBpf, BehindALongBody) {
    const SoaCase soa{"example.com.", "ns1.example.com.", "h.example.com.", 6, 4, true, true};
    const auto link = [](char letter) { return std::string(22, 'x') + letter; };
    for (const std::string end : {"gone", "host"})  // NXDOMAIN, NODATA
        for (const size_t odd : {0, 1}) {
            std::string zone = soa.zone() + "far CNAME " + link('a') + "\n*.far CNAME " + link('a') + "\n";
            for (char letter = 'a'; letter < 'k'; ++letter)
                zone += link(letter) + " CNAME " + link(static_cast<char>(letter + 1)) + "\n";
            // Its length decides where the SOA starts; below the wildcard, where owners are in full, the name asked
            // does.
            const std::string last = std::string(20 + odd, 'y');
            zone += link('k') + " CNAME " + last + "\n" + last + " CNAME " + end + "\n";
            BpfTest::serve(ImageBuilder().zone(zone).build());
            for (const char* name : {"far.example.com", "x.far.example.com", "xy.far.example.com"}) {
                SCOPED_TRACE(end + " " + std::to_string(odd) + " " + name);
                const DnsResponse response = expect_answer(DnsQuery(name, kTxt).with({}));
                EXPECT_THAT(response.answer, SizeIs(13));
                EXPECT_THAT(response.authority, ElementsAre(soa.text("example.com.")));
            }
        }
}

TEST_F(NegativeSoaBpf, FitsToTheByte) {
    const DnsQuery query("alias.example.com", kA);
    serve(soa_of_answer(512));
    EXPECT_EQ(expect_answer(query).size, 512U);
    serve(soa_of_answer(513));
    expect_pass(query, SL_REASON_SIZE);
}

}  // namespace
}  // namespace splitline::testing_support
