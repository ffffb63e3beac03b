// SPDX-License-Identifier: GPL-3.0-or-later
#include "zone/zone_render.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/dname.h"
#include "base/parallel.h"
#include "zone/rdata_text.h"

extern "C" {
#include <libknot/descriptor.h>
#include <libknot/dname.h>
}

namespace splitline {

namespace {

const std::string kLineDirective = "$LINE ";

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

// Prints records, those of one owner and type after each other best.
class RecordPrinter {
  public:
    RecordPrinter(const ZoneRecords& zone, DnameView owner) : zone_(zone), owner_(dname_to_text(owner)) {}

    void print(const Record& record, std::string& text) {
        if (record.type != type_ || type_text_.empty()) {
            type_ = record.type;
            type_text_ = has_mnemonic() ? type_to_text(type_) : fmt::format("TYPE{}", type_);
        }
        text += owner_;
        text += '\t';
        const fmt::format_int ttl(record.ttl);
        text.append(ttl.data(), ttl.size());
        text += "\tIN\t";
        text += type_text_;
        text += '\t';
        text +=
            has_mnemonic() ? rdata_to_text(type_, zone_.rdata(record)) : generic_rdata(as_text(zone_.rdata(record)));
        text += '\n';
    }

  private:
    [[nodiscard]] bool has_mnemonic() const { return master_file_has_mnemonic(type_); }

    const ZoneRecords& zone_;
    std::string owner_, type_text_;
    uint16_t type_ = 0;
};

// Prints the records by line, then owner, then type, those that tie as they came, with the SOA in front of all. Names
// are compared label by label from the root (RFC 4034 section 6.1) by one memcmp per pair.
//
// Of a zone of a million names nearly all the time would go into memory that is not in a cache. So each name is looked
// at once, by whichever core, and prints what it has on each line into that line's text.
class ZonePrinter {
  public:
    explicit ZonePrinter(const ZoneRecords& zone) : zone_(zone) {
        find_runs();
        sort_by_all_cores(runs_, [this](const Run& a, const Run& b) {
            const int compared = key(a).compare(key(b));
            return compared != 0 ? compared < 0 : a.begin < b.begin;
        });
    }

    std::string print() {
        const size_t parts = (runs_.size() + kRunsAPart - 1) / kRunsAPart;
        std::vector<std::vector<std::string>> texts(parts);  // by part, then line
        for_each_part(parts, [&](size_t part) { texts[part] = print_part(part); });
        std::string all;
        size_t current = 0;
        const auto on_line = [&](size_t line) {
            if (line != current) all += kLineDirective + zone_.lines[line] + '\n';
            current = line;
        };
        if (soa_ != kNone) {
            const Record& soa = zone_.records[soa_];
            on_line(soa.line);
            RecordPrinter(zone_, zone_.owner(soa)).print(soa, all);
        }
        size_t size = all.size();
        for (const auto& line : zone_.lines) size += kLineDirective.size() + line.size() + 1;
        for (const auto& of_part : texts)
            for (const auto& text : of_part) size += text.size();
        all.reserve(size);
        for (size_t line = 0; line < zone_.lines.size(); ++line) {
            for (auto& of_part : texts) {
                if (of_part[line].empty()) continue;
                on_line(line);
                all += std::exchange(of_part[line], {});
            }
        }
        return all;
    }

  private:
    static constexpr uint32_t kNone = UINT32_MAX;
    static constexpr size_t kRunsAPart = size_t{1} << 15;

    // Records of one owner that follow each other.
    struct Run {
        size_t key;  // in keys_
        uint32_t begin, end;
    };

    void find_runs() {
        for (uint32_t begin = 0, end = 0; begin < zone_.records.size(); begin = end) {
            const uint32_t owner = zone_.records[begin].owner;
            knot_dname_storage_t storage;
            const uint8_t* key = knot_dname_lf(zone_.bytes.data() + owner, storage);
            while (end < zone_.records.size() && zone_.records[end].owner == owner) ++end;
            runs_.push_back({keys_.size(), begin, end});
            keys_.insert(keys_.end(), key, key + 1 + key[0]);  // length byte, then the labels in reverse
            for (uint32_t record = begin; record < end; ++record)
                if (zone_.records[record].type == KNOT_RRTYPE_SOA &&
                    (soa_ == kNone || zone_.records[record].line < zone_.records[soa_].line))
                    soa_ = record;
        }
    }

    [[nodiscard]] std::string_view key(const Run& run) const {
        return {reinterpret_cast<const char*>(keys_.data()) + run.key + 1, keys_[run.key]};
    }
    [[nodiscard]] bool same_name_as_before(size_t run) const { return key(runs_[run]) == key(runs_[run - 1]); }

    // What the names of that part have on each line.
    [[nodiscard]] std::vector<std::string> print_part(size_t part) const {
        std::vector<std::string> texts(zone_.lines.size());
        std::vector<uint32_t> of_name;
        size_t run = part * kRunsAPart;
        const size_t end = std::min(run + kRunsAPart, runs_.size());
        while (run != 0 && run < end && same_name_as_before(run)) ++run;  // the part before prints them
        if (run == end) return texts;
        for (; run < end || (run < runs_.size() && same_name_as_before(run)); ++run) {
            for (uint32_t record = runs_[run].begin; record < runs_[run].end; ++record) of_name.push_back(record);
            if (run + 1 < runs_.size() && same_name_as_before(run + 1)) continue;
            print_name(of_name, texts);
            of_name.clear();
        }
        return texts;
    }

    void print_name(std::vector<uint32_t>& records, std::vector<std::string>& texts) const {
        std::sort(records.begin(), records.end(), [this](uint32_t a, uint32_t b) {
            return std::pair(zone_.records[a].type, a) < std::pair(zone_.records[b].type, b);
        });
        RecordPrinter printer(zone_, zone_.owner(zone_.records[records.front()]));
        for (const uint32_t record : records)
            if (record != soa_) printer.print(zone_.records[record], texts[zone_.records[record].line]);
    }

    const ZoneRecords& zone_;
    std::vector<Run> runs_;
    std::vector<uint8_t> keys_;
    uint32_t soa_ = kNone;
};

}  // namespace

std::string rdata_to_text(uint16_t type, std::basic_string_view<uint8_t> rdata) {
    // As libknot does, but without its printf: nearly all records of large zones are addresses.
    if (type == KNOT_RRTYPE_A && rdata.size() == 4)
        return fmt::format("{}.{}.{}.{}", rdata[0], rdata[1], rdata[2], rdata[3]);
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
    return ZonePrinter(zone).print();
}

}  // namespace splitline
