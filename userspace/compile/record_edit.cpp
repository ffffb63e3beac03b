// SPDX-License-Identifier: GPL-3.0-or-later
#include "compile/record_edit.h"

#include <fmt/format.h>
#include <libknot/descriptor.h>

#include <algorithm>

#include "compile/change_check.h"
#include "compile/image.h"
#include "zone/rdata_view.h"
#include "zone/zone_render.h"

namespace splitline {

namespace {

std::string text_of(const RecordChange& change) {
    std::string text = dname_to_text(change.owner);
    if (change.type != 0) text += " " + type_to_text(change.type);
    if (change.line != "default") text += change.line == "*" ? " on any line" : " on line " + change.line;
    return text;
}

// Names in RDATA are the same whatever their case.
bool same_rdata(uint16_t type, std::string_view a, std::string_view b) {
    const auto folded = [&](std::string_view rdata) {
        std::string copy(rdata);
        const DnameView target = rdata_target(type, rdata);
        if (!target.empty())
            dname_fold(reinterpret_cast<uint8_t*>(copy.data()) + (target.data() - rdata.data()), target.size());
        return copy;
    };
    return a == b || (a.size() == b.size() && folded(a) == folded(b));
}

}  // namespace

std::vector<RecordEdit::OwnRecord> own_records(const Node& node) {
    std::vector<NodeRecord> views;
    append_records(node, views);
    std::vector<RecordEdit::OwnRecord> records;
    records.reserve(views.size());
    for (const NodeRecord& view : views) records.push_back({view.line, view.type, view.ttl, std::string(view.rdata)});
    return records;
}

std::vector<RecordEdit::OwnRecord>& RecordEdit::records_of(const Dname& name) {
    const auto [at, added] = names_.try_emplace(name);
    if (added)
        if (const Node* node = base_.find(name)) at->second = own_records(*node);
    return at->second;
}

Result<LineId> RecordEdit::line_of(const RecordChange& change) const {
    if (const auto line = catalog_.find(change.line)) return *line;
    return Error{
        fmt::format("--line: line '{}' is neither built in nor configured; correct the name, or define the "
                    "line in the configuration",
                    change.line)};
}

Result<void> RecordEdit::apply(const RecordChange& change) {
    structural_ = structural_ || change.type == KNOT_RRTYPE_NS || change.type == KNOT_RRTYPE_DNAME || change.type == 0;
    if (change.type == KNOT_RRTYPE_SOA && change.action == RecordChange::Action::kDelete)
        return Error{"a zone has a SOA: set another one instead of deleting it"};
    if (change.action == RecordChange::Action::kDelete) return erase(records_of(change.owner), change);
    const auto line = line_of(change);
    if (!line) return line.error();
    OwnRecord record{*line, change.type, change.ttl, change.rdata};
    sets_soa_ = sets_soa_ || change.type == KNOT_RRTYPE_SOA;
    auto& records = records_of(change.owner);
    if (change.action == RecordChange::Action::kAdd) return add(records, std::move(record), change);
    set(records, std::move(record));
    return {};
}

Result<void> RecordEdit::erase(std::vector<OwnRecord>& records, const RecordChange& change) const {
    LineId line = kDefaultLine;
    if (change.line != "*") {
        const auto found = line_of(change);
        if (!found) return found.error();
        line = *found;
    }
    const auto meant = [&](const OwnRecord& record) {
        // The SOA goes with the zone alone.
        return (change.line == "*" || record.line == line) &&
               (change.type == 0 ? record.type != KNOT_RRTYPE_SOA : record.type == change.type) &&
               (!change.one_record || same_rdata(record.type, record.rdata, change.rdata));
    };
    const auto kept = std::remove_if(records.begin(), records.end(), meant);
    if (kept == records.end())
        return Error{fmt::format("there is no such record: {}{}; see `splitline zone show`", text_of(change),
                                 change.one_record ? " with that RDATA" : "")};
    records.erase(kept, records.end());
    return {};
}

Result<void> RecordEdit::add(std::vector<OwnRecord>& records, OwnRecord record, const RecordChange& change) {
    bool known = false, same_ttl = false;
    for (OwnRecord& other : records) {
        if (other.line != record.line || other.type != record.type) continue;
        if (same_rdata(record.type, other.rdata, record.rdata)) {
            known = true;
            same_ttl = other.ttl == record.ttl;
        }
    }
    if (known && same_ttl) return Error{"there is such a record already: " + text_of(change)};
    for (OwnRecord& other : records)
        if (other.line == record.line && other.type == record.type) other.ttl = record.ttl;
    if (!known) records.push_back(std::move(record));
    return {};
}

void RecordEdit::set(std::vector<OwnRecord>& records, OwnRecord record) {
    const auto replaced = [&](const OwnRecord& other) {
        return other.line == record.line && other.type == record.type;
    };
    records.erase(std::remove_if(records.begin(), records.end(), replaced), records.end());
    records.push_back(std::move(record));
}

void RecordEdit::forget_unchanged() {
    for (auto at = names_.begin(); at != names_.end();) {
        auto& records = at->second;
        std::stable_sort(records.begin(), records.end(), [](const OwnRecord& a, const OwnRecord& b) {
            return std::pair(a.line, a.type) < std::pair(b.line, b.type);
        });
        const Node* node = base_.find(at->first);
        const bool same = node != nullptr ? own_records(*node) == records : records.empty();
        at = same ? names_.erase(at) : std::next(at);
    }
}

// One set to what it is already leaves the serial to be raised by whatever else there is.
bool RecordEdit::soa_changed() const {
    const Dname apex(base_.apex());
    const auto now = names_.find(apex);
    if (now == names_.end()) return false;
    const auto is_soa = [](const OwnRecord& record) { return record.type == KNOT_RRTYPE_SOA; };
    const auto before = own_records(*base_.find(apex));
    const auto old = std::find_if(before.begin(), before.end(), is_soa);
    const auto own = std::find_if(now->second.begin(), now->second.end(), is_soa);
    return old == before.end() || own == now->second.end() || !(*old == *own);
}

// RFC 1982: one more, round the end of 32 bits.
void RecordEdit::raise_serial() {
    for (OwnRecord& record : records_of(Dname(base_.apex()))) {
        if (record.type != KNOT_RRTYPE_SOA) continue;
        for (size_t at = record.rdata.size() - 17, bytes = 4; bytes > 0 && ++record.rdata[at] == 0; --bytes) --at;
    }
}

ZoneUpdate RecordEdit::update() const {
    ZoneUpdate update(base_, catalog_);
    for (const auto& [name, records] : names_) {
        std::vector<NodeRecord> views;
        for (const OwnRecord& record : records) views.push_back({record.line, record.type, record.ttl, record.rdata});
        update.replace(name, std::move(views));
    }
    return update;
}

Result<std::shared_ptr<const ZoneImage>> RecordEdit::finish(Diagnostics& diagnostics) {
    forget_unchanged();
    if (names_.empty()) return std::shared_ptr<const ZoneImage>();
    std::vector<Dname> changed;
    for (const auto& [name, records] : names_) changed.push_back(name);
    if (!sets_soa_ || !soa_changed()) raise_serial();
    ZoneUpdate updated = update();
    const Error refusal{"the zone would have errors; nothing was changed"};
    Diagnostics found;
    std::shared_ptr<const ZoneImage> image;
    if (updated.is_structural()) {
        auto whole = compile_zone(updated.records(), "", catalog_, found);
        if (whole) image = whole->image;
    } else {
        image = updated.finish();
        check_change(base_, *image, changed, catalog_, found);
    }
    diagnostics.append(found);
    if (found.has_errors()) return refusal;
    return image;
}

}  // namespace splitline
