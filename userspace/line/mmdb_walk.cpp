// SPDX-License-Identifier: GPL-3.0-or-later
#include "line/mmdb_walk.h"

#include <maxminddb.h>

#include <functional>
#include <optional>
#include <unordered_map>

#include "line/text_file.h"

namespace splitline {
namespace {

class MmdbFile {
  public:
    explicit MmdbFile(const std::string& path) : status_(MMDB_open(path.c_str(), MMDB_MODE_MMAP, &db_)) {}
    ~MmdbFile() {
        if (status_ == MMDB_SUCCESS) MMDB_close(&db_);
    }
    MmdbFile(const MmdbFile&) = delete;
    MmdbFile& operator=(const MmdbFile&) = delete;

    /// MMDB_SUCCESS or why it cannot be used.
    [[nodiscard]] int status() const { return status_; }
    [[nodiscard]] const MMDB_s& get() const { return db_; }

  private:
    MMDB_s db_{};
    int status_;
};

/// A block of the tree; `address` is left-aligned: its first bit is bit 127 whatever the IP version.
struct Block {
    uint128 address = 0;
    unsigned length = 0;
};

/// The lines of one data record.
using RecordReader = std::function<Memberships(MMDB_entry_s&)>;

class TreeWalk {
  public:
    TreeWalk(const MMDB_s& db, const RecordReader& read_record, PrefixBuilder& builder)
        : db_(db), read_record_(read_record), builder_(builder) {}

    /// MMDB_SUCCESS or what is wrong with the tree.
    int run() {
        // Every node of a tree is seen once, aliases aside; a damaged file could otherwise keep the walk busy for ever.
        const uint64_t limit = uint64_t{db_.metadata.node_count} * 16 + 1024;
        pending_.push_back({{0, 0}, 0});
        for (uint64_t visited = 0; !pending_.empty(); ++visited) {
            const auto [block, node] = pending_.back();
            pending_.pop_back();
            MMDB_search_node_s records;
            if (const int status = MMDB_read_node(&db_, node, &records); status != MMDB_SUCCESS) return status;
            if (visited == limit || block.length >= db_.depth) return MMDB_CORRUPT_SEARCH_TREE_ERROR;
            const Block left{block.address, block.length + 1};
            const Block right{block.address | (uint128{1} << (127 - block.length)), block.length + 1};
            // Right first: it waits on the stack until all of left is done, so prefixes come out in address order.
            const bool ok =
                follow(right, records.right_record_type, records.right_record, records.right_record_entry) &&
                follow(left, records.left_record_type, records.left_record, records.left_record_entry);
            if (!ok) return MMDB_CORRUPT_SEARCH_TREE_ERROR;
        }
        return MMDB_SUCCESS;
    }

  private:
    struct Pending {
        Block block;
        uint32_t node;
    };

    bool follow(const Block& block, uint8_t type, uint64_t record, MMDB_entry_s& entry) {
        if (type == MMDB_RECORD_TYPE_EMPTY) return true;
        if (type == MMDB_RECORD_TYPE_INVALID) return false;
        if (is_alias(block, type, record)) return true;
        if (type == MMDB_RECORD_TYPE_SEARCH_NODE) {
            pending_.push_back({block, static_cast<uint32_t>(record)});
        } else {
            add(block, members_of(entry));
        }
        return true;
    }

    [[nodiscard]] bool is_alias(const Block& block, uint8_t type, uint64_t record) const {
        if (db_.metadata.ip_version != 6) return false;
        if (block.length == 96 && block.address >> 32 == 0xffff) return true;      // RFC 4291 mapped
        if (block.length == 16 && block.address >> 112 == 0x2002) return true;     // RFC 3056 6to4
        if (block.length == 32 && block.address >> 96 == 0x20010000) return true;  // RFC 4380 Teredo
        const auto& ipv4 = db_.ipv4_start_node;
        const bool at_ipv4 = block.address == 0 && block.length == 96;
        return type == MMDB_RECORD_TYPE_SEARCH_NODE && !at_ipv4 && ipv4.netmask == 96 && record == ipv4.node_value;
    }

    void add(const Block& block, const Memberships& members) {
        const bool version4 = db_.metadata.ip_version != 6;
        const auto length = static_cast<uint8_t>(block.length);
        // Blocks at or below ::/96 are IPv4; one above it covers all of IPv4 and IPv6 besides.
        const bool inside_ipv4 = version4 || (block.length >= 96 && block.address >> 32 == 0);
        for (const auto& [line, source] : members) {
            if (version4) {
                builder_.add(LinePrefix4{static_cast<uint32_t>(block.address >> 96), length, line, source});
            } else if (inside_ipv4) {
                builder_.add(
                    LinePrefix4{static_cast<uint32_t>(block.address), static_cast<uint8_t>(length - 96), line, source});
            } else {
                if (block.address == 0) builder_.add(LinePrefix4{0, 0, line, source});
                builder_.add(LinePrefix6{block.address, length, line, source});
            }
        }
    }

