// SPDX-License-Identifier: GPL-3.0-or-later
// A name's record made unsound in the maps of a loaded program, as no commit makes it: for tests of what the fast path
// does with tables that are broken or newer than the packet in work. The record is as before when the object is gone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "maps/arena.h"
#include "maps/name_table.h"
#include "support/packet_runner.h"

namespace splitline::testing_support {

/// The record of the name with these wire bytes, in its page of map "arena"; what is changed counts once it is written.
class BrokenRecord {
  public:
    BrokenRecord(int program_fd, const Bytes& name) : arena_(program_fd, "arena"), page_(SL_PAGE_SIZE) {
        for (key_ = 0;; ++key_) {
            arena_.read(key_, page_.data());
            const auto at = std::search(page_.begin(), page_.end(), name.begin(), name.end());
            if (at == page_.end()) continue;
            saved_ = page_;
            // The name is in the record's first unit.
            offset_ = static_cast<size_t>(at - page_.begin()) / SL_UNIT * SL_UNIT;
            return;
        }
    }
    ~BrokenRecord() { arena_.write(key_, saved_.data()); }
    BrokenRecord(const BrokenRecord&) = delete;
    BrokenRecord& operator=(const BrokenRecord&) = delete;

    [[nodiscard]] sl_name_record& record() { return *reinterpret_cast<sl_name_record*>(page_.data() + offset_); }
    [[nodiscard]] sl_ref ref() const { return static_cast<sl_ref>((key_ << SL_PAGE_SHIFT | offset_) >> SL_UNIT_SHIFT); }
    [[nodiscard]] uint8_t& name_byte(size_t at) { return page_[offset_ + sl_name_offset(record().variant_count) + at]; }
    /// Makes every variant's list start there.
    void set_directory(uint16_t offset) {
        for (size_t variant = 0; variant < record().variant_count; ++variant)
            std::memcpy(&page_[offset_ + sizeof(sl_name_record) + 2 * variant], &offset, sizeof offset);
    }
    /// Empties every variant's first entry. REQUIRES, as set_lengths(): each variant has a type that is named.
    void clear_lists() {
        for (size_t variant = 0; variant < record().variant_count; ++variant) {
            uint16_t list = 0;
            std::memcpy(&list, &page_[offset_ + sizeof(sl_name_record) + 2 * variant], sizeof list);
            std::memset(&page_[offset_ + list], 0, sizeof(sl_answer_list) + sizeof(sl_answer_entry));
        }
    }
    /// Gives every variant's first answer that many bytes.
    void set_lengths(uint16_t length) {
        for (size_t variant = 0; variant < record().variant_count; ++variant) {
            uint16_t list = 0;
            sl_answer_entry entry{};
            std::memcpy(&list, &page_[offset_ + sizeof(sl_name_record) + 2 * variant], sizeof list);
            std::memcpy(&entry, &page_[offset_ + list + sizeof(sl_answer_list)], sizeof entry);
            std::memcpy(&page_[offset_ + entry.answer + offsetof(sl_answer, length)], &length, sizeof length);
        }
    }
    void write() { arena_.write(key_, page_.data()); }

  private:
    ProgramMap arena_;
    Bytes page_, saved_;
    uint32_t key_ = 0;
    size_t offset_ = 0;
};

}  // namespace splitline::testing_support
