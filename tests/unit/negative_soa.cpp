// SPDX-License-Identifier: GPL-3.0-or-later
// The SOA of negative answers: what of it is compressed, and that libknot reads from it what the zone file says.
#include "compile/negative_soa.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "compile/message_writer.h"
#include "compile/name_record.h"
#include "support/respond_fixture.h"
#include "support/soa_cases.h"

namespace splitline {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::SizeIs;

class NegativeSoaTest : public RespondTest {
  protected:
    const ZoneImage& serve(const SoaCase& soa) {
        image_ = ImageBuilder().zone(soa.zone()).build();
        return *image_->zones[0].image;
    }
};

std::string folded(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

TEST_F(NegativeSoaTest, IsReadAsTheZoneHasIt) {
    for (const SoaCase& soa : soa_cases()) {
        SCOPED_TRACE(soa.mname + " " + soa.rname);
        serve(soa);
        const std::string apex = folded(soa.origin);
        for (const auto& [name, type] : soa_questions()) {
            SCOPED_TRACE(name + " " + std::to_string(type));
            const std::string asked = name + (apex == "." && !name.empty() ? "" : apex);
            const DnsResponse response = ask(DnsQuery(asked, type).with({}));
            EXPECT_THAT(response.authority, ElementsAre(soa.text(apex)));
        }
    }
}

TEST_F(NegativeSoaTest, EndsWhatADnameLeadsTo) {
    const SoaCase soa{"example.com.", "ns1.example.com.", "h.example.com.", 6, 4, true, true};
    image_ = ImageBuilder().zone(soa.zone() + "dn DNAME host\nlong-dname DNAME alias\n").build();
    for (const char* name : {"x.dn.example.com", "xy.dn.example.com", "a.bc.long-dname.example.com"}) {
        SCOPED_TRACE(name);
        const DnsResponse response = ask(DnsQuery(name, kA));
        EXPECT_EQ(response.rcode, 3U);
        EXPECT_THAT(response.answer, SizeIs(2));
        EXPECT_THAT(response.authority, ElementsAre(soa.text("example.com.")));
    }
}

// RFC 2308 section 5.
TEST_F(NegativeSoaTest, LivesAsLongAsTheLesserOfTtlAndMinimum) {
    for (const unsigned ttl : {0U, 20U, 30U, 31U}) {
        const std::string text = std::to_string(ttl);
        image_ = ImageBuilder()
                     .zone("$ORIGIN example.com.\n@ " + text + " SOA a b 1 2 3 4 30\n@ 60 NS a\na 60 A 192.0.2.1")
                     .build();
        EXPECT_THAT(ask(DnsQuery("gone.example.com", kA)).authority,
                    ElementsAre("example.com. " + std::to_string(std::min(ttl, 30U)) +
                                " IN SOA a.example.com. b.example.com. 1 2 3 4 30"));
    }
}

// RFC 4035 section 3.1.4.1: the DS of an apex is the parent's to deny.
TEST_F(NegativeSoaTest, IsTheParentsForTheDsOfANestedApex) {
    const SoaCase parent{"example.com.", "ns1.example.com.", "h.example.com.", 6, 4, true, true};
    const SoaCase nested{"sub.example.com.", "ns1.example.com.", "h.sub.example.com.", 17, 4, false, true};
    image_ = ImageBuilder().zone(parent.zone() + "sub NS ns.example.org.\n").zone(nested.zone()).build();
    EXPECT_THAT(ask(DnsQuery("sub.example.com", kDs)).authority, ElementsAre(parent.text("example.com.")));
    EXPECT_THAT(ask(DnsQuery("sub.example.com", kTxt)).authority, ElementsAre(nested.text("sub.example.com.")));
}

TEST_F(NegativeSoaTest, PointersStandWhereNamesInTheZoneEnd) {
    for (const SoaCase& soa : soa_cases()) {
        SCOPED_TRACE(soa.mname + " " + soa.rname);
        const NegativeSoa& made = serve(soa).negative_soa();
        const size_t mname_end = 12 + soa.mname_size, rname_end = mname_end + soa.rname_size;
        EXPECT_EQ(made.bytes().size(), soa.size());
        EXPECT_THAT(made.pointers(),
                    ElementsAre(0, soa.mname_pointed ? mname_end - 2 : 0, soa.rname_pointed ? rname_end - 2 : 0));
        for (const size_t at : made.pointers()) {
            EXPECT_EQ(made.bytes()[at], 0);
            EXPECT_EQ(made.bytes()[at + 1], 0);
        }
    }
}

// What the fast path sends: the stored bytes, the pointers written, and a sum put together from the parts.
TEST_F(NegativeSoaTest, TheFastPathsRecordHoldsTheSame) {
    constexpr uint16_t kPosition = 12 + 5;
    std::set<size_t> lengths;
    for (const SoaCase& soa : soa_cases()) {
        SCOPED_TRACE(soa.mname + " " + soa.rname);
        const std::vector<uint8_t> record = encode_zone_record(serve(soa));
        const auto& header = *reinterpret_cast<const sl_zone_record*>(record.data());
        ASSERT_EQ(header.length, soa.size());
        ASSERT_EQ(record.size(), size_t{header.size} * SL_UNIT);
        lengths.insert(header.length);
        const auto start = record.begin() + sizeof header;
        std::vector<uint8_t> sent(start, start + header.length);
        EXPECT_EQ(header.sum, wire_sum(sent.data(), sent.size(), false));
        for (const size_t at : {0, int{header.pointers[0]}, int{header.pointers[1]}}) {
            sent[at] = 0xc0;
            sent[at + 1] = kPosition;
        }
        Answer answer;
        MessageWriter(answer, 1 + 4).negative_soa(kPosition, image_->zones[0].image->negative_soa());
        EXPECT_EQ(hex(sent), hex(answer.body));
        const uint64_t sum = header.sum + uint64_t{htons(0xc000 | kPosition)} * header.weight;
        EXPECT_EQ(sum % 0xffff, wire_sum(sent.data(), sent.size(), false) % 0xffff);
    }
    EXPECT_EQ(*lengths.begin(), SL_SOA_MIN);
    EXPECT_EQ(*lengths.rbegin(), SL_SOA_MAX);
}

}  // namespace
}  // namespace splitline
