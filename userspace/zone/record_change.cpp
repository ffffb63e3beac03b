// SPDX-License-Identifier: GPL-3.0-or-later
#include "zone/record_change.h"

#include <fmt/format.h>

#include <algorithm>

#include "zone/zone_reader.h"
#include "zone/zone_render.h"

namespace splitline {

namespace {

constexpr std::string_view kWordBreaks = " \t";

/// The words of a change, one after the other.
class Words {
  public:
    explicit Words(std::string_view text) : rest_(text) { skip_blanks(); }

    [[nodiscard]] bool empty() const { return rest_.empty(); }
    /// Empty at the end.
    std::string_view take() {
        const std::string_view word = rest_.substr(0, rest_.find_first_of(kWordBreaks));
        rest_.remove_prefix(word.size());
        skip_blanks();
        return word;
    }
    [[nodiscard]] std::string_view peek() const { return rest_.substr(0, rest_.find_first_of(kWordBreaks)); }
    [[nodiscard]] std::string_view rest() const { return rest_; }

  private:
    void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(kWordBreaks), rest_.size())); }
    std::string_view rest_;
};

Error field(const char* name, const std::string& what) {
    return Error{fmt::format("{}: {}", name, what)};
}

Result<RecordChange::Action> parse_action(std::string_view word) {
    if (word == "set") return RecordChange::Action::kSet;
    if (word == "add") return RecordChange::Action::kAdd;
    if (word == "del") return RecordChange::Action::kDelete;
    return Error{fmt::format("'{}' is no change; write set, add or del", word)};
}

Result<Dname> parse_owner(std::string_view word, DnameView apex) {
    if (word.empty()) return field("NAME", "missing; write a name relative to the zone, or @ for the zone itself");
    if (word == "@") return Dname(apex);
    const auto name = dname_from_text(word);
    if (!name) return field("NAME", name.error().message);
    if (word.back() != '.') {
        const Dname whole = name->substr(0, name->size() - 1) + Dname(apex);
        if (whole.size() > 255) return field("NAME", fmt::format("{} is longer than 255 bytes in this zone", word));
        return whole;
    }
    if (!dname_in(*name, apex))
        return field("NAME", fmt::format("{} is not in the zone {}; names without a dot at the end are relative to it",
                                         word, dname_to_text(apex)));
    return *name;
}

Result<uint32_t> parse_ttl(std::string_view word) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (word.empty() || !std::all_of(word.begin(), word.end(), is_digit) || word.size() > 10)
        return field("TTL", word.empty() ? "missing; write seconds, as in 300"
                                         : fmt::format("'{}' is no number of seconds; write one, as in 300", word));
    const uint64_t ttl = std::stoull(std::string(word));
    if (ttl > 0x7FFFFFFF)
        return field("TTL", fmt::format("{} is too large: at most {} (RFC 2181 section 8)", ttl, 0x7FFFFFFF));
    return static_cast<uint32_t>(ttl);
}

// By libzscanner, in a master file of one record that only the RDATA is taken from.
Result<std::string> parse_rdata(std::string_view text, uint16_t type, DnameView apex) {
    if (text.find_first_of("\r\n") != std::string_view::npos) return field("RDATA", "a line break; write one line");
    Diagnostics diagnostics;
    const std::string type_text = type_to_text(type);
    const ZoneRecords zone = read_zone_text(
        fmt::format("$ORIGIN {}\n@ 0 IN {} {}\n", dname_to_text(apex), type_text, text), "RDATA", diagnostics);
    if (diagnostics.has_errors()) return field("RDATA", fmt::format("{}: {}", type_text, diagnostics.all()[0].message));
    if (zone.records.size() != 1)
        return field("RDATA", fmt::format("missing; write what a {} record has in a master file", type_text));
    const auto rdata = zone.rdata(zone.records[0]);
    return std::string(reinterpret_cast<const char*>(rdata.data()), rdata.size());
}

std::string lower(std::string_view text) {
    std::string folded(text);
    for (char& c : folded)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    return folded;
}

// Takes `--line LINE` if it comes next.
Result<void> parse_line(Words& words, RecordChange& change) {
    if (words.peek() != "--line") return {};
    words.take();
    change.line = lower(words.take());
    if (change.line.empty()) return field("--line", "names no line; write one, as in --line telecom");
    if (change.line == "*" && change.action != RecordChange::Action::kDelete)
        return field("--line", "* stands for all lines in del only; name one line");
    return {};
}

}  // namespace

Result<RecordChange> parse_record_change(std::string_view text, DnameView apex) {
    Words words(text);
    RecordChange change;
    const auto action = parse_action(words.take());
    if (!action) return action.error();
    change.action = *action;
    const auto owner = parse_owner(words.take(), apex);
    if (!owner) return owner.error();
    change.owner = *owner;
    if (auto line = parse_line(words, change); !line) return line.error();
    if (change.action != RecordChange::Action::kDelete) {
        const auto ttl = parse_ttl(words.take());
        if (!ttl) return ttl.error();
        change.ttl = *ttl;
        if (words.empty()) return field("TYPE", "missing; write a type, as in A");
    }
    change.one_record = change.action != RecordChange::Action::kDelete;
    if (words.empty()) return change;
    const auto type = type_from_text(words.take());
    if (!type) return field("TYPE", type.error().message);
    change.type = *type;
    if (words.empty() && !change.one_record) return change;
    change.one_record = true;
    auto rdata = parse_rdata(words.rest(), change.type, apex);
    if (!rdata) return rdata.error();
    change.rdata = std::move(*rdata);
    return change;
}

}  // namespace splitline
