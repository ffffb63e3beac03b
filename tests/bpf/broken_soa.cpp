// SPDX-License-Identifier: GPL-3.0-or-later
// A zone's SOA record made unsound in the maps of a loaded program, or newer than the packet in work: a negative answer
// is left to the resolver, or wrong in nothing but the SOA.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "kernel/publisher.h"
#include "maps/name_table.h"
#include "support/packet_fixture.h"

namespace splitline::testing_support {
namespace {

/// The SOA record of the first zone, in its page of map "arena"; what is changed counts once it is written, and the
/// record is as before when the object is gone.
class BrokenSoaRecord {
  public:
    explicit BrokenSoaRecord(int program_fd) : arena_(program_fd, "arena"), page_(SL_PAGE_SIZE) {
        ZoneCell cell{};
        ProgramMap(program_fd, "zones").read(0, &cell);
        ref_ = cell.ref;
        arena_.read(sl_ref_page(ref_), page_.data());
        saved_ = page_;
    }
    ~BrokenSoaRecord() { arena_.write(sl_ref_page(ref_), saved_.data()); }
    BrokenSoaRecord(const BrokenSoaRecord&) = delete;
    BrokenSoaRecord& operator=(const BrokenSoaRecord&) = delete;

    [[nodiscard]] sl_zone_record& record() { return *reinterpret_cast<sl_zone_record*>(&page_[sl_ref_offset(ref_)]); }
    [[nodiscard]] sl_ref ref() const { return ref_; }
    void write() { arena_.write(sl_ref_page(ref_), page_.data()); }

  private:
    ProgramMap arena_;
    Bytes page_, saved_;
    sl_ref ref_ = 0;
};

class BrokenSoa : public BpfTest {
  protected:
    static void TearDownTestSuite() { bed_.reset(); }

    /// The record made unsound, and so judge() has no say.
    static Outcome run_with(BrokenSoaRecord& broken, const DnsQuery& query) {
        broken.write();
        return bed_->run(frame_of(query).bytes());
    }
    static void expect_left(BrokenSoaRecord& broken, sl_reason reason) {
        const Outcome outcome = run_with(broken, kNodata);
        EXPECT_EQ(verdict_name(outcome.verdict), "XDP_PASS");
        EXPECT_STREQ(label(outcome.reason), reason_label(reason));
    }

    static inline const DnsQuery kNodata{"a.example.com", kTxt};
};

TEST_F(BrokenSoa, Lengths) {
    expect_answer(kNodata);
    for (const int length : {0, SL_SOA_MIN - 1, SL_SOA_MAX + 1, UINT16_MAX}) {
        SCOPED_TRACE(length);
        BrokenSoaRecord broken(bed_->program_fd());
        broken.record().length = static_cast<uint16_t>(length);
        expect_left(broken, SL_REASON_BUG);
    }
}

// Wherever a pointer is said to be, nothing in front of the SOA is touched, nothing behind it and nothing behind the
// packet: but for the pointer's sound place and the place said, less what no offset has, the reply is the sound one.
TEST_F(BrokenSoa, Pointers) {
    for (const DnsQuery& query : {kNodata, DnsQuery(kNodata).with({})}) {
        const Bytes sound = bed_->run(frame_of(query).bytes()).bytes;
        const size_t message = frame_of(query).payload_offset(), soa = message + 12 + query.name.size() + 4;
        const size_t length = BrokenSoaRecord(bed_->program_fd()).record().length, end = sound.size() - soa;
        for (const size_t said : {size_t{1}, length - 2, length - 1, length, end - 2, end - 1, end, size_t{0x3fe},
                                  size_t{0x3ff}, size_t{0x401}, size_t{0x7fff}, size_t{0xfffe}, size_t{0xffff}})
            for (const int which : {0, 1}) {
                SCOPED_TRACE(std::to_string(which) + " at " + std::to_string(said) + " of " + std::to_string(length));
                BrokenSoaRecord broken(bed_->program_fd());
                const size_t place = std::exchange(broken.record().pointers[which], static_cast<uint16_t>(said));
                ASSERT_NE(place, 0U);
                Outcome outcome = run_with(broken, query);
                EXPECT_EQ(verdict_name(outcome.verdict), "XDP_TX");
                ASSERT_EQ(outcome.bytes.size(), sound.size());
                std::vector<size_t> free = {message - 2, message - 1, soa + place, soa + place + 1};  // UDP checksum
                for (const size_t at : {said & 0x3ff, (said & 0x3ff) + 1})
                    if (at < length) free.push_back(soa + at);
                for (const size_t at : free) outcome.bytes[at] = sound[at];
                EXPECT_EQ(hex(outcome.bytes), hex(sound));
            }
    }
}

TEST_F(BrokenSoa, NewerThanThePacket) {
    for (const bool older : {true, false}) {
        BrokenSoaRecord broken(bed_->program_fd());
        broken.record().begin = ~uint64_t{0};
        broken.record().prev = older ? broken.ref() : 0;  // versions without end; or a zone that was not there
        expect_left(broken, older ? SL_REASON_CHANGING : SL_REASON_BUG);
    }
}

}  // namespace
}  // namespace splitline::testing_support
