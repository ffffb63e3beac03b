// SPDX-License-Identifier: GPL-3.0-or-later
// Says which path answers a query, from the same encoding that fills the name table.
#include <libknot/descriptor.h>

#include "compile/name_record.h"
#include "kernel/fast_path.h"
#include "maps/dns.h"

namespace splitline {

namespace {

PathVerdict verdict(sl_reason reason) {
    const bool fast = reason == SL_REASON_ANSWER || reason == SL_REASON_NODATA || reason == SL_REASON_NXDOMAIN;
    return {fast, reason, reason_text(reason)};
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
    // The table is keyed by name alone: the DS of an apex, which is the parent's business, is always passed.
    const ZoneImage* zone = image.zone_of(name, 0);
    const Node* node = zone != nullptr ? zone->find(name) : nullptr;
    if (node == nullptr || !in_name_table(*node)) return verdict(SL_REASON_UNKNOWN);
    if (type == KNOT_RRTYPE_DS && (node->flags & Node::kApex) != 0) return verdict(SL_REASON_UNFIT);
    NameRecordEncoder encoder(image);
    encoder.encode(*image.zone_at(zone->apex()), *node);
    Answer answer;
    answer_query(image, name, type, class_id, answer);
    if (encoder.unfit() || (classify_answer(answer, name.size()).flags & SL_ANSWER_PASS) != 0)
        return verdict(SL_REASON_UNFIT);
    if (12 + name.size() + 4 + answer.body.size() > udp_limit) return verdict(SL_REASON_SIZE);
    if (answer.rcode != 0) return verdict(SL_REASON_NXDOMAIN);
    return verdict(answer.soa ? SL_REASON_NODATA : SL_REASON_ANSWER);
}

}  // namespace splitline
