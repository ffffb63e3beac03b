// SPDX-License-Identifier: GPL-3.0-or-later
// The question and the header flags: names of every size, any letter case, near misses, flags copied and flags cleared.
#include <algorithm>
#include <cctype>
#include <cstring>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "support/broken_record.h"
#include "support/packet_fixture.h"

namespace splitline::testing_support {
namespace {

class Questions : public BpfTest {};

TEST_F(Questions, NamesOfEverySize) {
    serve(every_size_image());
    for (size_t size = 1; size <= 255; ++size) {
        if (size == 2) continue;  // no name has two bytes
        SCOPED_TRACE(std::to_string(size) + " bytes");
        const DnsQuery query(name_of_size(size), kA);
        ASSERT_EQ(query.name.size(), size);
        EXPECT_EQ(expect_answer(query).answer.size(), 1U);
        EXPECT_EQ(expect_answer(DnsQuery(query).with({})).answer.size(), 1U);
    }
    bed_.reset();
}

TEST_F(Questions, NamesOneByteOff) {
    serve(every_size_image());
    for (size_t size = 3; size <= 255; size += 7) {
        DnsQuery query(name_of_size(size), kA);
        for (size_t at = 1; at + 1 < size; at += 5) {
            SCOPED_TRACE(std::to_string(size) + " bytes, byte " + std::to_string(at));
            const uint8_t saved = query.name[at];
            if (saved < 'a') continue;
            query.name[at] = '-';
            expect_denied(query);
            query.name[at] = saved;
        }
    }
    bed_.reset();
}

// Bytes that differ from a stored name only by the case bit, but are no letters, are other names.
TEST_F(Questions, OnlyLettersAreFolded) {
    serve(ImageBuilder()
              .zone("$ORIGIN example.com.\n@ 60 SOA ns h 1 1 1 1 30\n@ 60 NS ns\nns 60 A 192.0.2.1\n"
                    "\\@\\[\\`\\{ 60 A 192.0.2.2\nabcdefghijklmnopqrstuvwxyz 60 A 192.0.2.3\n"
                    "\\192\\218\\224\\250 60 A 192.0.2.4\n")
              .build());
    EXPECT_EQ(expect_answer(DnsQuery("ABCDEFGHIJKLMNOPQRSTUVWXYZ.EXAMPLE.com", kA)).answer.size(), 1U);
    DnsQuery query("\\@\\[\\`\\{.example.com", kA);
    expect_answer(query);
    for (const size_t at : {1, 2, 3, 4}) {
        DnsQuery other = query;
        other.name[at] ^= 0x20;
        expect_denied(other);
    }
    query = DnsQuery("\\192\\218\\224\\250.example.com", kA);
    expect_answer(query);
    for (const size_t at : {1, 2, 3, 4}) {
        DnsQuery other = query;
        other.name[at] ^= 0x20;
        expect_denied(other);
    }
    bed_.reset();
}

TEST_F(Questions, CaseIsEchoedAsReceived) {
    std::mt19937 random(20);
    for (int round = 0; round < 200; ++round) {
        DnsQuery query(round % 2 == 0 ? "to-mixed.example.com" : "deep.ent.empty.example.com",
                       round % 3 == 0 ? kAaaa : kA);
        for (uint8_t& byte : query.name)
            if (std::isalpha(byte) != 0 && random() % 2 == 0) byte ^= 0x20;
        const DnsResponse response = expect_answer(query);
        ASSERT_EQ(Bytes(response.question.begin(), response.question.end() - 4), query.name);
    }
}

// A zero byte inside a label ends the name for the hash; the bytes behind must not be taken for the type.
TEST_F(Questions, ZeroInsideALabel) {
    DnsQuery query("a.example.com", kA);
    query.name = {3, 'a', 0, 'b', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 3, 'c', 'o', 'm', 0};
    const Outcome outcome = run(frame_of(query).bytes());
    EXPECT_EQ(verdict_name(outcome.verdict), "XDP_PASS");
    query.name = {1, 'a', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 4, 'c', 'o', 'm', 0, 0};
    EXPECT_EQ(verdict_name(run(frame_of(query).bytes()).verdict), "XDP_PASS");
    // The stored name's bytes cannot be forged by other label lengths: this is a name below com, in no zone.
    query.name = {9, 'a', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 3, 'c', 'o', 'm', 0};
    expect_denied(query, SL_REASON_REFUSED);
}

TEST_F(Questions, CompressionPointerPasses) {
    DnsQuery query;
    query.name = {1, 'a', 0xc0, 12};
    EXPECT_EQ(verdict_name(run(frame_of(query).bytes()).verdict), "XDP_PASS");
    query.name = {0xc0, 12, 0};
    EXPECT_EQ(verdict_name(run(frame_of(query).bytes()).verdict), "XDP_PASS");
    query.name = {64, 'a', 0};
    EXPECT_EQ(verdict_name(run(frame_of(query).bytes()).verdict), "XDP_PASS");
}

// A slot's tag only filters: where strangers share it, each slot that has it is tried.
TEST_F(Questions, SlotsOfOneTagAreAllTried) {
    serve(example_image());
    const Bytes cells = read_shared_maps(bed_->program_fd()).at("buckets");
    ProgramMap buckets(bed_->program_fd(), "buckets");
    sl_ref stranger = 0;
    size_t crowded = 0;
    for (uint32_t index = 0; index < cells.size() / sizeof(sl_bucket); ++index) {
        sl_bucket bucket;
        std::memcpy(&bucket, cells.data() + index * sizeof bucket, sizeof bucket);
        if (bucket.slot[0] == 0 || bucket.slot[SL_BUCKET_SLOTS - 1] != 0) continue;
        const __u64 own = bucket.slot[0];
        if (stranger != 0) {
            for (__u64& slot : bucket.slot)
                if (slot == own || slot == 0) slot = (own >> 32 << 32) | stranger;
            bucket.slot[SL_BUCKET_SLOTS - 1] = own;
            buckets.write(index, &bucket);
            ++crowded;
        }
        stranger = static_cast<sl_ref>(own);
    }
    EXPECT_GE(crowded, 10U);
    for (const char* name : {"ns1", "mail", "a", "both", "multi", "any", "deep.ent.empty", "split", "only-a"})
        EXPECT_GE(expect_answer(DnsQuery(std::string(name) + ".example.com", kA)).answer.size(), 1U) << name;
    expect_denied(DnsQuery("b.example.com", kA));
    bed_.reset();
}

// A stranger of the tag in the first bucket, the name itself in the second: what was opened of the stranger is
// forgotten.
TEST_F(Questions, AStrangerBeforeTheSecondBucket) {
    serve(example_image());
    const Bytes cells = read_shared_maps(bed_->program_fd()).at("buckets");
    ProgramMap map(bed_->program_fd(), "buckets");
    std::vector<sl_bucket> buckets(cells.size() / sizeof(sl_bucket));
    std::memcpy(buckets.data(), cells.data(), cells.size());
    const auto mask = static_cast<uint32_t>(buckets.size() - 1);
    const std::vector<sl_bucket> before = buckets;
    sl_ref stranger = 0;
    size_t moved = 0;
    for (uint32_t index = 0; index <= mask; ++index)
        for (size_t slot = 0; slot < SL_BUCKET_SLOTS; ++slot) {
            const __u64 own = before[index].slot[slot];
            if (own == 0) continue;
            sl_bucket& second = buckets[sl_second_bucket((own >> 32 << 32) | index, mask)];
            __u64* free = std::find(std::begin(second.slot), std::end(second.slot), 0);
            if (stranger != 0 && free != std::end(second.slot)) {
                *free = own;
                buckets[index].slot[slot] = (own >> 32 << 32) | stranger;
                ++buckets[index].spilled;
                ++moved;
            }
            stranger = static_cast<sl_ref>(own);
        }
    for (uint32_t index = 0; index <= mask; ++index) map.write(index, &buckets[index]);
    EXPECT_GE(moved, 30U);
    for (const char* name : {"ns1", "mail", "a", "both", "multi", "any", "deep.ent.empty", "split", "only-a"})
        EXPECT_GE(expect_answer(DnsQuery(std::string(name) + ".example.com", kA)).answer.size(), 1U) << name;
    bed_.reset();
}

// A record whose name differs in any one byte is another name's (DESIGN 5), whichever word of it that is in.
TEST_F(Questions, EveryByteOfAStoredNameCounts) {
    std::string zone = "$ORIGIN example.com.\n@ 60 SOA ns host 1 1 1 1 30\n@ 60 NS ns\nns 60 A 192.0.2.1\n";
    std::vector<std::string> hosts;
    for (const size_t size : {1, 2, 3, 9, 10, 11, 50, 51}) hosts.emplace_back(size, static_cast<char>('a' + size % 26));
    for (const std::string& host : hosts) zone += host + " 60 A 192.0.2.2\n";
    serve(ImageBuilder().zone(zone).build());
    for (const std::string& host : hosts) {
        const DnsQuery query(host + ".example.com", kA);
        for (size_t at = 0; at < query.name.size(); ++at) {
            BrokenRecord broken(bed_->program_fd(), query.name);
            broken.name_byte(at) ^= 1;
            broken.write();
            const Outcome outcome = bed_->run(frame_of(query).bytes());
            EXPECT_STREQ(label(outcome.reason), reason_label(SL_REASON_NXDOMAIN)) << host << ", byte " << at;
        }
        expect_answer(query);
    }
    bed_.reset();
}

TEST_F(Questions, FlagsCopiedAndCleared) {
    for (unsigned bits = 0; bits < 256; ++bits) {
        // AA, RD, RA, Z, AD, CD and the rcode's low bits in every mix; RD and CD come back, nothing else does.
        const auto flags = static_cast<uint16_t>((bits & 0x80 ? kFlagAa : 0) | (bits & 0x40 ? kFlagRd : 0) |
                                                 (bits & 0x20 ? kFlagRa : 0) | (bits & 0x10 ? kFlagZ : 0) |
                                                 (bits & 8 ? kFlagAd : 0) | (bits & 4 ? kFlagCd : 0) | (bits & 3));
        SCOPED_TRACE("flags " + std::to_string(flags));
        const DnsResponse response = expect_answer(DnsQuery("a.example.com", kA).with_flags(flags));
        EXPECT_EQ(response.flags, kFlagQr | kFlagAa | (flags & (kFlagRd | kFlagCd)));
        EXPECT_EQ(response.rcode, 0U);
    }
}

TEST_F(Questions, EveryMessageIdIsEchoed) {
    for (const uint16_t id : {0x0000, 0x0001, 0x00ff, 0x0100, 0xffff, 0x8000, 0x7fff}) {
        DnsQuery query("a.example.com", kA);
        query.id = id;
        EXPECT_EQ(expect_answer(query).id, id);
    }
}

// Every type number: those that have no records get NODATA, meta types go to the resolver.
TEST_F(Questions, EveryType) {
    for (unsigned type = 0; type < 65536; type += type < 300 ? 1 : 257) {
        SCOPED_TRACE("type " + std::to_string(type));
        const DnsQuery query("any.example.com", static_cast<uint16_t>(type));
        if (type == 0 || type == kOpt || (type >= 128 && type <= 255))
            expect_pass(query, SL_REASON_QTYPE);
        else
            EXPECT_EQ(expect_answer(query).answer.size(), type == kA || type == kTxt ? 1U : 0U);
    }
}

}  // namespace
}  // namespace splitline::testing_support
