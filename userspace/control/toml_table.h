// SPDX-License-Identifier: GPL-3.0-or-later
// One table of a TOML file, read field by field into plain variables; toml++ stays behind this header.
//
// Every read checks the type and the range, puts what is wrong into the Diagnostics with file:line and the field's full
// name, and leaves the variable (its default) alone. A key that was never asked for is unknown: report_unknown() says
// so.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace splitline {

class TomlTable {
  public:
    /// A string and where it stands.
    struct Text {
        std::string text;
        Place place;
    };

    /// The document's root table; nothing when its syntax is broken. `path` names the file in places. REQUIRES:
    /// `diagnostics` outlives every table of the document.
    static std::optional<TomlTable> parse(std::string_view text, const std::string& path, Diagnostics& diagnostics);

    [[nodiscard]] Place place() const;
    /// Place of the key's value; of the table when the key is absent.
    [[nodiscard]] Place place(const std::string& key) const;

    void read(const std::string& key, bool& value);
    void read(const std::string& key, std::string& value);
    void read(const std::string& key, std::optional<std::string>& value);
    /// An integer of `minimum` to `maximum`, both included.
    void read(const std::string& key, int64_t minimum, int64_t maximum, uint32_t& value);
    void read(const std::string& key, int64_t minimum, int64_t maximum, uint16_t& value);
    /// One of `choices`: its index.
    template <typename Enum>
    void read(const std::string& key, const std::vector<std::string>& choices, Enum& value) {
        if (const auto index = choice(key, choices)) value = static_cast<Enum>(*index);
    }
    /// A list of strings; one string counts as a list of one. Nothing when the key is absent or malformed.
    std::optional<std::vector<Text>> texts(const std::string& key);
    /// A list of integers.
    void read(const std::string& key, int64_t minimum, int64_t maximum, std::vector<uint32_t>& values);

    /// The table [key]; an empty one when it is absent.
    TomlTable table(const std::string& key);
    /// The tables [[key]].
    std::vector<TomlTable> tables(const std::string& key);

    /// An error for every key that nothing above has asked for, with the nearest known one. Call it last.
    void report_unknown();

  private:
    struct Node;
    explicit TomlTable(std::shared_ptr<Node> node);
    std::optional<size_t> choice(const std::string& key, const std::vector<std::string>& choices);
    std::optional<int64_t> integer(const std::string& key, int64_t minimum, int64_t maximum);
    void error(const std::string& key, const std::string& message);

    std::shared_ptr<Node> node_;
};

}  // namespace splitline
