// SPDX-License-Identifier: GPL-3.0-or-later
// Text in aligned columns.
#pragma once

#include <string>
#include <vector>

namespace splitline {

class TextTable {
  public:
    /// With a row of headings, or without one.
    explicit TextTable(std::vector<std::string> headings = {});
    void add(std::vector<std::string> row);
    /// Every row on a line of its own, two spaces between columns, none at the end. Numbers align at the right. The
    /// width of UTF-8 text counts characters.
    [[nodiscard]] std::string text() const;
    [[nodiscard]] bool empty() const { return rows_.size() == (has_headings_ ? 1 : 0); }

  private:
    bool has_headings_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace splitline
