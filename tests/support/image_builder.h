// SPDX-License-Identifier: GPL-3.0-or-later
// Images for tests: zone text and inline prefixes, taken through the real reader, check and compiler.
//
//     const auto image = ImageBuilder()
//                            .line("internal", {"1.2.0.0/16", "2001:db8:1::/48"})
//                            .zone("$ORIGIN example.com.\n@ 600 SOA ns1 h 1 2h 1h 2w 300\n...")
//                            .build();
//
// Every finding of severity error throws with its text, so a test never runs on half an image.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "compile/image.h"
#include "line/line.h"
#include "line/prefix_table.h"
#include "zone/zone_check.h"
#include "zone/zone_reader.h"

namespace splitline::testing_support {

class ImageBuilder {
  public:
    /// Gives a built-in line, or a new one of group custom, these prefixes.
    ImageBuilder& line(const std::string& name, const std::vector<std::string>& prefixes) {
        Line line;
        line.name = name;
        line.place = {"test.toml", static_cast<unsigned>(config_.lines.size() + 1)};
        for (const auto& builtin : builtin_lines())
            if (builtin.name == name) line.group = builtin.group;
        for (const auto& text : prefixes) line.sources.prefixes.push_back(need(Prefix::parse(text)));
        config_.lines.push_back(std::move(line));
        return *this;
    }

    /// A preset name or an explicit list; "alibaba" without.
    ImageBuilder& order(std::vector<std::string> names) {
        config_.order = std::move(names);
        return *this;
    }

    /// A zone in master file form ($LINE included). `path` only names it in messages.
    ImageBuilder& zone(std::string text, std::string path = "") {
        if (path.empty()) path = "zone" + std::to_string(zones_.size()) + ".zone";
        zones_.emplace_back(std::move(path), std::move(text));
        return *this;
    }

    /// Takes the lines of that image, as a change of zones does in the daemon, instead of reading them anew; null: does
    /// not.
    ImageBuilder& lines_of(const Image* image) {
        lines_ = image != nullptr ? image->lines : nullptr;
        return *this;
    }

    /// `previous` lends its tables and its generation plus one, as in the daemon.
    [[nodiscard]] std::shared_ptr<const Image> build(const Image* previous = nullptr) const {
        const auto lines = lines_ != nullptr ? lines_ : read_lines();
        std::vector<ZoneSource> sources;
        for (const auto& [path, text] : zones_) sources.push_back(compile_text(text, path, lines->catalog));
        return need(compile_image(lines, std::move(sources), previous));
    }

  private:
    [[nodiscard]] std::shared_ptr<const LineSystem> read_lines() const {
        auto catalog = need(LineCatalog::build(config_));
        Diagnostics diagnostics;
        auto prefixes = read_prefixes(catalog, config_.databases, diagnostics);
        need_clean(diagnostics);
        return std::make_shared<const LineSystem>(LineSystem{std::move(catalog), std::move(prefixes)});
    }

    static ZoneSource compile_text(const std::string& text, const std::string& path, const LineCatalog& catalog) {
        Diagnostics diagnostics;
        const ZoneRecords records = read_zone_text(text, path, diagnostics);
        need_clean(diagnostics);
        check_zone(
            records, [&](std::string_view name) { return catalog.find(name).has_value(); }, diagnostics);
        need_clean(diagnostics);
        return {path, ZoneImage::build(records, catalog)};
    }

    template <typename T>
    static T need(Result<T> result) {
        if (!result) throw std::runtime_error(result.error().text());
        return std::move(*result);
    }

    static void need_clean(const Diagnostics& diagnostics) {
        if (diagnostics.has_errors()) throw std::runtime_error(diagnostics.text());
    }

    LineConfig config_;
    std::shared_ptr<const LineSystem> lines_;                 // null: read from config_
    std::vector<std::pair<std::string, std::string>> zones_;  // path, text
};

}  // namespace splitline::testing_support
