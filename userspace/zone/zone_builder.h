// SPDX-License-Identifier: GPL-3.0-or-later
// Collects the records that the scanner reads into ZoneRecords: folds and shares owners, interns line names, fills in
// missing TTLs, and keeps every index and offset within its 16 or 32 bits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "zone/records.h"

namespace splitline {

/// One record as libzscanner hands it over; the pointers are valid during the call only.
struct ScannedRecord {
    std::string_view owner;  // wire name, case as written
    std::string_view rdata;
    uint32_t ttl = 0;  // kNoTtl if neither the record nor a $TTL gives one
    uint32_t line_number = 0;
    uint16_t type = 0;
    uint16_t line = 0;
    uint16_t file = 0;
};

/// Stands for "no TTL stated". It is no valid TTL (RFC 2181 section 8), so nothing is lost.
constexpr uint32_t kNoTtl = 0xFFFFFFFF;
/// RFC 2181 section 8.
constexpr uint32_t kMaxTtl = 0x7FFFFFFF;

class ZoneBuilder {
  public:
    explicit ZoneBuilder(Diagnostics& diagnostics);

    /// Index of a further file, or nothing if there are too many.
    std::optional<uint16_t> add_file(const std::string& path);
    /// Index of the line of that (folded) name, or nothing if there are too many. `place` is kept for the first
    /// mention.
    std::optional<uint16_t> line_index(const std::string& name, const Place& place);
    /// Room for what a text of that many bytes usually holds.
    void reserve(size_t text_size);
    /// Appends the record, or says why not. `last_ttl` is the TTL that the file last stated (RFC 1035 section 5.1: an
    /// omitted TTL is the last one stated), kept by the caller because it ends with the file.
    void add(const ScannedRecord& scanned, uint32_t& last_ttl);
    void error(uint16_t file, uint32_t line_number, std::string message);

    /// Whether so much is wrong, or the zone so large, that reading on is useless.
    [[nodiscard]] bool exhausted() const { return exhausted_; }
    [[nodiscard]] const std::string& file_name(uint16_t file) const { return zone_.files[file]; }
    ZoneRecords take() { return std::move(zone_); }

  private:
    std::optional<uint32_t> append(std::string_view bytes);
    std::optional<uint32_t> owner_offset(std::string_view owner);
    uint32_t settle_ttl(const ScannedRecord& record, uint32_t& last_ttl);
    Place place(const ScannedRecord& record) const { return {zone_.files[record.file], record.line_number}; }

    Diagnostics& diagnostics_;
    ZoneRecords zone_;
    std::unordered_map<std::string, uint16_t> line_by_name_;
    uint32_t last_owner_ = 0;
    size_t last_owner_size_ = 0;  // 0 = none yet
    unsigned errors_ = 0;
    bool exhausted_ = false;
    bool warned_of_minimum_ = false;
    bool reported_no_ttl_ = false;
};

}  // namespace splitline
