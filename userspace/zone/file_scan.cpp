// SPDX-License-Identifier: GPL-3.0-or-later
#include "zone/file_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <new>
#include <optional>

#include "zone/rdata_view.h"
#include "zone/syntax_error.h"
#include "zone/zone_render.h"

extern "C" {
#include <libknot/consts.h>
#include <libknot/descriptor.h>
}

namespace splitline {

namespace {

constexpr std::string_view kBlanks = " \t";

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

std::string_view trim(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

std::string_view without_comment(std::string_view text) {
    return trim(text.substr(0, text.find(';')));
}

bool equal_folded(std::string_view a, std::string_view lower) {
    return a.size() == lower.size() && std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) {
               return (x >= 'A' && x <= 'Z' ? x | 0x20 : x) == y;
           });
}

// What follows the directive in `text`, if `text` begins with it.
bool is_directive(std::string_view text, std::string_view lower, std::string_view& argument) {
    if (!equal_folded(text.substr(0, lower.size()), lower)) return false;
    argument = text.substr(lower.size());
    if (!argument.empty() && !is_blank(argument[0]) && argument[0] != ';') return false;
    argument = without_comment(argument);
    return true;
}

// `rest` begins where the scanner gave up, mostly within a word or behind it: widened to that word. `line` is the whole
// line.
std::string_view from_word_start(std::string_view line, std::string_view rest) {
    line = without_comment(line);
    rest = without_comment(rest);
    size_t at = line.size() - std::min(rest.size(), line.size());
    if (!rest.empty() && at > 0 && is_blank(line[at - 1])) return line.substr(at);
    while (at > 0 && is_blank(line[at - 1])) --at;
    while (at > 0 && !is_blank(line[at - 1])) --at;
    return line.substr(at);
}

// The name in a plain $ORIGIN, without parentheses or quotes.
std::optional<Dname> origin_from_text(std::string_view argument) {
    if (argument.empty() || argument.find_first_of(" \t()\"") != std::string_view::npos) return std::nullopt;
    const auto name = dname_from_text(argument);
    return name ? std::optional(*name) : std::nullopt;
}

bool is_line_name(std::string_view name) {
    return !name.empty() && std::none_of(name.begin(), name.end(), [](char c) {
        return (c >= '\0' && c <= ' ') || c == '\x7f' ||
               std::string_view("()\";\\$@").find(c) != std::string_view::npos;
    });
}

}  // namespace

void FileScan::ScannerDeleter::operator()(zs_scanner_t* scanner) const {
    zs_deinit(scanner);
    delete scanner;
}

FileScan::FileScan(ZoneScanner& zone, ZoneBuilder& builder, std::string_view text, uint16_t file,
                   const ScanContext& context)
    : zone_(zone),
      builder_(builder),
      text_(text),
      scanner_(new zs_scanner_t{}),
      last_ttl_(context.last_ttl),
      file_(file),
      line_(context.line),
      has_generic_rdata_(text.find("\\#") != std::string_view::npos) {
    before_ = {text.data(), 0};
    if (!start(context)) throw std::bad_alloc();  // the origin is valid, so only memory can be short
}

bool FileScan::start(const ScanContext& context) {
    if (zs_init(scanner_.get(), context.origin.c_str(), KNOT_CLASS_IN, context.default_ttl) != 0) return false;
    start_state_ = scanner_->cs;
    origin_ = origin();
    return zs_set_input_string(scanner_.get(), text_.data(), text_.size()) == 0;
}

void FileScan::run() {
    if (text_.empty()) return;
    while (!builder_.exhausted() && step()) {
        // At the end of the text the scanner reads one newline of its own.
        const char* at = scanner_->input.current;
        const bool inside = !std::less<>()(at, text_.data()) && !std::less<>()(text_end(), at);
        // A record on the very next line has no $ORIGIN in front of it.
        const bool next_line =
            scanner_->state == ZS_STATE_DATA && before_.line != 0 && line_number() == before_.line + 1;
        before_ = {inside ? at : text_end(), line_number()};
        if (!next_line && origin_ != origin()) origin_ = origin();
    }
}

ScanContext FileScan::context() const {
    return {dname_to_text(origin()), scanner_->default_ttl, last_ttl_, line_};
}

