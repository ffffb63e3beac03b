// SPDX-License-Identifier: GPL-3.0-or-later
#include "line/prefix_list.h"

#include "line/text_file.h"

namespace splitline {

void read_prefix_list(const std::string& path, LineId line, PrefixBuilder& builder, Diagnostics& diagnostics) {
    const auto text = read_text_file(path);
    if (!text) return diagnostics.error(text.error().place, text.error().message);
    FileDiagnostics findings(path, diagnostics);
    const Membership member{line, builder.source(path)};
    TextLines lines(*text);
    while (const auto row = lines.next()) {
        const auto entry = trim(row->substr(0, row->find_first_of("#;")));
        if (entry.empty()) continue;
        const auto prefix = Prefix::parse(entry);
        if (prefix) {
            builder.add(*prefix, member);
        } else if (!findings.error(lines.number(), prefix.error().message)) {
            return;
        }
    }
}

}  // namespace splitline
