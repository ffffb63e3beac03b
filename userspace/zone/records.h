// SPDX-License-Identifier: GPL-3.0-or-later
// The records of one zone as its master file states them: plain data, no index, nothing checked yet.
//
// Life of a zone: master file --zone_reader--> ZoneRecords --zone_check--> Diagnostics, --compile--> ZoneImage. One
// byte buffer holds all owners and RDATA, so a record is 28 bytes and a million of them are read in well under a
// second.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/dname.h"
#include "base/result.h"

namespace splitline {

/// One resource record. Offsets point into ZoneRecords::bytes.
struct Record {
    uint32_t owner = 0;        // folded wire name; consecutive records of one owner share it
    uint32_t rdata = 0;        // wire format, names in it uncompressed and as written
    uint32_t ttl = 0;          // seconds
    uint32_t line_number = 0;  // in files[file]
    uint16_t rdata_length = 0;
    uint16_t type = 0;
    uint16_t line = 0;  // index into lines
    uint16_t file = 0;  // index into files
};

struct ZoneRecords {
    Dname apex;  // owner of the SOA; empty if the file has none
    std::vector<uint8_t> bytes;
    std::vector<Record> records;     // in file order
    std::vector<std::string> lines;  // line names as $LINE gave them; lines[0] is "default"
    std::vector<Place> line_places;  // where each was first named; [0] is empty
    std::vector<std::string> files;  // files[0] is the zone file, the rest came by $INCLUDE

    [[nodiscard]] DnameView owner(const Record& record) const;
    [[nodiscard]] std::basic_string_view<uint8_t> rdata(const Record& record) const {
        return {bytes.data() + record.rdata, record.rdata_length};
    }
    [[nodiscard]] Place place(const Record& record) const { return {files[record.file], record.line_number}; }
};

}  // namespace splitline
