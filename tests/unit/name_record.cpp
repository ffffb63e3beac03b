// SPDX-License-Identifier: GPL-3.0-or-later
// Records of the name table against the answers they were made from: every name, class and type of an image with
// chains.
#include "compile/name_record.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "support/image_builder.h"
#include "support/packet_image.h"

namespace splitline {
namespace {

using testing_support::ImageBuilder;

constexpr uint16_t kA = 1, kNs = 2, kCname = 5, kSoa = 6, kMx = 15, kTxt = 16, kAaaa = 28, kDs = 43, kHttps = 65,
                   kAbsent = 65400;

/// The answer a record gives for (variant, type): what the program's find_answer() does.
struct Found {
    sl_answer answer{};
    size_t bytes = 0;  // where they are in the record
    uint16_t line = 0;
};

Found entry_of(const std::vector<uint8_t>& record, uint16_t variant, uint16_t type) {
    const auto& header = *reinterpret_cast<const sl_name_record*>(record.data());
    EXPECT_LT(variant, header.variant_count);
    uint16_t list = 0;
    std::memcpy(&list, record.data() + sizeof header + 2 * variant, sizeof list);
    Found found;
    std::memcpy(&found.line, record.data() + list, sizeof found.line);
    for (size_t i = 0; i < SL_ANSWERS_MAX; ++i) {
        sl_answer_entry entry{};
        const uint8_t* at = record.data() + list + sizeof(sl_answer_list) + i * sizeof entry;
        std::memcpy(&entry.type, at, sizeof entry.type);
        if (entry.type == SL_TYPE_NO_DATA) {
            found.answer.flags = SL_ANSWER_SOA;
            if (header.profile != kUntailored) found.answer.flags |= SL_ANSWER_TAILORED;
            return found;
        }
        std::memcpy(&entry, at, sizeof entry);
        if (entry.type != htons(type) && entry.type != SL_TYPE_OTHER) continue;
        std::memcpy(&found.answer, record.data() + entry.answer, sizeof found.answer);
        found.bytes = entry.answer + sizeof found.answer;
        return found;
    }
    ADD_FAILURE() << "a list without an end";
    return found;
}

/// The body the program would send: the stored bytes, and the zone's SOA where the answer says so.
std::vector<uint8_t> body_of(const std::vector<uint8_t>& record, const Found& found, const ZoneImage& zone) {
    const auto& header = *reinterpret_cast<const sl_name_record*>(record.data());
    const auto start = record.begin() + static_cast<ptrdiff_t>(found.bytes);
    std::vector<uint8_t> body(start, start + found.answer.length);
    if ((found.answer.flags & SL_ANSWER_SOA) == 0) return body;
    const std::vector<uint8_t> soa = encode_zone_record(zone);
    const auto& zone_header = *reinterpret_cast<const sl_zone_record*>(soa.data());
    const size_t at = body.size();
    body.insert(body.end(), soa.begin() + sizeof zone_header, soa.begin() + sizeof zone_header + zone_header.length);
    const uint16_t apex = htons(static_cast<uint16_t>(0xc000U | (12U + header.apex_offset)));
    for (const size_t pointer : {uint16_t{0}, zone_header.pointers[0], zone_header.pointers[1]})
        std::memcpy(&body[at + pointer], &apex, sizeof apex);
    return body;
}

void expect_records_agree(const Image& image) {
    size_t answers = 0;
    NameRecordEncoder encoder(image);
    for (const ZoneSource& zone : image.zones) {
        for (const Node& node : zone.image->nodes()) {
            if (!in_name_table(node)) continue;
            const DnameView name = zone.image->name(node);
            const std::vector<uint8_t> record = encoder.encode(zone, node);
            ASSERT_EQ(record.size() % SL_UNIT, 0U);
            const ProfileId profile = image.profiles->number_of(profile_key(*zone.image, node));
            for (ClassId class_id = 0; class_id < image.classes->chains.size(); ++class_id) {
                for (const uint16_t type : {kA, kNs, kCname, kSoa, kMx, kTxt, kAaaa, kHttps, kAbsent}) {
                    SCOPED_TRACE(dname_to_text(name) + " type " + std::to_string(type) + " class " +
                                 std::to_string(class_id));
                    const Found entry = entry_of(record, image.profiles->variant(profile, class_id), type);
                    Answer answer;
                    answer_query(image, name, type, class_id, answer);
                    if ((entry.answer.flags & SL_ANSWER_PASS) != 0) {
                        EXPECT_NE(classify_answer(answer, name.size()).flags & SL_ANSWER_PASS, 0);
                        continue;
                    }
                    ++answers;
                    EXPECT_EQ(body_of(record, entry, *zone.image), answer.body);
                    EXPECT_EQ(entry.answer.count, answer.answer_count);
                    EXPECT_EQ((entry.answer.flags & SL_ANSWER_NXDOMAIN) != 0 ? 3 : 0, answer.rcode);
                    EXPECT_EQ(entry.line, answer.line);
                    EXPECT_EQ((entry.answer.flags & SL_ANSWER_TAILORED) != 0, answer.tailored);
                }
            }
        }
    }
    EXPECT_GT(answers, 100U);
}

const char* const kHead =
    "$ORIGIN example.com.\n$TTL 60\n@ SOA ns1.example.net. h.example.net. 1 14400 3600 1209600 300\n"
    "@ NS ns1.example.net.\n@ NS ns2.example.net.\n";

TEST(NameRecord, EveryAnswerOfTheExampleImage) {
    expect_records_agree(*testing_support::example_image());
}

// Heads and targets that choose by different lines: the variant is a tuple of choices, not the first line of a union.
TEST(NameRecord, ChainsWhoseNamesDifferInLines) {
    const auto image =
        ImageBuilder()
            .line("telecom", {"1.0.0.0/16", "3.0.0.0/16"})
            .line("internal", {"1.0.0.0/16", "2.0.0.0/16"})
            .line("oversea", {"3.0.0.0/16", "4.0.0.0/16"})
            .zone(std::string(kHead) +
                  "head CNAME middle\nplain CNAME middle\nmiddle CNAME tail\ntail A 192.0.2.1\nalias CNAME *.wild\n"
                  "to-wild CNAME anything.wild\n*.wild A 192.0.2.7\ndangling CNAME nothing\nlost CNAME x.cut\n"
                  "cut NS ns1.example.net.\n"
                  "$LINE internal\nhead CNAME other\nother AAAA 2001:db8::1\n*.wild A 192.0.2.8\n"
                  "$LINE telecom\nmiddle A 192.0.2.2\nother TXT \"telecom\"\n"
                  "$LINE oversea\ntail AAAA 2001:db8::2\nhead A 192.0.2.3\n$LINE default\nother A 192.0.2.9\n")
            .build();
    EXPECT_GE(image->classes->chains.size(), 5U);
    expect_records_agree(*image);
}

TEST(NameRecord, AChainBehindADnameIsLeftToTheResolver) {
    const auto image = ImageBuilder()
                           .line("internal", {"2.0.0.0/16"})
                           .zone(std::string(kHead) +
                                 "head CNAME x.redirect\nredirect DNAME real\nx.real A 192.0.2.1\n"
                                 "$LINE internal\nx.real A 192.0.2.2\n")
                           .build();
    const ZoneSource& zone = image->zones[0];
    NameRecordEncoder encoder(*image);
    const auto record = encoder.encode(zone, *zone.image->find(*dname_from_text("head.example.com.")));
    EXPECT_NE(entry_of(record, 0, kA).answer.flags & SL_ANSWER_PASS, 0);
    EXPECT_EQ(entry_of(record, 0, kCname).answer.flags & SL_ANSWER_PASS, 0) << "the CNAME itself is not";
}

TEST(NameRecord, TheDsOfAnApexIsTheParentsBusiness) {
    const auto image = testing_support::example_image();
    const ZoneSource& zone = image->zones[0];
    NameRecordEncoder encoder(*image);
    const auto record = encoder.encode(zone, zone.image->apex_node());
    EXPECT_NE(entry_of(record, 0, kDs).answer.flags & SL_ANSWER_PASS, 0);
}

TEST(NameRecord, ANameTooLargeForARecordLeavesAllToTheResolver) {
    std::string text = kHead;
    for (int i = 0; i < 290; ++i) text += "big TXT \"" + std::string(200, 'x') + std::to_string(i) + "\"\n";
    for (int type = 0; type < 80; ++type) text += "many TYPE" + std::to_string(65300 + type) + " \\# 1 00\n";
    const auto image = ImageBuilder().zone(text).build();
    const ZoneSource& zone = image->zones[0];
    NameRecordEncoder encoder(*image);
    auto record = encoder.encode(zone, *zone.image->find(*dname_from_text("big.example.com.")));
    EXPECT_FALSE(encoder.unfit()) << "an answer that is too large is passed, the name's other types are not";
    EXPECT_NE(entry_of(record, 0, kTxt).answer.flags & SL_ANSWER_PASS, 0);
    EXPECT_EQ(entry_of(record, 0, kA).answer.flags & SL_ANSWER_PASS, 0);
    record = encoder.encode(zone, *zone.image->find(*dname_from_text("many.example.com.")));
    EXPECT_TRUE(encoder.unfit());
    EXPECT_NE(entry_of(record, 0, kA).answer.flags & SL_ANSWER_PASS, 0);
}

// RFC 1071 section 2: the sum of two halves, the second at an odd place, is the sum of the whole.
TEST(NameRecord, SumsOfPartsAddUp) {
    std::mt19937 random(1071);
    for (int round = 0; round < 1000; ++round) {
        std::vector<uint8_t> bytes(1 + random() % 300);
        for (auto& byte : bytes) byte = static_cast<uint8_t>(random());
        const size_t cut = random() % bytes.size();
        uint32_t sum = wire_sum(bytes.data(), cut, false) +
                       uint32_t{wire_sum(bytes.data() + cut, bytes.size() - cut, cut % 2 != 0)};
        sum = (sum & 0xffff) + (sum >> 16);
        uint32_t whole = 0;  // word by word, as the RFC has it
        for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
            uint16_t word = 0;
            std::memcpy(&word, bytes.data() + i, 2);
            whole += word;
        }
        if (bytes.size() % 2 != 0) whole += htons(static_cast<uint16_t>(bytes.back() << 8));
        while (whole >> 16 != 0) whole = (whole & 0xffff) + (whole >> 16);
        EXPECT_EQ(sum % 0xffff, whole % 0xffff);
    }
}

}  // namespace
}  // namespace splitline
