// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a master file: the reader stays within its buffers, the checks survive whatever it read, and what is
// rendered reads back as the same records.
#include "zone/zone_reader.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <tuple>
#include <vector>

#include "base/dname.h"
#include "zone/zone_check.h"
#include "zone/zone_render.h"

namespace {

using namespace splitline;

using Row = std::tuple<std::string, std::string, uint32_t, uint16_t, std::string>;

void require(bool holds) {
    if (!holds) std::abort();
}

std::vector<Row> sorted_rows(const ZoneRecords& zone) {
    std::vector<Row> rows;
    for (const auto& record : zone.records) {
        require(record.line < zone.lines.size() && record.file < zone.files.size() && record.line_number > 0);
        require(size_t{record.rdata} + record.rdata_length <= zone.bytes.size());
        require(dname_wire_size(zone.bytes.data() + record.owner, zone.bytes.size() - record.owner) != 0);
        const auto rdata = zone.rdata(record);
        rows.emplace_back(zone.lines[record.line], zone.owner(record), record.ttl, record.type,
                          std::string(reinterpret_cast<const char*>(rdata.data()), rdata.size()));
    }
    std::sort(rows.begin(), rows.end());
    return rows;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    Diagnostics diagnostics;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto zone = read_zone_text(text, "example.com.zone", diagnostics);
    check_zone(
        zone, [](std::string_view name) { return name != "x"; }, diagnostics);
    Diagnostics again;
    const auto rendered = read_zone_text(render_zone(zone), "rendered.zone", again);
    require(again.text().empty());
    require(sorted_rows(rendered) == sorted_rows(zone));
    return 0;
}
