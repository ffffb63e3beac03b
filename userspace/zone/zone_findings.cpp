// SPDX-License-Identifier: GPL-3.0-or-later
#include "zone/zone_findings.h"

#include <algorithm>
#include <iterator>

#include "zone/zone_render.h"

namespace splitline {

void ZoneFindings::error(uint32_t record, std::string message) {
    findings_.push_back(
        {record, false, {Diagnostic::Severity::kError, std::move(message), zone_.place(this->record(record))}});
}

void ZoneFindings::warning(uint32_t record, std::string message) {
    findings_.push_back(
        {record, false, {Diagnostic::Severity::kWarning, std::move(message), zone_.place(this->record(record))}});
}

void ZoneFindings::error_at(uint32_t record, Place place, std::string message) {
    findings_.push_back({record, true, {Diagnostic::Severity::kError, std::move(message), std::move(place)}});
}

void ZoneFindings::append(ZoneFindings&& other) {
    std::move(other.findings_.begin(), other.findings_.end(), std::back_inserter(findings_));
    other.findings_.clear();
}

void ZoneFindings::drop_warnings(const std::function<bool(uint32_t)>& of_no_interest) {
    findings_.erase(std::remove_if(findings_.begin(), findings_.end(),
                                   [&](const Finding& finding) {
                                       return finding.diagnostic.severity == Diagnostic::Severity::kWarning &&
                                              of_no_interest(finding.record);
                                   }),
                    findings_.end());
}

void ZoneFindings::move_to(Diagnostics& diagnostics) {
    std::stable_sort(findings_.begin(), findings_.end(), [](const Finding& a, const Finding& b) {
        return a.record != b.record ? a.record < b.record : a.own_place > b.own_place;
    });
    for (auto& [record, own_place, found] : findings_) {
        if (found.severity == Diagnostic::Severity::kError)
            diagnostics.error(std::move(found.place), std::move(found.message));
        else
            diagnostics.warning(std::move(found.place), std::move(found.message));
    }
    findings_.clear();
}

std::string_view ZoneFindings::rdata(uint32_t record) const {
    const auto bytes = zone_.rdata(this->record(record));
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string ZoneFindings::owner_text(uint32_t record) const {
    return dname_to_text(zone_.owner(this->record(record)));
}

std::string ZoneFindings::name_text(const ZoneNode& node) const {
    return dname_to_text(index_.name(node));
}

std::string ZoneFindings::place_text(uint32_t record) const {
    const Place place = zone_.place(this->record(record));
    return place.line == 0 ? place.file : place.file + ":" + std::to_string(place.line);
}

std::string ZoneFindings::type_text(uint32_t record) const {
    return type_to_text(this->record(record).type);
}

}  // namespace splitline
