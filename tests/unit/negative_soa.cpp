// SPDX-License-Identifier: GPL-3.0-or-later
// The SOA of negative answers: what of it is compressed, and that libknot reads from it what the zone file says.
#include "compile/negative_soa.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>

#include "compile/message_writer.h"
#include "compile/name_record.h"
#include "support/respond_fixture.h"
#include "support/soa_cases.h"

namespace splitline {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;

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
    for (const SoaCase& soa : soa_cases()) {
        SCOPED_TRACE(soa.mname + " " + soa.rname);
        const std::vector<uint8_t> record = encode_zone_record(serve(soa));
        const auto& header = *reinterpret_cast<const sl_zone_record*>(record.data());
        ASSERT_EQ(header.length, soa.size());
        ASSERT_EQ(record.size(), size_t{header.size} * SL_UNIT);
        EXPECT_GE(header.length, SL_SOA_MIN);
        EXPECT_LE(header.length, SL_SOA_MAX);
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
}

}  // namespace
}  // namespace splitline
