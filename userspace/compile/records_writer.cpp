// SPDX-License-Identifier: GPL-3.0-or-later
#include "compile/records_writer.h"

namespace splitline {

RecordsWriter::RecordsWriter(DnameView apex, const LineCatalog& catalog, std::vector<std::string> files)
    : catalog_(catalog), numbers_(catalog.size()) {
    zone_.apex = apex;
    zone_.lines.push_back(catalog.name(kDefaultLine));
    zone_.line_places.emplace_back();
    zone_.files = std::move(files);
}

uint16_t RecordsWriter::number_of(LineId line) {
    if (line == kDefaultLine || numbers_[line] != 0) return numbers_[line];
    zone_.lines.push_back(catalog_.name(line));
    zone_.line_places.push_back({zone_.files[0], 0});
    return numbers_[line] = static_cast<uint16_t>(zone_.lines.size() - 1);
}

void RecordsWriter::add(DnameView owner, std::span<const NodeRecord> records, uint16_t file) {
    if (records.empty()) return;
    const uint32_t owner_at = add_name(owner);
    for (const NodeRecord& record : records) {
        zone_.records.push_back({.owner = owner_at,
                                 .rdata = static_cast<uint32_t>(zone_.bytes.size()),
                                 .ttl = record.ttl,
                                 .rdata_length = static_cast<uint16_t>(record.rdata.size()),
                                 .type = record.type,
                                 .line = number_of(record.line),
                                 .file = file});
        zone_.bytes.insert(zone_.bytes.end(), record.rdata.begin(), record.rdata.end());
    }
}

uint32_t RecordsWriter::add_name(DnameView name) {
    const auto at = static_cast<uint32_t>(zone_.bytes.size());
    zone_.bytes.insert(zone_.bytes.end(), name.begin(), name.end());
    return at;
}

void RecordsWriter::add(const Node& node) {
    scratch_.clear();
    append_records(node, scratch_);
    add(name_of(node), scratch_);
}

}  // namespace splitline
