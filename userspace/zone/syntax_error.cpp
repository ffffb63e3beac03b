// SPDX-License-Identifier: GPL-3.0-or-later
#include "zone/syntax_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

extern "C" {
#include <libzscanner/error.h>
}

namespace splitline {

namespace {

struct Fix {
    int code;
    const char* text;
};

constexpr std::array kFixes = {
    Fix{ZS_UNCOVERED_STATE, "the entry ends too early; complete it"},
    Fix{ZS_UNCLOSED_MULTILINE, "a parenthesis opened here is never closed; add the missing ')'"},
    Fix{ZS_LEFT_PARENTHESIS, "parentheses do not nest; remove one '(' or close the one before"},
    Fix{ZS_RIGHT_PARENTHESIS, "remove this ')' or open its '(' before"},
    Fix{ZS_UNSUPPORTED_TYPE,
        "check the spelling; an entry is `owner [TTL] [IN] type data`, other classes than IN are not served"},
    Fix{ZS_BAD_PREVIOUS_OWNER,
        "an entry that begins with a blank repeats the owner before it, and there is none; name the owner"},
    Fix{ZS_BAD_DNAME_CHAR, "write other characters as \\DDD, and names of other scripts in Punycode (xn--)"},
    Fix{ZS_BAD_OWNER, "an entry begins with its owner: a name, '@', or a blank to repeat the last one"},
    Fix{ZS_LABEL_OVERFLOW, "a label has at most 63 bytes; is a dot missing?"},
    Fix{ZS_DNAME_OVERFLOW, "a name has at most 255 bytes with its origin; is a trailing dot missing?"},
    Fix{ZS_BAD_NUMBER, "a number is expected here"},
    Fix{ZS_BAD_ADDRESS_CHAR, "an address is expected here; a host name needs CNAME, not A or AAAA"},
    Fix{ZS_BAD_IPV4, "write it as 192.0.2.1; a host name needs CNAME, an IPv6 address AAAA"},
    Fix{ZS_BAD_IPV6, "write it as 2001:db8::1; a host name needs CNAME, an IPv4 address A"},
    Fix{ZS_BAD_REST, "remove it, or put it behind a ';' if it is a comment"},
    Fix{ZS_BAD_RDATA, "fields are missing or malformed for this type"},
    Fix{ZS_BAD_TEXT_CHAR, R"(close the quotes; text with blanks goes into one pair of "", a quote inside is \")"},
    Fix{ZS_BAD_TEXT, R"(close the quotes; text with blanks goes into one pair of "", a quote inside is \")"},
    Fix{ZS_TEXT_OVERFLOW, "a text string has at most 255 bytes; split it into several quoted strings"},
    Fix{ZS_ITEM_OVERFLOW, "a text string has at most 255 bytes; split it into several quoted strings"},
    Fix{ZS_DOS_NEWLINE, "a lone carriage return ends no line"},
    Fix{ZS_BAD_DIRECTIVE, "directives are $ORIGIN, $TTL, $INCLUDE and $LINE"},
    Fix{ZS_BAD_TTL, "write `$TTL 3600` or `$TTL 1h`"},
    Fix{ZS_BAD_ORIGIN, "write `$ORIGIN example.com.`"},
    Fix{ZS_BAD_INCLUDE_FILENAME, "write `$INCLUDE file [origin]`"},
    Fix{ZS_BAD_INCLUDE_ORIGIN, "write the origin in full, with its trailing dot"},
    Fix{ZS_BAD_RDATA_LENGTH, "the number behind \\# is the count of bytes that follow"},
};

// At most a few words, on one line, whatever bytes the file holds.
std::string excerpt(std::string_view rest) {
    constexpr size_t kLength = 40;
    std::string text;
    for (const char c : rest.substr(0, kLength)) {
        if (c == '\n') break;
        if (c == '\t' || (c >= ' ' && c <= '~'))
            text += c == '\t' ? ' ' : c;
        else
            fmt::format_to(std::back_inserter(text), "\\{:03}", static_cast<uint8_t>(c));
    }
    const size_t end = text.find_last_not_of(' ');
    text.resize(end == std::string::npos ? 0 : end + 1);
    if (!text.empty() && rest.size() > kLength) text += "...";
    return text;
}

// libzscanner's texts are of ASCII: a raw byte above 127 ends one as a missing quote does.
bool is_raw_byte_in_text(int code, std::string_view rest) {
    const auto line = rest.substr(0, rest.find('\n'));
    return (code == ZS_BAD_TEXT_CHAR || code == ZS_BAD_TEXT) &&
           std::any_of(line.begin(), line.end(), [](char c) { return static_cast<uint8_t>(c) > 127; });
}

std::string_view fix_of(int code, std::string_view rest) {
    if (is_raw_byte_in_text(code, rest)) return "write bytes above 127 as \\DDD, the byte's number in decimal";
    const auto* fix = std::find_if(kFixes.begin(), kFixes.end(), [&](const Fix& f) { return f.code == code; });
    return fix != kFixes.end() ? fix->text : "";
}

}  // namespace

std::string syntax_error_text(int code, std::string_view rest) {
    std::string text = code == ZS_UNCOVERED_STATE ? "incomplete entry" : zs_strerror(code);
    const std::string near = excerpt(rest);
    if (!near.empty()) text += " at '" + near + "'";
    const auto fix = fix_of(code, rest);
    if (!fix.empty()) text.append(": ").append(fix);
    return text;
}

}  // namespace splitline