    const Memberships& members_of(MMDB_entry_s& entry) {
        const auto found = records_.find(entry.offset);
        if (found != records_.end()) return found->second;
        return records_.emplace(entry.offset, read_record_(entry)).first->second;
    }

    const MMDB_s& db_;
    const RecordReader& read_record_;
    PrefixBuilder& builder_;
    std::vector<Pending> pending_;
    std::unordered_map<uint32_t, Memberships> records_;  // by offset: a record is shared by many networks
};

/// A string of the record; nothing if the path leads nowhere or to something else.
std::optional<std::string> get_string(MMDB_entry_s& entry, const std::vector<const char*>& path) {
    auto terminated = path;
    terminated.push_back(nullptr);
    MMDB_entry_data_s data;
    if (MMDB_aget_value(&entry, &data, terminated.data()) != MMDB_SUCCESS) return std::nullopt;
    if (!data.has_data || data.type != MMDB_DATA_TYPE_UTF8_STRING) return std::nullopt;
    return std::string(data.utf8_string, data.data_size);
}

std::optional<uint32_t> get_asn(MMDB_entry_s& entry) {
    MMDB_entry_data_s data;
    const char* const path[] = {"autonomous_system_number", nullptr};
    if (MMDB_aget_value(&entry, &data, path) != MMDB_SUCCESS || !data.has_data) return std::nullopt;
    if (data.type == MMDB_DATA_TYPE_UINT32) return data.uint32;
    if (data.type == MMDB_DATA_TYPE_UINT16) return data.uint16;
    return std::nullopt;
}

Memberships read_country(MMDB_entry_s& entry, const std::string& path, SourceRules& rules, PrefixBuilder& builder) {
    Memberships members;
    auto code = get_string(entry, {"country", "iso_code"});
    if (!code) code = get_string(entry, {"registered_country", "iso_code"});
    const auto country = code ? normal_country(*code) : std::nullopt;
    if (!country) return members;
    for (const auto line : rules.country(*country))
        members.push_back({line, builder.source(path + ": country " + *country)});
    if (!rules.wants_subdivisions()) return members;
    for (unsigned i = 0;; ++i) {
        const auto part = get_string(entry, {"subdivisions", std::to_string(i).c_str(), "iso_code"});
        if (!part) return members;
        const auto subdivision = *country + "-" + *part;
        for (const auto line : rules.subdivision(subdivision))
            members.push_back({line, builder.source(path + ": subdivision " + subdivision)});
    }
}

Memberships read_asn(MMDB_entry_s& entry, const std::string& path, SourceRules& rules, PrefixBuilder& builder) {
    Memberships members;
    if (const auto asn = get_asn(entry))
        for (const auto line : rules.asn(*asn))
            members.push_back({line, builder.source(path + ": AS" + std::to_string(*asn))});
    return members;
}

void walk(const std::string& path, const RecordReader& read_record, PrefixBuilder& builder, Diagnostics& diagnostics) {
    // libmaxminddb says "file not found" whatever the reason; our own reading of it tells more.
    const MmdbFile file(path);
    if (file.status() == MMDB_FILE_OPEN_ERROR || file.status() == MMDB_IO_ERROR) {
        const auto text = read_text_file(path);
        return diagnostics.error({path, 0}, text ? MMDB_strerror(file.status()) : text.error().message);
    }
    int status = file.status();
    if (status == MMDB_SUCCESS) status = TreeWalk(file.get(), read_record, builder).run();
    if (status != MMDB_SUCCESS)
        diagnostics.error({path, 0},
                          std::string("is not a sound mmdb database: ") + MMDB_strerror(status) + "; fetch it again");
}

}  // namespace

void read_country_mmdb(const std::string& path, SourceRules& rules, PrefixBuilder& builder, Diagnostics& diagnostics) {
    const auto read = [&](MMDB_entry_s& entry) { return read_country(entry, path, rules, builder); };
    walk(path, read, builder, diagnostics);
}

void read_asn_mmdb(const std::string& path, SourceRules& rules, PrefixBuilder& builder, Diagnostics& diagnostics) {
    const auto read = [&](MMDB_entry_s& entry) { return read_asn(entry, path, rules, builder); };
    walk(path, read, builder, diagnostics);
}

}  // namespace splitline
