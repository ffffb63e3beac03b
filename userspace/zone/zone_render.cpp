// SPDX-License-Identifier: GPL-3.0-or-later
#include "zone/zone_render.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "base/dname.h"
#include "zone/rdata_text.h"

extern "C" {
#include <libknot/descriptor.h>
#include <libknot/dname.h>
}

namespace splitline {

namespace {

std::string_view as_text(std::basic_string_view<uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Names of meta types are no syntax of master files, whatever libknot calls them.
bool master_file_has_mnemonic(uint16_t type) {
    return type != KNOT_RRTYPE_NULL && knot_rrtype_is_metatype(type) == 0;
}

// Whether a reader takes `text` as a run of words and quoted strings. libknot prints some fields as they are: the tag
// of a CAA may hold a parenthesis.
bool is_plain(std::string_view text) {
    bool quoted = false;
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\\')
            ++i;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '(' || c == ')' || c == ';' || c == '\n'))
            return false;
    }
    return !quoted;
}

// Compares names label by label from the root (RFC 4034 section 6.1) by one memcmp per pair.
class CanonicalKeys {
  public:
    explicit CanonicalKeys(const ZoneRecords& zone) {
        offsets_.reserve(zone.records.size());
        uint32_t last_owner = 0;
        for (const auto& record : zone.records) {
            if (offsets_.empty() || record.owner != last_owner) add(zone.bytes.data() + record.owner);
            last_owner = record.owner;
            offsets_.push_back(last_key_);
        }
    }
    [[nodiscard]] std::string_view key(uint32_t record) const {
        const size_t at = offsets_[record];
        return {reinterpret_cast<const char*>(keys_.data()) + at + 1, keys_[at]};
    }

  private:
    void add(const uint8_t* name) {
        knot_dname_storage_t storage;
        const uint8_t* key = knot_dname_lf(name, storage);  // length byte, then the labels in reverse
        last_key_ = keys_.size();
        keys_.insert(keys_.end(), key, key + 1 + key[0]);
    }

    std::vector<uint8_t> keys_;
    std::vector<size_t> offsets_;
    size_t last_key_ = 0;
};

std::vector<uint32_t> render_order(const ZoneRecords& zone) {
    const CanonicalKeys keys(zone);
    std::vector<uint32_t> order(zone.records.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
        const Record& x = zone.records[a];
        const Record& y = zone.records[b];
        if (x.line != y.line) return x.line < y.line;
        if (x.owner != y.owner)
            if (const int compared = keys.key(a).compare(keys.key(b)); compared != 0) return compared < 0;
        return x.type < y.type;
    });
    const auto soa =
        std::find_if(order.begin(), order.end(), [&](uint32_t i) { return zone.records[i].type == KNOT_RRTYPE_SOA; });
    if (soa != order.end()) std::rotate(order.begin(), soa, soa + 1);
    return order;
}

void render_record(const ZoneRecords& zone, const Record& record, std::string& text) {
    text += dname_to_text(zone.owner(record));
    text += fmt::format("\t{}\tIN\t", record.ttl);
    if (master_file_has_mnemonic(record.type))
        text += type_to_text(record.type) + '\t' + rdata_to_text(record.type, zone.rdata(record));
    else
        text += fmt::format("TYPE{}\t{}", record.type, generic_rdata(as_text(zone.rdata(record))));
    text += '\n';
}

}  // namespace

std::string rdata_to_text(uint16_t type, std::basic_string_view<uint8_t> rdata) {
    auto text = dump_rdata(type, as_text(rdata));
    // Nothing at all is no syntax, so RDATA of zero bytes needs the generic form.
    return text && !text->empty() && is_plain(*text) ? std::move(*text) : generic_rdata(as_text(rdata));
}

std::string type_to_text(uint16_t type) {
    std::array<char, 32> text{};
    knot_rrtype_to_string(type, text.data(), text.size());
    return text.data();
}

Result<uint16_t> type_from_text(std::string_view text) {
    uint16_t type = 0;
    const std::string copy(text);
    // libknot reads the number behind TYPE by strtoul, which takes blanks and signs.
    const bool is_word = std::all_of(copy.begin(), copy.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    });
    if (!is_word || knot_rrtype_from_string(copy.c_str(), &type) != 0)
        return Error{"'" + copy + "' is no record type; write a name as in A or HTTPS, or TYPE and a number"};
    return type;
}

std::string render_zone(const ZoneRecords& zone) {
    std::string text;
    uint16_t line = 0;
    for (const uint32_t index : render_order(zone)) {
        const Record& record = zone.records[index];
        if (record.line != line) text += "$LINE " + zone.lines[record.line] + '\n';
        line = record.line;
        render_record(zone, record, text);
    }
    return text;
}

}  // namespace splitline
