// SPDX-License-Identifier: GPL-3.0-or-later
// What the checks share: the zone, its index, and the findings, which are collected in any order and handed over in
// file order.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "zone/records.h"
#include "zone/zone_index.h"

namespace splitline {

class ZoneFindings {
  public:
    ZoneFindings(const ZoneRecords& zone, const ZoneIndex& index) : zone_(zone), index_(index) {}

    /// About the record of that index, at its place.
    void error(uint32_t record, std::string message);
    void warning(uint32_t record, std::string message);
    /// At a place of its own; sorted in front of what concerns `record`.
    void error_at(uint32_t record, Place place, std::string message);

    /// Takes over what another has found in the same zone, behind its own.
    void append(ZoneFindings&& other);
    /// Forgets the warnings about records of which that is true.
    void drop_warnings(const std::function<bool(uint32_t record)>& of_no_interest);
    void move_to(Diagnostics& diagnostics);

    [[nodiscard]] const ZoneRecords& zone() const { return zone_; }
    [[nodiscard]] const ZoneIndex& index() const { return index_; }
    [[nodiscard]] const Record& record(uint32_t index) const { return zone_.records[index]; }
    [[nodiscard]] std::string_view rdata(uint32_t record) const;
    /// Texts for messages: "www.example.com.", "file:12", "oversea", "CNAME".
    [[nodiscard]] std::string owner_text(uint32_t record) const;
    [[nodiscard]] std::string name_text(const ZoneNode& node) const;
    [[nodiscard]] std::string place_text(uint32_t record) const;
    [[nodiscard]] const std::string& line_text(uint32_t record) const {
        return zone_.lines[zone_.records[record].line];
    }
    [[nodiscard]] std::string type_text(uint32_t record) const;

  private:
    struct Finding {
        uint32_t record = 0;
        bool own_place = false;
        Diagnostic diagnostic;
    };
    const ZoneRecords& zone_;
    const ZoneIndex& index_;
    std::vector<Finding> findings_;
};

}  // namespace splitline
