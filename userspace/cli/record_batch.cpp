// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/record_batch.h"

#include <algorithm>

#include "base/dname.h"

namespace splitline {

namespace {

constexpr std::string_view kBlanks = " \t\r";

// Takes the first word off `text`.
std::string take_word(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    std::string word(text.substr(0, text.find_first_of(kBlanks)));
    text.remove_prefix(word.size());
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    return word;
}

// With and without the dot at the end, in whatever case.
bool same_zone(const std::string& a, const std::string& b) {
    const auto first = dname_from_text(a), second = dname_from_text(b);
    return a == b || (first && second && *first == *second);
}

}  // namespace

BatchOutcome RecordBatch::run(std::istream& input) {
    for (std::string line; outcome_.broken.empty() && std::getline(input, line);) {
        ++line_;
        if (line.ends_with('\r')) line.pop_back();
        take(line);
    }
    if (in_block_ && outcome_.broken.empty()) refuse("the input ends before `commit`: nothing of the block was done");
    return outcome_;
}

void RecordBatch::take(const std::string& line) {
    std::string_view rest = line;
    const std::string word = take_word(rest);
    if (word.empty() || word[0] == ';' || word[0] == '#') return;
    if (word == "begin") {
        if (in_block_) return refuse("`begin` inside of a block; end it by `commit` or `abort` first");
        in_block_ = true;
        block_refused_ = false;
        zone_.clear();
        changes_.clear();
    } else if (word == "commit" || word == "abort") {
        if (!in_block_) return refuse("`" + word + "` without `begin`");
        in_block_ = false;
        if (word == "commit" && !block_refused_ && !changes_.empty()) commit(zone_, changes_);
    } else {
        change(word, rest);
    }
}

void RecordBatch::change(const std::string& action, std::string_view rest) {
    const std::string zone = take_word(rest);
    const std::string text = action + " " + std::string(rest);
    if (zone.empty()) return refuse("write ACTION ZONE NAME ..., begin, commit or abort");
    if (!in_block_) return commit(zone, text);
    if (!zone_.empty() && !same_zone(zone, zone_))
        return refuse("one block is about one zone, this one about " + zone_ + "; begin another for " + zone);
    zone_ = zone;
    changes_ += text + "\n";
}

void RecordBatch::commit(const std::string& zone, const std::string& changes) {
    const auto response = exchange_({"record change", {{"zone", zone}, {"changes", changes}}});
    if (!response) {
        outcome_.broken = response.error().text();
        return;
    }
    ++(response->ok ? outcome_.commits : outcome_.refused);
    report_(line_, *response);
}

void RecordBatch::refuse(const std::string& why) {
    block_refused_ = true;  // a block with a fault in it is not done in part
    ++outcome_.refused;
    ControlResponse response;
    response.error = why;
    report_(line_, response);
}

}  // namespace splitline
