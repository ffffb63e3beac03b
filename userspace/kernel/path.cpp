// SPDX-License-Identifier: GPL-3.0-or-later
// Says which path answers a query, from the same encoding that fills the name table.
#include <libknot/consts.h>
#include <libknot/descriptor.h>

#include <algorithm>
#include <optional>
#include <variant>

#include "compile/above_apex.h"
#include "compile/name_record.h"
#include "kernel/fast_path.h"
#include "maps/dns.h"

namespace splitline {

namespace {

PathVerdict verdict(sl_reason reason) {
    return {sl_is_answer(reason) != 0, reason, reason_text(reason)};
}

/// What the name table has of a name.
struct TableName {
    uint8_t flags = 0;
    const ZoneImage* zone = nullptr;
    const Node* node = nullptr;  // nullptr: a name above an apex
};

std::optional<TableName> find_in_table(const Image& image, DnameView name) {
    const ZoneImage* zone = image.zone_of(name, 0);
    const Node* node = zone != nullptr ? zone->find(name) : nullptr;
    if (node != nullptr && in_name_table(*node)) return TableName{record_flags(*node), zone, node};
    const bool above_apex =
        name.size() > 1 && std::any_of(image.zones.begin(), image.zones.end(),
                                       [&](const auto& each) { return dname_in(each.image->apex(), name); });
    if (!above_apex) return std::nullopt;
    return TableName{flags_above_apex(image, name).value_or(0), nullptr, nullptr};
}

std::optional<TableName> closest_encloser(const Image& image, DnameView name) {
    while (name.size() > 1) {
        name = dname_parent(name);
        if (const auto found = find_in_table(image, name)) return found;
    }
    return std::nullopt;
}

// The record whose answers a query for `name` gets, or the reason why none.
std::variant<TableName, sl_reason> find_record(const Image& image, DnameView name) {
    if (const auto found = find_in_table(image, name)) return *found;
    const auto encloser = closest_encloser(image, name);
    if (!encloser || (encloser->flags & SL_NAME_OUTSIDE) != 0) return SL_REASON_REFUSED;
    if ((encloser->flags & SL_NAME_DELEGATED) != 0) return SL_REASON_DELEGATED;
    if ((encloser->flags & SL_NAME_WILDCARD) == 0) return SL_REASON_NXDOMAIN;
    const auto wildcard = find_in_table(image, "\1*" + Dname(encloser->zone->name(*encloser->node)));
    if (!wildcard || wildcard->zone != encloser->zone) return SL_REASON_DELEGATED;
    return *wildcard;
}

}  // namespace

const char* reason_label(sl_reason reason) {
    switch (reason) {
#define LABEL(identifier, label, text) \
    case SL_REASON_##identifier:       \
        return label;
        SL_REASONS(LABEL)
#undef LABEL
        case SL_REASON_COUNT:
            break;
    }
    return "";
}

const char* reason_text(sl_reason reason) {
    switch (reason) {
#define TEXT(identifier, label, text) \
    case SL_REASON_##identifier:      \
        return text;
        SL_REASONS(TEXT)
#undef TEXT
        case SL_REASON_COUNT:
            break;
    }
    return "";
}

PathVerdict path_of(const Image& image, DnameView name, uint16_t type, ClassId class_id, size_t udp_limit) {
    if (sl_is_passed_type(type) != 0) return verdict(SL_REASON_QTYPE);
    const auto found = find_record(image, name);
    const TableName* record = std::get_if<TableName>(&found);
    if (record == nullptr && std::get<sl_reason>(found) == SL_REASON_DELEGATED) return verdict(SL_REASON_DELEGATED);
    // The table is keyed by name alone: the DS of an apex, which is the parent's business, is always passed.
    if (record != nullptr && (record->node == nullptr || (record->node->flags & Node::kCut) != 0 ||
                              (type == KNOT_RRTYPE_DS && (record->node->flags & Node::kApex) != 0)))
        return verdict(SL_REASON_UNFIT);
    Answer answer;
    answer_query(image, name, type, class_id, answer);
    if (record != nullptr) {
        NameRecordEncoder encoder(image);
        encoder.encode(*image.zone_at(record->zone->apex()), *record->node);
        if (encoder.unfit() || (classify_answer(answer, record->node->name_length).flags & SL_ANSWER_PASS) != 0)
            return verdict(SL_REASON_UNFIT);
    }
    if (12 + name.size() + 4 + answer.body.size() > udp_limit) return verdict(SL_REASON_SIZE);
    if (answer.rcode == KNOT_RCODE_REFUSED) return verdict(SL_REASON_REFUSED);
    if (answer.rcode != 0) return verdict(SL_REASON_NXDOMAIN);
    return verdict(answer.soa ? SL_REASON_NODATA : SL_REASON_ANSWER);
}

}  // namespace splitline
