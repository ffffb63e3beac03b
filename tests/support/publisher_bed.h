// SPDX-License-Identifier: GPL-3.0-or-later
// The publisher over plain shared memory instead of BPF maps, and a reader that sees what a packet of any generation
// would find.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "kernel/publisher.h"
#include "support/image_builder.h"

namespace splitline::testing_support {

inline constexpr uint64_t kSeed = 0x5eed;

template <typename T>
MappedArray<T> memory(size_t count) {
    const int fd = ::memfd_create("array", MFD_CLOEXEC);
    EXPECT_EQ(::ftruncate(fd, static_cast<off_t>(count * sizeof(T))), 0);
    MappedArray<T> array(fd, count);
    ::close(fd);
    return array;
}

/// A publisher with its maps, and a reader that follows versions as the XDP program does.
class PublisherBed {
  public:
    PublisherBed(size_t pages, uint32_t max_names, size_t zones = 8)
        : publisher_(make_maps(pages, bucket_total(max_names), zones), kSeed, max_names, [this] { wait(); }) {}

    Result<void> publish(const ImageBuilder& builder) { return publish(builder.build(last_.get())); }
    Result<void> publish(const std::shared_ptr<const Image>& image) {
        auto done = publisher_.publish(image);
        if (done) last_ = image;
        return done;
    }

    /// The record of `name` as a packet of `generation` sees it, version fields left out; nullopt when it is not in the
    /// table.
    [[nodiscard]] std::optional<std::vector<uint8_t>> read(const std::string& text, uint64_t generation) const {
        return read_name(*dname_from_text(text), generation);
    }
    [[nodiscard]] std::optional<std::vector<uint8_t>> read_name(const Dname& name, uint64_t generation) const {
        const uint64_t hash = hash_name(kSeed, name);
        const uint32_t mask = bucket_count_ - 1;
        for (const uint32_t bucket : {sl_first_bucket(hash, mask), sl_second_bucket(hash, mask)}) {
            for (const uint64_t slot : buckets_[bucket].slot) {
                if (slot >> 32 != sl_hash_tag(hash)) continue;
                sl_ref ref = static_cast<sl_ref>(slot);
                const sl_name_record* record = nullptr;
                for (int depth = 0; ref != 0 && depth < SL_VERSIONS_MAX; ++depth) {
                    record =
                        reinterpret_cast<const sl_name_record*>(arena_[sl_ref_page(ref)].bytes + sl_ref_offset(ref));
                    if (record->begin <= generation) break;
                    ref = record->prev;
                }
                if (ref == 0 || record->variant_count == 0) continue;
                const auto* bytes = reinterpret_cast<const uint8_t*>(record);
                if (record->name_length != name.size() ||
                    std::memcmp(bytes + sl_name_offset(record->variant_count), name.data(), name.size()) != 0)
                    continue;
                return std::vector<uint8_t>(bytes + SL_VERSION_SIZE, bytes + size_t{record->size} * SL_UNIT);
            }
            if (buckets_[bucket].spilled == 0) break;
        }
        return std::nullopt;
    }

    [[nodiscard]] Publisher& publisher() { return publisher_; }
    [[nodiscard]] uint64_t generation() const { return publisher_.generation(); }
    [[nodiscard]] const Image* served() const { return last_.get(); }
    /// Once all that may be freed is free.
    PublishedUsage usage() {
        publisher_.settle();
        return publisher_.usage();
    }
    [[nodiscard]] int waits() const { return waits_; }
    /// Whether waits for a grace period do not end.
    void hold_waits(bool hold) {
        held_ = hold;
        held_.notify_all();
    }
    void fail_next_wait() { fail_wait_in(1); }
    /// The nth wait from now on fails.
    void fail_wait_in(int nth) { fail_in_ = nth; }
    /// The same, of whatever thread. REQUIRES: nothing waits to be freed.
    void fail_any_wait_in(int nth) {
        any_thread_ = true;
        fail_in_ = nth;
    }
    /// Whether the filter of the epoch served, if there is one, may hold the name.
    [[nodiscard]] bool filter_may_hold(const Dname& name) const {
        const sl_epoch& epoch = control_->epoch[SL_EPOCH_SLOT(control_->word)];
        if (epoch.filter_words == 0) return false;
        const uint64_t hash = hash_name(kSeed, name), bits = sl_filter_bits(hash);
        const auto* words = reinterpret_cast<const uint64_t*>(arena_[epoch.filter_page].bytes);
        return (words[sl_filter_word(hash, epoch.filter_words)] & bits) == bits;
    }

    /// The homes of the epoch served.
    [[nodiscard]] sl_homes homes() const { return control_->epoch[SL_EPOCH_SLOT(control_->word)].homes; }
    /// Where the program looks for the name's record first. REQUIRES: there are homes.
    [[nodiscard]] sl_ref home_of(const Dname& name) const {
        const sl_homes homes = this->homes();
        const uint64_t hash = hash_name(kSeed, name);
        const uint32_t group = sl_home_group(&homes, hash);
        return sl_home(&homes, hash, group, arena_[homes.seed_page + group / SL_PAGE_SIZE].bytes[group % SL_PAGE_SIZE]);
    }
    /// Where the name's newest record is; 0 if the table has none.
    [[nodiscard]] sl_ref ref_of(const Dname& name) const {
        const uint64_t hash = hash_name(kSeed, name);
        for (const uint32_t bucket :
             {sl_first_bucket(hash, bucket_count_ - 1), sl_second_bucket(hash, bucket_count_ - 1)})
            for (const uint64_t slot : buckets_[bucket].slot)
                if (slot >> 32 == sl_hash_tag(hash)) return static_cast<sl_ref>(slot);
        return 0;
    }

  private:
    static uint32_t bucket_total(uint32_t max_names) { return std::bit_ceil(max_names / 4 + 2); }

    void wait() {
        ++waits_;
        held_.wait(true);
        // Those of the reclaimer's thread go on.
        if (!any_thread_ && std::this_thread::get_id() != thread_) return;
        if (fail_in_ <= 0 || --fail_in_ != 0) return;
        any_thread_ = false;
        throw std::runtime_error("no grace period");
    }

    MappedMaps make_maps(size_t pages, uint32_t buckets, size_t zones) {
        bucket_count_ = buckets;
        MappedMaps maps{memory<sl_control>(1), memory<sl_bucket>(buckets), memory<ZoneCell>(zones),
                        memory<ArenaPage>(pages)};
        control_ = maps.control.data();
        buckets_ = maps.buckets.data();
        arena_ = maps.arena.data();
        return maps;
    }

    const sl_control* control_ = nullptr;
    const sl_bucket* buckets_ = nullptr;
    const ArenaPage* arena_ = nullptr;
    uint32_t bucket_count_ = 0;
    std::atomic<int> waits_ = 0;
    std::atomic<bool> held_ = false;
    const std::thread::id thread_ = std::this_thread::get_id();
    std::atomic<bool> any_thread_ = false;
    std::atomic<int> fail_in_ = 0;
    Publisher publisher_;
    std::shared_ptr<const Image> last_;
};

}  // namespace splitline::testing_support
