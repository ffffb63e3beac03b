// SPDX-License-Identifier: GPL-3.0-or-later
#include "zone/parts_reader.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "base/huge_pages.h"
#include "base/parallel.h"
#include "zone/file_scan.h"

namespace splitline {

namespace {

// More would have to be read again in front of each part.
constexpr size_t kOriginsMax = 100;

/// A stretch of the file, and the directives in force where it begins.
struct Part {
    std::string_view text;
    std::string directives;
    Diagnostics findings;
    ZoneRecords zone;
    uint32_t lines = 0;       // in `text`
    bool whole_lines = true;  // every entry is one line
};

bool starts_with_folded(std::string_view text, std::string_view lower) {
    return text.size() > lower.size() && std::equal(lower.begin(), lower.end(), text.begin(), [](char l, char c) {
               return l == (c >= 'A' && c <= 'Z' ? c | 0x20 : c);
           });
}

std::string_view line_at(std::string_view text, size_t at) {
    return text.substr(at, std::min(text.find('\n', at), text.size()) - at);
}

/// What directives have set so far.
class Directives {
  public:
    /// False for one that a part cannot begin with.
    bool take(std::string_view line) {
        if (starts_with_folded(line, "$ttl")) {
            ttl_ = line;
        } else if (starts_with_folded(line, "$line")) {
            line_ = line;
        } else if (starts_with_folded(line, "$origin")) {
            origins_.append(line) += '\n';
            return ++origin_count_ <= kOriginsMax;
        } else {
            return false;
        }
        return true;
    }
    [[nodiscard]] std::string text() const { return origins_ + std::string(ttl_) + "\n" + std::string(line_) + "\n"; }

  private:
    std::string origins_;  // a relative one needs those before it
    std::string_view ttl_, line_;
    size_t origin_count_ = 0;
};

// The first line from `at` on that states an owner; the end without one.
size_t find_owner_line(std::string_view text, size_t at) {
    while (true) {
        at = text.find('\n', at);
        if (at == std::string_view::npos || at + 1 >= text.size()) return text.size();
        const char next = text[++at];
        const bool owner = std::strchr(" \t;$\n", next) == nullptr && next != '\0';
        if (owner && text[at - 2] != '\\') return at;
    }
}

// Cuts the text, and notes for each part which directives are in force; nothing where that cannot be told.
std::optional<std::vector<Part>> cut(std::string_view text, size_t parts) {
    std::vector<Part> all;
    Directives directives;
    size_t next_dollar = text.find('$');
    for (size_t i = 0, begin = 0; i < parts && begin < text.size(); ++i) {
        const size_t end =
            i + 1 == parts ? text.size() : find_owner_line(text, std::max(begin, text.size() / parts * (i + 1)));
        all.emplace_back();
        all.back().text = text.substr(begin, end - begin);
        if (i > 0) all.back().directives = directives.text();
        for (; next_dollar < end; next_dollar = text.find('$', next_dollar + 1)) {
            const bool line_start = next_dollar == 0 || text[next_dollar - 1] == '\n';
            if (line_start && !directives.take(line_at(text, next_dollar))) return std::nullopt;
        }
        begin = end;
    }
    return all;
}

// Makes room for a text of `expected` bytes.
void read_part(Part& part, const std::string& path, const std::string& origin, size_t expected) {
    // Only inside of parentheses is a line's end not an entry's.
    part.whole_lines = part.text.find('(') == std::string_view::npos;
    if (!part.whole_lines) return;
    ZoneBuilder builder(part.findings);
    ZoneScanner scanner(builder);
    const uint16_t file = *builder.add_file(path);
    ScanContext context{.origin = origin};
    FileScan before(scanner, builder, part.directives, file, context);
    before.run();
    builder.reserve(expected);
    FileScan(scanner, builder, part.text, file, before.context()).run();
    part.zone = builder.take();
    part.lines = static_cast<uint32_t>(std::count(part.text.begin(), part.text.end(), '\n'));
}

// Appends `part` to `whole`; `lines` are in front of it in the file.
void append(ZoneRecords& whole, ZoneRecords part, uint32_t lines) {
    std::vector<uint16_t> number_of;
    for (size_t line = 0; line < part.lines.size(); ++line) {
        const auto known = std::find(whole.lines.begin(), whole.lines.end(), part.lines[line]);
        number_of.push_back(static_cast<uint16_t>(known - whole.lines.begin()));
        if (known != whole.lines.end()) continue;
        whole.lines.push_back(part.lines[line]);
        whole.line_places.push_back(part.line_places[line]);
        whole.line_places.back().line += lines;
    }
    const auto base = static_cast<uint32_t>(whole.bytes.size());
    for_each_part(2, [&](size_t half) {
        if (half == 0) {
            whole.bytes.insert(whole.bytes.end(), part.bytes.begin(), part.bytes.end());
            return;
        }
        for (Record record : part.records) {
            record.owner += base;
            record.rdata += base;
            record.line = number_of[record.line];
            record.line_number += lines;
            whole.records.push_back(record);
        }
    });
    if (whole.apex.empty()) whole.apex = part.apex;
}

}  // namespace

std::optional<ZoneRecords> read_in_parts(std::string_view text, const std::string& path, const std::string& origin,
                                         size_t parts) {
    auto all = cut(text, parts);
    if (!all) return std::nullopt;
    for_each_part(all->size(), [&](size_t part) {
        Part& each = (*all)[part];
        read_part(each, path, origin,
                  part == 0 ? text.size() : each.text.size());  // the others are appended to the first
    });
    size_t bytes = 0, records = 0;
    for (const Part& part : *all) {
        if (!part.whole_lines || !part.findings.all().empty()) return std::nullopt;
        bytes += part.zone.bytes.size();
        records += part.zone.records.size();
    }
    if (bytes > std::numeric_limits<uint32_t>::max()) return std::nullopt;
    ZoneRecords whole = std::move(all->front().zone);
    reserve_huge(whole.bytes, bytes);
    reserve_huge(whole.records, records);
    uint32_t lines = all->front().lines;
    for (size_t i = 1; i < all->size(); ++i) {
        append(whole, std::move((*all)[i].zone), lines);
        lines += (*all)[i].lines;
    }
    return whole;
}

}  // namespace splitline
