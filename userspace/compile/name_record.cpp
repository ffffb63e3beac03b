// SPDX-License-Identifier: GPL-3.0-or-later
#include "compile/name_record.h"

#include <arpa/inet.h>
#include <libknot/consts.h>
#include <libknot/descriptor.h>

#include <algorithm>
#include <cstring>

namespace splitline {

namespace {

size_t round_up(size_t size, size_t to) {
    return (size + to - 1) / to * to;
}

// A type no name has records of, to ask what all such types are answered with. Private use (RFC 6895 section 3.1).
uint16_t absent_type(const std::vector<uint16_t>& types) {
    uint16_t type = 65280;
    while (std::binary_search(types.begin(), types.end(), type)) ++type;
    return type;
}

// Bytes of the body that are stored: all but the SOA, which the zone record supplies.
size_t stored_length(const Answer& answer) {
    if (!answer.soa) return answer.body.size();
    return answer.cuts.size() < 2 ? 0 : answer.cuts[answer.cuts.size() - 2].end;
}

}  // namespace

bool in_name_table(const Node& node) {
    return (node.flags & (Node::kCut | Node::kOccluded)) == 0;
}

uint16_t wire_sum(const uint8_t* bytes, size_t size, bool odd) {
    uint64_t sum = 0;
    for (size_t i = 0; i < size; ++i) {
        // A 16-bit word in memory order: its first byte is the low one on little-endian machines.
        const bool second = ((i & 1) != 0) != odd;
        const bool high = (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) == second;
        sum += high ? uint64_t{bytes[i]} << 8 : bytes[i];
    }
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<uint16_t>(sum);
}

sl_answer classify_answer(const Answer& answer, size_t name_length) {
    sl_answer entry{};
    entry.line = answer.line;
    entry.rcode = answer.rcode;
    const size_t length = stored_length(answer);
    const bool plain = answer.exact && answer.authoritative && answer.answer_count <= UINT8_MAX &&
                       answer.additional_count == 0 && answer.authority_count == (answer.soa ? 1 : 0) &&
                       (answer.rcode == KNOT_RCODE_NOERROR || answer.rcode == KNOT_RCODE_NXDOMAIN) &&
                       answer.body.size() + name_length + 16 <= SL_UDP_PAYLOAD_MAX;
    if (!plain) {
        entry.flags = SL_ANSWER_PASS;
        return entry;
    }
    entry.answer_count = static_cast<uint8_t>(answer.answer_count);
    if (answer.soa) entry.flags |= SL_ANSWER_SOA;
    if (answer.tailored) entry.flags |= SL_ANSWER_TAILORED;
    entry.body_length = static_cast<uint16_t>(length);
    // The body starts behind header, name, type and class: at an odd offset when the name's length is odd.
    entry.body_sum = wire_sum(answer.body.data(), length, name_length % 2 != 0);
    return entry;
}

const std::vector<uint8_t>& NameRecordEncoder::encode(const ZoneSource& zone, const Node& node) {
    const auto index = static_cast<size_t>(&node - zone.image->nodes().data());
    const ProfileId number = (*zone.profiles)[index];
    const Profile& profile = image_.profiles->profiles[number];
    start(zone, node, number, profile.representatives.size());
    unfit_ = !add_variants(zone, node, profile);
    if (unfit_) {
        start(zone, node, kUntailored, 1);
        sl_answer pass{};
        pass.type = SL_TYPE_OTHER;
        pass.flags = SL_ANSWER_PASS;
        lists_.assign(1, {Entry{pass, {}}});
        list_of_.assign(1, 0);
        place_list(0);
    }
    finish();
    return record_;
}

void NameRecordEncoder::start(const ZoneSource& zone, const Node& node, ProfileId profile, size_t variants) {
    const DnameView name = zone.image->name(node);
    sl_name_record header{};
    header.profile = profile;
    header.name_length = node.name_length;
    header.apex_offset = static_cast<uint8_t>(name.size() - zone.image->apex().size());
    header.directory = static_cast<uint16_t>(sizeof header + round_up(name.size(), 8));
    header.variant_count = static_cast<uint16_t>(variants);
    record_.assign(header.directory + round_up(2 * variants, 8), 0);
    std::memcpy(record_.data(), &header, sizeof header);
    std::memcpy(record_.data() + sizeof header, name.data(), name.size());
    lists_.clear();
    list_of_.clear();
    bodies_.clear();
}

bool NameRecordEncoder::add_variants(const ZoneSource& zone, const Node& node, const Profile& profile) {
    if (profile.representatives.size() > SL_OBJECT_MAX / 8) return false;
    types_ = reachable_types(*zone.image, node);
    // A query for the alias itself is answered by the first CNAME alone, whatever the others are answered with.
    for (const ClassId class_id : profile.representatives)
        if (!build_list(*zone.image, node, class_id)) return false;
    for (size_t variant = 0; variant < list_of_.size(); ++variant)
        if (!place_list(variant)) return false;
    return true;
}

bool NameRecordEncoder::build_list(const ZoneImage& zone, const Node& node, ClassId class_id) {
    const DnameView name = zone.name(node);
    std::vector<Entry> list;
    sl_answer other = encode_answer(name, absent_type(types_), class_id);
    const std::vector<uint8_t> other_body = last_body_;
    for (const uint16_t type : types_) {
        sl_answer answer = encode_answer(name, type, class_id);
        // The DS of an apex belongs to the parent zone, should that be served too.
        if (type == KNOT_RRTYPE_DS && (node.flags & Node::kApex) != 0) continue;
        sl_answer same = answer;
        same.type = other.type;
        if (std::memcmp(&same, &other, sizeof same) == 0 && last_body_ == other_body) continue;
        list.push_back({answer, last_body_});
    }
    if ((node.flags & Node::kApex) != 0) {
        sl_answer ds{};
        ds.type = htons(KNOT_RRTYPE_DS);
        ds.flags = SL_ANSWER_PASS;
        list.push_back({ds, {}});
    }
    other.type = SL_TYPE_OTHER;
    list.push_back({other, other_body});
    if (list.size() > SL_ANSWERS_MAX) return false;
    const auto equal = [&](const std::vector<Entry>& placed) {
        return std::equal(placed.begin(), placed.end(), list.begin(), list.end(), [](const Entry& a, const Entry& b) {
            return std::memcmp(&a.answer, &b.answer, sizeof a.answer) == 0 && a.body == b.body;
        });
    };
    const auto known = std::find_if(lists_.begin(), lists_.end(), equal);
    list_of_.push_back(static_cast<size_t>(known - lists_.begin()));
    if (known == lists_.end()) lists_.push_back(std::move(list));
    return true;
}

sl_answer NameRecordEncoder::encode_answer(DnameView name, uint16_t type, ClassId class_id) {
    answer_query(image_, name, type, class_id, scratch_);
    sl_answer entry = classify_answer(scratch_, name.size());
    entry.type = htons(type);
    last_body_.assign(scratch_.body.begin(), scratch_.body.begin() + entry.body_length);
    return entry;
}

// Writes the variant's list into the record, unless an earlier variant has the same one, and points the directory at
// it.
bool NameRecordEncoder::place_list(size_t variant) {
    const auto& header = *reinterpret_cast<const sl_name_record*>(record_.data());
    uint16_t* directory = reinterpret_cast<uint16_t*>(record_.data() + header.directory);
    const auto earlier =
        std::find(list_of_.begin(), list_of_.begin() + static_cast<ptrdiff_t>(variant), list_of_[variant]);
    if (earlier != list_of_.begin() + static_cast<ptrdiff_t>(variant)) {
        directory[variant] = directory[earlier - list_of_.begin()];
        return true;
    }
    std::vector<Entry>& list = lists_[list_of_[variant]];
    const size_t at = round_up(record_.size(), 8);
    if (at + list.size() * sizeof(sl_answer) > SL_OBJECT_MAX) return false;
    directory[variant] = static_cast<uint16_t>(at);
    record_.resize(at + list.size() * sizeof(sl_answer));
    for (size_t i = 0; i < list.size(); ++i) {
        last_body_ = list[i].body;
        if (!place_body(list[i].answer)) return false;
        std::memcpy(record_.data() + at + i * sizeof(sl_answer), &list[i].answer, sizeof(sl_answer));
    }
    return true;
}

bool NameRecordEncoder::place_body(sl_answer& answer) {
    if (last_body_.empty()) return true;
    // Equal bodies are stored once: NODATA-only lines, one CDN on many lines.
    const auto same = [&](const Placed& body) {
        return body.size == last_body_.size() &&
               std::equal(last_body_.begin(), last_body_.end(), record_.begin() + static_cast<ptrdiff_t>(body.offset));
    };
    auto found = std::find_if(bodies_.begin(), bodies_.end(), same);
    if (found == bodies_.end()) {
        if (record_.size() + last_body_.size() > SL_OBJECT_MAX) return false;
        found = bodies_.insert(bodies_.end(), Placed{record_.size(), last_body_.size()});
        record_.insert(record_.end(), last_body_.begin(), last_body_.end());
    }
    answer.body = static_cast<uint16_t>(found->offset);
    return true;
}

void NameRecordEncoder::finish() {
    record_.resize(round_up(record_.size(), SL_UNIT));
    reinterpret_cast<sl_name_record*>(record_.data())->size = static_cast<uint16_t>(record_.size() / SL_UNIT);
}

std::vector<uint8_t> encode_zone_record(const ZoneImage& zone) {
    const Rrset& soa = zone.soa();
    const size_t rdata_size = soa.size - 2;
    sl_zone_record header{};
    header.length = static_cast<uint16_t>(10 + rdata_size);
    std::vector<uint8_t> record(round_up(sizeof header + header.length, SL_UNIT), 0);
    header.size = static_cast<uint16_t>(record.size() / SL_UNIT);
    uint8_t* rr = record.data() + sizeof header;
    const uint32_t ttl = htonl(zone.negative_ttl());
    const uint16_t fixed[2] = {htons(KNOT_RRTYPE_SOA), htons(KNOT_CLASS_IN)};
    std::memcpy(rr, fixed, 4);
    std::memcpy(rr + 4, &ttl, 4);
    std::memcpy(rr + 8, zone.bytes(soa.rdata),
                soa.size);  // RDLENGTH stands before the RDATA there as it does on the wire
    header.sum = wire_sum(rr, header.length, false);
    std::memcpy(record.data(), &header, sizeof header);
    return record;
}

}  // namespace splitline