bool FileScan::step() {
    if (zs_parse_record(scanner_.get()) != 0) {
        error(line_number(), zs_strerror(scanner_->error.code));
        return false;
    }
    const zs_state_t state = scanner_->state;
    bool go_on = state == ZS_STATE_DATA || state == ZS_STATE_INCLUDE;
    if (state == ZS_STATE_DATA) on_record();
    if (state == ZS_STATE_INCLUDE) on_include();
    if (state == ZS_STATE_ERROR) go_on = on_error();
    after_open_error_ = state == ZS_STATE_ERROR && scanner_->multiline;
    return go_on;
}

void FileScan::on_record() {
    zs_scanner_t& s = *scanner_;
    const std::string_view rdata(reinterpret_cast<const char*>(s.r_data), s.r_data_length);
    const uint32_t at = entry_line();
    if (s.multiline && !parenthesis_is_closed()) {
        error(at, syntax_error_text(ZS_UNCLOSED_MULTILINE, ""));
        s.multiline = false;
    }
    if (s.r_class != KNOT_CLASS_IN) {
        error(at, fmt::format("class {} is not served: only IN; remove the record", s.r_class));
    } else if (has_generic_rdata_ && !rdata_well_formed(s.r_type, rdata)) {
        error(at, fmt::format("the bytes behind \\# are no valid {} data; write the record in the form of its type",
                              type_to_text(s.r_type)));
    } else {
        builder_.add({.owner = {reinterpret_cast<const char*>(s.r_owner), s.r_owner_length},
                      .rdata = rdata,
                      .ttl = s.r_ttl,
                      .line_number = at,
                      .type = s.r_type,
                      .line = line_,
                      .file = file_},
                     last_ttl_);
    }
}

void FileScan::on_include() {
    zs_scanner_t& s = *scanner_;
    // libzscanner puts its own directory in front of relative names; ours are relative to the including file.
    std::string path = s.include_filename;
    if (!path.empty() && path[0] != '/') path.erase(0, std::strlen(s.path) + 1);
    const std::string origin = reinterpret_cast<const char*>(s.buffer);
    zone_.include(path, file_, line_number(),
                  {.origin = origin, .default_ttl = s.default_ttl, .last_ttl = last_ttl_, .line = line_});
    // Each include leaves an entry on the automaton's 16-entry stack, and the precaution "fatal" set.
    s.top = 0;
    s.error.fatal = false;
}

bool FileScan::on_error() {
    zs_scanner_t& s = *scanner_;
    const uint32_t at = line_number();
    std::string_view rest(reinterpret_cast<const char*>(s.buffer), s.buffer_length);
    if (!rest.empty() && rest.back() == '\0') rest.remove_suffix(1);
    s.error.fatal = false;
    const std::string_view line = text_of_line(at);
    std::string_view argument;
    // A $ORIGIN that fails, in whatever form, has been written over the origin already.
    if (origin() != origin_) set_origin(origin_before(at));
    if (s.error.code == ZS_BAD_ORIGIN && is_directive(line, "$origin", argument) && extend_origin(argument))
        return true;
    switch (s.error.code) {
        case ZS_BAD_DIRECTIVE:
            if (is_directive(rest, "line", argument))
                on_line_directive(argument, at);
            else
                error(at, syntax_error_text(s.error.code, rest));
            return true;
        case ZS_BAD_PREVIOUS_OWNER:
            // Blanks alone are an empty line, but libzscanner sees an entry in them as long as there is no owner to
            // repeat.
            if (!without_comment(line).empty()) error(at, syntax_error_text(s.error.code, rest));
            return true;
        case ZS_UNCLOSED_MULTILINE:
            error(entry_line(), syntax_error_text(s.error.code, ""));
            return false;
        case ZS_UNCOVERED_STATE:
            error(at, syntax_error_text(s.error.code, line));
            return skip_line(at);
        default:
            error(at, syntax_error_text(s.error.code, from_word_start(line, rest)));
            return true;
    }
}

