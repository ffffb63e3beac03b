// SPDX-License-Identifier: GPL-3.0-or-later
// One change of a zone's records as an operator writes it, on the command line or in a stream:
//
//     set NAME [--line LINE] TTL TYPE RDATA...     the records of the type become this one
//     add NAME [--line LINE] TTL TYPE RDATA...     one more record, which gives all of the type its TTL
//     del NAME [--line LINE] [TYPE [RDATA...]]     one record, all of the type, or all of the name
//
// NAME is relative to the zone unless it ends in a dot, `@` is the zone itself. Without --line it is about `default`;
// del takes `--line '*'` for all lines. RDATA is written as in a master file, to the end of the line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/dname.h"
#include "base/result.h"

namespace splitline {

struct RecordChange {
    enum class Action { kSet, kAdd, kDelete };
    Action action = Action::kSet;
    Dname owner;
    std::string line = "default";  // as given, lower case; "*": all lines
    uint16_t type = 0;             // 0: of every type
    uint32_t ttl = 0;
    std::string rdata;       // wire form
    bool one_record = true;  // false: whatever the RDATA
};

/// Errors name the field and what to write instead. Nothing of `text` is ever taken for more than one record.
Result<RecordChange> parse_record_change(std::string_view text, DnameView apex);

}  // namespace splitline
