// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/bucket_table.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <string>
#include <vector>

namespace splitline {
namespace {

constexpr uint64_t kSeed = 42;

/// A table over plain memory, and records that are nothing but a name.
class Bed {
  public:
    explicit Bed(uint32_t buckets) : buckets_(map(buckets)), arena_(SL_UNIT) {}

    /// A record for host number i. All are made before the table is used: it keeps a pointer to the arena.
    void make_records(int count) {
        for (int i = 0; i < count; ++i) {
            sl_name_record record{};
            const Dname name = name_of(i);
            record.name_length = static_cast<uint8_t>(name.size());
            refs_.push_back(static_cast<sl_ref>(arena_.size() / SL_UNIT));
            const size_t at = arena_.size();
            arena_.resize((at + sizeof record + name.size() + SL_UNIT - 1) / SL_UNIT * SL_UNIT);
            std::memcpy(arena_.data() + at, &record, sizeof record);
            std::memcpy(arena_.data() + at + sizeof record, name.data(), name.size());
        }
        table_.emplace(buckets_, arena_.data(), kSeed);
    }

    static Dname name_of(int i) { return *dname_from_text("host" + std::to_string(i) + ".example.com."); }

    bool insert(int i) {
        const auto slot = table_->place(table_->hash(name_of(i)));
        if (slot) table_->set(*slot, refs_[static_cast<size_t>(i)]);
        return slot.has_value();
    }
    [[nodiscard]] bool holds(int i) const {
        const auto slot = table_->find(name_of(i));
        return slot && table_->get(*slot) == refs_[static_cast<size_t>(i)];
    }
    void clear(int i) { table_->clear(*table_->find(name_of(i))); }

    /// Whether every `spilled` counts exactly the names that are in their second bucket.
    [[nodiscard]] bool spilled_is_right(int count) const {
        std::vector<uint32_t> spilled(buckets_.size(), 0);
        for (int i = 0; i < count; ++i)
            if (const auto slot = table_->find(name_of(i)); slot && slot->spilled) ++spilled[slot->first_bucket];
        for (size_t bucket = 0; bucket < buckets_.size(); ++bucket)
            if (buckets_[bucket].spilled != spilled[bucket]) return false;
        return true;
    }
    [[nodiscard]] bool is_zero() const {
        const std::string zero(buckets_.size() * sizeof(sl_bucket), '\0');
        return std::memcmp(buckets_.data(), zero.data(), zero.size()) == 0;
    }

  private:
    static MappedArray<sl_bucket> map(uint32_t count) {
        const int fd = ::memfd_create("buckets", MFD_CLOEXEC);
        EXPECT_EQ(::ftruncate(fd, static_cast<off_t>(count * sizeof(sl_bucket))), 0);
        MappedArray<sl_bucket> array(fd, count);
        ::close(fd);
        return array;
    }

    MappedArray<sl_bucket> buckets_;
    std::vector<uint8_t> arena_;
    std::vector<sl_ref> refs_;
    std::optional<BucketTable> table_;
};

// Bucket counts are chosen for at most two thirds full (bucket_count()); the table must take clearly more than that.
TEST(BucketTable, TakesMoreThanItsPlannedLoad) {
    Bed bed(1024);
    const int planned = 1024 * SL_BUCKET_SLOTS * 2 / 3;
    const int count = planned * 5 / 4;
    bed.make_records(count);
    for (int i = 0; i < count; ++i) ASSERT_TRUE(bed.insert(i)) << i << " of " << count << ", planned " << planned;
    for (int i = 0; i < count; ++i) ASSERT_TRUE(bed.holds(i)) << i;
    EXPECT_TRUE(bed.spilled_is_right(count));
    for (int i = 0; i < count; ++i) bed.clear(i);
    EXPECT_TRUE(bed.is_zero());
}

TEST(BucketTable, RefusesWhenNothingCanMove) {
    Bed bed(2);
    const int slots = 2 * SL_BUCKET_SLOTS;
    bed.make_records(slots + 1);
    for (int i = 0; i < slots; ++i) ASSERT_TRUE(bed.insert(i)) << i;
    EXPECT_FALSE(bed.insert(slots));
    for (int i = 0; i < slots; ++i) EXPECT_TRUE(bed.holds(i)) << "and loses none for it: " << i;
}

TEST(BucketTable, TheSecondBucketIsNeverTheFirst) {
    for (uint64_t hash = 1; hash < 100000; hash += 7)
        for (const uint32_t mask : {1U, 7U, 1023U})
            ASSERT_NE(sl_first_bucket(hash * 0x9e3779b97f4a7c15ULL, mask),
                      sl_second_bucket(hash * 0x9e3779b97f4a7c15ULL, mask));
}

// maps/name_table.h's folding, against the plain definition.
TEST(NameTable, FoldsExactlyAsciiUpperCase) {
    for (unsigned byte = 0; byte < 256; ++byte) {
        const bool upper = byte >= 'A' && byte <= 'Z';
        for (unsigned shift = 0; shift < 64; shift += 8) {
            const uint64_t neighbours = 0x5a415a415a415a41ULL;  // letters all round: no carry may cross
            const uint64_t word = (neighbours & ~(uint64_t{0xff} << shift)) | uint64_t{byte} << shift;
            EXPECT_EQ(sl_fold_word(word) >> shift & 0xff, upper ? byte | 0x20 : byte);
        }
    }
}

TEST(NameTable, FoldsNamesOfAnyLengthAndNothingBehind) {
    for (size_t size = 0; size <= 255; ++size) {
        std::string name, folded;
        for (size_t i = 0; i < 270; ++i) {
            const auto byte = static_cast<unsigned char>('A' - 3 + (i * 7 + size) % 32);
            name += static_cast<char>(byte);
            folded += static_cast<char>(i < size && byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte);
        }
        dname_fold(reinterpret_cast<uint8_t*>(name.data()), size);
        EXPECT_EQ(name, folded) << size;
    }
}

TEST(NameTable, FindsTheFirstZeroByte) {
    for (unsigned first = 0; first < 8; ++first)
        for (unsigned fill : {0x01U, 0x7fU, 0x80U, 0xffU}) {
            uint64_t word = fill * 0x0101010101010101ULL;
            word &= ~(uint64_t{0xff} << (8 * first));
            if (first < 7) word &= ~(uint64_t{0xff} << 56);  // a second zero behind changes nothing
            EXPECT_EQ(sl_first_mark(sl_zero_bytes(word)), uint64_t{0x80} << (8 * first));
        }
    EXPECT_EQ(sl_zero_bytes(0x0101010101010101ULL), 0U);
}

}  // namespace
}  // namespace splitline
