// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/table.h"

#include <algorithm>

namespace splitline {
namespace {

size_t width(const std::string& text) {
    return static_cast<size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool is_number(const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

TextTable::TextTable(std::vector<std::string> headings) : has_headings_(!headings.empty()) {
    if (has_headings_) rows_.push_back(std::move(headings));
}

void TextTable::add(std::vector<std::string> row) {
    rows_.push_back(std::move(row));
}

std::string TextTable::text() const {
    std::vector<size_t> widths;
    std::vector<bool> numbers;
    for (size_t r = 0; r < rows_.size(); ++r) {
        widths.resize(std::max(widths.size(), rows_[r].size()));
        numbers.resize(widths.size(), true);
        for (size_t c = 0; c < rows_[r].size(); ++c) {
            widths[c] = std::max(widths[c], width(rows_[r][c]));
            if (!(has_headings_ && r == 0) && !is_number(rows_[r][c])) numbers[c] = false;
        }
    }
    std::string text;
    for (const auto& row : rows_) {
        std::string line;
        for (size_t c = 0; c < row.size(); ++c) {
            const std::string padding(widths[c] - width(row[c]), ' ');
            line += (c > 0 ? "  " : "") + (numbers[c] ? padding + row[c] : row[c] + padding);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

}  // namespace splitline