void FileScan::on_line_directive(std::string_view name, uint32_t line_number) {
    if (!is_line_name(name)) {
        error(line_number, name.empty() ? "$LINE names no line: write `$LINE name`, `$LINE default` to go back"
                                        : "$LINE takes one line name; '" + std::string(name) + "' is none");
        return;
    }
    std::string folded(name);
    for (char& c : folded)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    const auto index = builder_.line_index(folded, {builder_.file_name(file_), line_number});
    if (!index) return error(line_number, "more than 65535 lines in one zone; use fewer");
    line_ = *index;
}

// RFC 1035 section 5.1 lets $ORIGIN be relative to the origin before it; libzscanner takes absolute names only.
bool FileScan::extend_origin(std::string_view relative_text) {
    if (relative_text.empty() || relative_text.back() == '.') return false;
    const auto relative = origin_from_text(relative_text);
    if (!relative) return false;
    const Dname whole = relative->substr(0, relative->size() - 1) + std::string(origin());
    if (whole.size() > ZS_MAX_DNAME_LENGTH) return false;
    set_origin(whole);
    return true;
}

// The origin in force before that line: what the last entry had, and the $ORIGINs since then, which the scanner took
// silently.
Dname FileScan::origin_before(uint32_t line_number) const {
    Dname origin = origin_;
    const char* end = text_of_line(line_number).data();
    for (const char* p = before_.at; p < end;) {
        const char* newline = std::find(p, end, '\n');
        std::string_view argument;
        if (is_directive({p, static_cast<size_t>(newline - p)}, "$origin", argument))
            if (const auto name = origin_from_text(argument)) origin = *name;
        p = newline == end ? end : newline + 1;
    }
    return origin;
}

DnameView FileScan::origin() const {
    return {reinterpret_cast<const char*>(scanner_->zone_origin), scanner_->zone_origin_length};
}

void FileScan::set_origin(DnameView name) {
    std::memcpy(scanner_->zone_origin, name.data(), name.size());
    scanner_->zone_origin_length = static_cast<uint32_t>(name.size());
}

// Resumes behind a line at which the automaton got stuck.
bool FileScan::skip_line(uint32_t line_number) {
    const std::string_view line = text_of_line(line_number);
    const char* next = line.data() + line.size();
    if (next <= before_.at || next >= text_end()) return false;
    zs_scanner_t& s = *scanner_;
    if (zs_set_input_string(&s, next, static_cast<size_t>(text_end() - next)) != 0) return false;
    s.cs = start_state_;
    s.top = 0;
    s.multiline = false;
    s.line_counter = line_number;
    return true;
}

// The scanner counts to an entry's last line; people look for its first.
uint32_t FileScan::entry_line() const {
    if (line_number() <= before_.line + 1 || after_open_error_) return line_number();
    uint32_t line = std::max(before_.line, uint32_t{1});
    bool line_start = true;
    for (const char* p = before_.at; p < text_end() && line < line_number(); ++p) {
        if (*p == '\n') {
            ++line;
            line_start = true;
            continue;
        }
        const bool skips_line = *p == ';' || (*p == '$' && line_start);
        line_start = false;
        if (skips_line) {
            const auto* newline = std::find(p, text_end(), '\n');
            p = newline - 1;
        } else if (!is_blank(*p) && *p != ')') {  // ')': of the entry before
            break;
        }
    }
    return line;
}

// libzscanner ends `a A ( 192.0.2.1` at the newline, and would take whatever comes next as if it stood in the
// parenthesis.
bool FileScan::parenthesis_is_closed() const {
    const char* p = scanner_->input.current;
    if (std::less<>()(p, text_.data()) || std::less<>()(text_end(), p)) return false;
    for (; p < text_end(); ++p) {
        if (*p == ';')
            p = std::find(p, text_end(), '\n');
        else if (!is_blank(*p) && *p != '\n')
            return *p == ')';
        if (p == text_end()) break;
    }
    return false;
}

std::string_view FileScan::text_of_line(uint32_t line_number) const {
    const char* p = before_.at;
    for (uint32_t line = std::max(before_.line, uint32_t{1}); line < line_number && p < text_end(); ++line) {
        p = std::find(p, text_end(), '\n');
        if (p < text_end()) ++p;
    }
    return {p, static_cast<size_t>(std::find(p, text_end(), '\n') - p)};
}

void FileScan::error(uint32_t line_number, std::string message) {
    builder_.error(file_, line_number, std::move(message));
}

}  // namespace splitline
