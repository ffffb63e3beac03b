// SPDX-License-Identifier: GPL-3.0-or-later
#include "line/country_csv.h"

#include <optional>
#include <unordered_map>

#include "line/address_text.h"
#include "line/text_file.h"

namespace splitline {
namespace {

struct Fields {
    std::string_view start;
    std::string_view end;
    std::string_view country;
};

std::optional<Fields> split_fields(std::string_view line) {
    const auto first = line.find(',');
    if (first == std::string_view::npos) return std::nullopt;
    const auto second = line.find(',', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const auto country = line.substr(second + 1);
    if (country.find(',') != std::string_view::npos) return std::nullopt;
    return Fields{trim(line.substr(0, first)), trim(line.substr(first + 1, second - first - 1)), trim(country)};
}

/// Reads one file, keeping what it learned about its countries.
class CountryCsv {
  public:
    CountryCsv(const std::string& path, SourceRules& rules, PrefixBuilder& builder)
        : path_(path), rules_(rules), builder_(builder) {}

    /// What is wrong with the line; empty if nothing.
    std::string read_line(std::string_view line) {
        const auto fields = split_fields(line);
        if (!fields) return "want START,END,COUNTRY, not '" + std::string(line) + "'";
        const auto* members = members_of(fields->country);
        if (members == nullptr)
            return "'" + std::string(fields->country) + "' is not an ISO 3166 country code, nor ?? for unknown";
        if (fields->start.find(':') != std::string_view::npos) return add(*fields, parse_ipv6_number, *members);
        return add(*fields, parse_ipv4_number, *members);
    }

  private:
    template <typename Parse>
    std::string add(const Fields& fields, Parse parse, const Memberships& members) {
        const auto first = parse(fields.start);
        const auto last = parse(fields.end);
        if (!first) return "'" + std::string(fields.start) + "' is not an address";
        if (!last) return "'" + std::string(fields.end) + "' is not an address of the same family";
        if (*last < *first) return "the range ends before it starts; exchange its two addresses";
        if (!members.empty()) builder_.add_range(*first, *last, members);
        return "";
    }

    /// Null if `code` is none.
    const Memberships* members_of(std::string_view code) {
        // Neighbouring ranges often share their country, and the map is keyed by string.
        if (code == last_code_ && last_ != nullptr) return last_;
        auto found = countries_.find(std::string(code));
        if (found == countries_.end()) {
            Memberships members;
            if (const auto country = normal_country(code)) {
                for (const auto line : rules_.country(*country))
                    members.push_back({line, builder_.source(path_ + ": country " + *country)});
            } else if (code != "??" && code != "ZZ") {
                return nullptr;
            }
            found = countries_.emplace(code, std::move(members)).first;
        }
        last_code_ = found->first;
        last_ = &found->second;
        return last_;
    }

    const std::string& path_;
    SourceRules& rules_;
    PrefixBuilder& builder_;
    std::unordered_map<std::string, Memberships> countries_;
    std::string_view last_code_;
    const Memberships* last_ = nullptr;
};

}  // namespace

void read_country_csv(const std::string& path, SourceRules& rules, PrefixBuilder& builder, Diagnostics& diagnostics) {
    const auto text = read_text_file(path);
    if (!text) return diagnostics.error(text.error().place, text.error().message);
    FileDiagnostics findings(path, diagnostics);
    CountryCsv csv(path, rules, builder);
    TextLines lines(*text);
    while (const auto line = lines.next()) {
        if (line->empty() || line->front() == '#') continue;
        if (auto wrong = csv.read_line(*line); !wrong.empty() && !findings.error(lines.number(), std::move(wrong)))
            return;
    }
}

}  // namespace splitline
