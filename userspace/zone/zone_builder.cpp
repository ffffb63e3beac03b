// SPDX-License-Identifier: GPL-3.0-or-later
#include "zone/zone_builder.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <limits>

#include "base/dname.h"
#include "base/huge_pages.h"
#include "zone/rdata_view.h"

extern "C" {
#include <libknot/consts.h>
#include <libknot/descriptor.h>
}

namespace splitline {

namespace {
// Past so many errors the file is most likely no zone file at all; more of them help nobody.
constexpr unsigned kMaxErrors = 1000;
constexpr size_t kMaxIndex = std::numeric_limits<uint16_t>::max();
}  // namespace

ZoneBuilder::ZoneBuilder(Diagnostics& diagnostics) : diagnostics_(diagnostics) {
    zone_.lines = {"default"};
    zone_.line_places = {Place{}};
    line_by_name_ = {{"default", uint16_t{0}}};
}

std::optional<uint16_t> ZoneBuilder::add_file(const std::string& path) {
    if (zone_.files.size() > kMaxIndex) return std::nullopt;
    zone_.files.push_back(path);
    return static_cast<uint16_t>(zone_.files.size() - 1);
}

std::optional<uint16_t> ZoneBuilder::line_index(const std::string& name, const Place& place) {
    const auto [entry, added] = line_by_name_.try_emplace(name, static_cast<uint16_t>(zone_.lines.size()));
    if (!added) return entry->second;
    if (zone_.lines.size() > kMaxIndex) {
        line_by_name_.erase(entry);
        return std::nullopt;
    }
    zone_.lines.push_back(name);
    zone_.line_places.push_back(place);
    return entry->second;
}

void ZoneBuilder::reserve(size_t text_size) {
    // A record of a large zone takes some 20 characters or more, and in wire form the origin besides.
    reserve_huge(zone_.bytes, zone_.bytes.size() + text_size * 2);
    reserve_huge(zone_.records, zone_.records.size() + text_size / 20);
}

void ZoneBuilder::add(const ScannedRecord& scanned, uint32_t& last_ttl) {
    const uint32_t ttl = settle_ttl(scanned, last_ttl);
    if (ttl == kNoTtl) return;
    const auto owner = owner_offset(scanned.owner);
    const auto rdata = append(scanned.rdata);
    if (!owner || !rdata) {
        error(scanned.file, scanned.line_number, "the zone is larger than 4 GiB of records; split it");
        exhausted_ = true;
        return;
    }
    zone_.records.push_back({.owner = *owner,
                             .rdata = *rdata,
                             .ttl = ttl,
                             .line_number = scanned.line_number,
                             .rdata_length = static_cast<uint16_t>(scanned.rdata.size()),
                             .type = scanned.type,
                             .line = scanned.line,
                             .file = scanned.file});
    if (scanned.type == KNOT_RRTYPE_SOA && zone_.apex.empty())
        zone_.apex.assign(reinterpret_cast<const char*>(zone_.bytes.data()) + *owner, scanned.owner.size());
}

void ZoneBuilder::error(uint16_t file, uint32_t line_number, std::string message) {
    diagnostics_.error({zone_.files[file], line_number}, std::move(message));
    if (++errors_ < kMaxErrors || exhausted_) return;
    diagnostics_.error({zone_.files[file], line_number},
                       fmt::format("{} errors: the rest is not read; is this a zone file?", kMaxErrors));
    exhausted_ = true;
}

std::optional<uint32_t> ZoneBuilder::append(std::string_view bytes) {
    const size_t offset = zone_.bytes.size();
    if (offset + bytes.size() > std::numeric_limits<uint32_t>::max()) return std::nullopt;
    zone_.bytes.insert(zone_.bytes.end(), bytes.begin(), bytes.end());
    return static_cast<uint32_t>(offset);
}

std::optional<uint32_t> ZoneBuilder::owner_offset(std::string_view owner) {
    std::array<uint8_t, KNOT_DNAME_MAXLEN> folded;
    std::memcpy(folded.data(), owner.data(), owner.size());
    dname_fold(folded.data(), owner.size());
    if (owner.size() == last_owner_size_ &&
        std::memcmp(folded.data(), zone_.bytes.data() + last_owner_, owner.size()) == 0)
        return last_owner_;
    const auto offset = append({reinterpret_cast<const char*>(folded.data()), owner.size()});
    if (offset) {
        last_owner_ = *offset;
        last_owner_size_ = owner.size();
    }
    return offset;
}

uint32_t ZoneBuilder::settle_ttl(const ScannedRecord& record, uint32_t& last_ttl) {
    if (record.ttl <= kMaxTtl) return last_ttl = record.ttl;
    if (record.ttl != kNoTtl) {
        error(record.file, record.line_number,
              fmt::format("TTL {} is too large: at most {} (RFC 2181 section 8)", record.ttl, kMaxTtl));
        return kNoTtl;
    }
    if (last_ttl != kNoTtl) return last_ttl;
    if (record.type != KNOT_RRTYPE_SOA) {
        if (!reported_no_ttl_)
            error(record.file, record.line_number,
                  "no TTL: put `$TTL 3600` at the top of the file, or a TTL into this and every record that needs one");
        reported_no_ttl_ = true;
        return 0;  // the record is kept, so that the checks do not miss it
    }
    last_ttl = std::min(soa_timers(record.rdata).minimum, kMaxTtl);
    if (!warned_of_minimum_)
        diagnostics_.warning(place(record),
                             fmt::format("no TTL: the SOA's MINIMUM, {}, is used; put `$TTL {}` at the top of the file",
                                         last_ttl, last_ttl));
    warned_of_minimum_ = true;
    return last_ttl;
}

}  // namespace splitline
