// SPDX-License-Identifier: GPL-3.0-or-later
#include "compile/name_record.h"

#include <arpa/inet.h>
#include <libknot/consts.h>
#include <libknot/descriptor.h>

#include <algorithm>
#include <cstring>

namespace splitline {

namespace {

constexpr uint16_t kCname = KNOT_RRTYPE_CNAME;

size_t round_up(size_t size, size_t to) {
    return (size + to - 1) / to * to;
}

// A type no name has records of, to ask what all such types are answered with. Private use (RFC 6895 section 3.1).
uint16_t absent_type(const std::vector<uint16_t>& types) {
    uint16_t type = 65280;
    while (std::binary_search(types.begin(), types.end(), type)) ++type;
    return type;
}

// The answer that is left to the resolver.
sl_answer pass() {
    sl_answer made{};
    made.flags = SL_ANSWER_PASS;
    return made;
}

// Bytes of the body that are stored: all but the SOA, which the zone record supplies.
size_t stored_length(const Answer& answer) {
    if (!answer.soa) return answer.body.size();
    return answer.cuts.size() < 2 ? 0 : answer.cuts[answer.cuts.size() - 2].end;
}

}  // namespace

bool in_name_table(const Node& node) {
    return (node.flags & Node::kOccluded) == 0;
}

uint8_t record_flags(const Node& node) {
    const bool wildcard = (node.flags & Node::kWildcardBelow) != 0;
    const bool delegated = (node.flags & (Node::kCut | Node::kDname)) != 0;
    const bool inner =
        node.children > 0 || delegated || (node.flags & Node::kApex) != 0 || dname_is_wildcard(name_of(node));
    return static_cast<uint8_t>((wildcard ? SL_NAME_WILDCARD : 0) | (delegated ? SL_NAME_DELEGATED : 0) |
                                (inner ? SL_NAME_INNER : 0));
}

uint16_t wire_sum(const uint8_t* bytes, size_t size, bool odd) {
    // By larger words: carries come back when the sum is folded (RFC 1071 section 2(C)).
    uint64_t sum = 0;
    uint32_t word = 0;
    size_t at = 0;
    for (; at + sizeof word <= size; at += sizeof word) {
        std::memcpy(&word, bytes + at, sizeof word);
        sum += word;
    }
    if (at < size) {
        word = 0;
        std::memcpy(&word, bytes + at, size - at);
        sum += word;
    }
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    // One byte farther on every byte is the other one of its word (RFC 1071 section 2(B)).
    return static_cast<uint16_t>(odd ? (sum & 0xff) << 8 | sum >> 8 : sum);
}

sl_answer classify_answer(const Answer& answer, size_t name_length) {
    sl_answer made{};
    const size_t length = stored_length(answer);
    const bool plain = answer.exact && answer.authoritative && answer.answer_count <= UINT8_MAX &&
                       answer.additional_count == 0 && answer.authority_count == (answer.soa ? 1 : 0) &&
                       (answer.rcode == KNOT_RCODE_NOERROR || answer.rcode == KNOT_RCODE_NXDOMAIN) &&
                       answer.body.size() + name_length + 16 <= SL_UDP_PAYLOAD_MAX;
    if (!plain) {
        made.flags = SL_ANSWER_PASS;
        return made;
    }
    made.count = static_cast<uint8_t>(answer.answer_count);
    if (answer.soa) made.flags |= SL_ANSWER_SOA;
    if (answer.tailored) made.flags |= SL_ANSWER_TAILORED;
    if (answer.rcode == KNOT_RCODE_NXDOMAIN) made.flags |= SL_ANSWER_NXDOMAIN;
    made.length = static_cast<uint16_t>(length);
    // The bytes start behind header, name, type and class: at an odd offset when the name's length is odd.
    made.sum = wire_sum(answer.body.data(), length, name_length % 2 != 0);
    return made;
}

const std::vector<uint8_t>& NameRecordEncoder::encode(const ZoneSource& zone, const Node& node) {
    const ProfileKey& key = keys_.of(*zone.image, node);
    if (!keys_.repeated()) number_ = image_.profiles->number_of(key);
    const ProfileId number = number_;
    const Profile& profile = image_.profiles->profiles[number];
    const DnameView name = zone.image->name(node);
    const auto apex_offset = static_cast<uint8_t>(name.size() - zone.image->apex().size());
    const bool cut = (node.flags & Node::kCut) != 0;
    clear();
    unfit_ = !cut && (number > UINT16_MAX || !build_lists(*zone.image, node, profile));
    if (!cut && !unfit_) {
        start(name, apex_offset, record_flags(node), number);
        unfit_ = !place_lists();
    }
    if (cut || unfit_) {
        pass_all();
        start(name, apex_offset, record_flags(node), kUntailored);
        place_lists();
    }
    finish();
    return record_;
}

const std::vector<uint8_t>& NameRecordEncoder::encode_marker(DnameView name, uint8_t flags) {
    unfit_ = false;
    pass_all();
    start(name, 0, flags, kUntailored);
    place_lists();
    finish();
    return record_;
}

void NameRecordEncoder::clear() {
    answers_.clear();
    entries_.clear();
    lists_.clear();
    list_of_.clear();
}

void NameRecordEncoder::pass_all() {
    clear();
    entries_.push_back({SL_TYPE_OTHER, add_answer(pass(), {})});
    lists_.push_back({kDefaultLine, 0, 1});
    list_of_.push_back(0);
}

bool NameRecordEncoder::build_lists(const ZoneImage& zone, const Node& node, const Profile& profile) {
    if (profile.representatives.size() > SL_OBJECT_MAX / 8) return false;
    reachable_types(zone, node, types_);
    for (const ClassId class_id : profile.representatives) {
        const List list = build_list(zone, node, class_id);
        if (list.count > SL_ANSWERS_MAX) return false;
        const auto known =
            std::find_if(lists_.begin(), lists_.end(), [&](const List& other) { return same_list(list, other); });
        list_of_.push_back(static_cast<size_t>(known - lists_.begin()));
        if (known == lists_.end()) lists_.push_back(list);
    }
    return true;
}

NameRecordEncoder::List NameRecordEncoder::build_list(const ZoneImage& zone, const Node& node, ClassId class_id) {
    const bool apex = (node.flags & Node::kApex) != 0;
    const size_t first = entries_.size();
    // A name that is no alias has no other types on one line either: that answer is the same on all.
    const bool known_other =
        !lists_.empty() && !apex && !types_.empty() && !std::binary_search(types_.begin(), types_.end(), kCname);
    const Bytes other =
        known_other ? entries_of(lists_[0]).back().answer : encode_answer(zone, node, absent_type(types_), class_id);
    const LineId line_of_other = scratch_.line;
    for (const uint16_t type : types_) {
        // The DS of an apex belongs to the parent zone, should that be served too.
        if (type == KNOT_RRTYPE_DS && apex) continue;
        const Bytes answer = encode_answer(zone, node, type, class_id);
        if (!same_bytes(answer, other)) entries_.push_back({htons(type), answer});
    }
    if (apex) entries_.push_back({htons(KNOT_RRTYPE_DS), add_answer(pass(), {})});
    entries_.push_back({SL_TYPE_OTHER, other});
    return {known_other ? scratch_.line : line_of_other, first, entries_.size() - first};
}

NameRecordEncoder::Bytes NameRecordEncoder::encode_answer(const ZoneImage& zone, const Node& node, uint16_t type,
                                                          ClassId class_id) {
    answer_for_node(image_, zone, node, type, class_id, scratch_);
    const sl_answer header = classify_answer(scratch_, node.name_length);
    return add_answer(header, std::span(scratch_.body).first(header.length));
}

NameRecordEncoder::Bytes NameRecordEncoder::add_answer(const sl_answer& header, std::span<const uint8_t> body) {
    const Bytes bytes{answers_.size(), sizeof header + body.size()};
    answers_.resize(bytes.at + bytes.size);
    std::memcpy(answers_.data() + bytes.at, &header, sizeof header);
    std::copy(body.begin(), body.end(), answers_.begin() + static_cast<ptrdiff_t>(bytes.at + sizeof header));
    return bytes;
}

bool NameRecordEncoder::same_bytes(const Bytes& a, const Bytes& b) const {
    return a.size == b.size && std::memcmp(answers_.data() + a.at, answers_.data() + b.at, a.size) == 0;
}

bool NameRecordEncoder::same_list(const List& a, const List& b) const {
    const auto same = [&](const Entry& x, const Entry& y) {
        return x.type == y.type && same_bytes(x.answer, y.answer);
    };
    const auto x = entries_of(a), y = entries_of(b);
    return a.line == b.line && std::equal(x.begin(), x.end(), y.begin(), y.end(), same);
}

void NameRecordEncoder::start(DnameView name, uint8_t apex_offset, uint8_t flags, ProfileId profile) {
    sl_name_record header{};
    header.zone = SL_NO_ZONE;
    header.flags = flags;
    header.profile = static_cast<uint16_t>(profile);
    header.name_length = static_cast<uint8_t>(name.size());
    header.apex_offset = apex_offset;
    header.variant_count = static_cast<uint16_t>(list_of_.size());
    const size_t name_at = sl_name_offset(header.variant_count);
    record_.assign(name_at + round_up(name.size(), 8), 0);
    std::memcpy(record_.data(), &header, sizeof header);
    std::memcpy(record_.data() + name_at, name.data(), name.size());
}

// Writes lists and answers behind the name and points the directory at them. False when the record gets too long.
bool NameRecordEncoder::place_lists() {
    placed_.clear();
    for (List& list : lists_) {
        const auto place = place_list(list);
        if (!place) return false;
        list.place = *place;
    }
    auto* directory = reinterpret_cast<uint16_t*>(record_.data() + sizeof(sl_name_record));
    for (size_t variant = 0; variant < list_of_.size(); ++variant) directory[variant] = lists_[list_of_[variant]].place;
    return true;
}

std::optional<uint16_t> NameRecordEncoder::place_list(const List& list) {
    const auto entries = entries_of(list);
    const bool ends_plainly = is_no_data(entries.back().answer);
    const auto named = entries.first(entries.size() - (ends_plainly ? 1 : 0));
    const size_t size =
        sizeof(sl_answer_list) + named.size() * sizeof(sl_answer_entry) + (ends_plainly ? sizeof(uint16_t) : 0);
    keep_together(size + (named.empty() ? 0 : named[0].answer.size));
    const size_t at = record_.size();
    if (at + size > SL_OBJECT_MAX) return std::nullopt;
    record_.resize(at + size);
    std::memcpy(record_.data() + at, &list.line, sizeof list.line);
    size_t entry_at = at + sizeof(sl_answer_list);
    for (const Entry& each : named) {
        const auto answer = place_answer(std::span(answers_).subspan(each.answer.at, each.answer.size));
        if (!answer) return std::nullopt;
        const sl_answer_entry entry{each.type, *answer};
        std::memcpy(record_.data() + entry_at, &entry, sizeof entry);
        entry_at += sizeof entry;
    }
    constexpr uint16_t kNoData = SL_TYPE_NO_DATA;
    if (ends_plainly) std::memcpy(record_.data() + entry_at, &kNoData, sizeof kNoData);
    return static_cast<uint16_t>(at);
}

// Whether the answer is what SL_TYPE_NO_DATA stands for in this record.
bool NameRecordEncoder::is_no_data(const Bytes& bytes) const {
    sl_answer answer;
    std::memcpy(&answer, answers_.data() + bytes.at, sizeof answer);
    const auto& record = *reinterpret_cast<const sl_name_record*>(record_.data());
    const int flags = record.profile == kUntailored ? SL_ANSWER_SOA : SL_ANSWER_SOA | SL_ANSWER_TAILORED;
    return answer.length == 0 && answer.count == 0 && answer.flags == flags;
}

// Moves on to the next cache line where `size` bytes that are read together would straddle two, if little is lost.
void NameRecordEncoder::keep_together(size_t size) {
    constexpr size_t kCacheLine = 64, kWorth = 16;
    const size_t left = kCacheLine - record_.size() % kCacheLine;
    if (size > left && size <= kCacheLine && left <= kWorth) record_.resize(record_.size() + left);
}

std::optional<uint16_t> NameRecordEncoder::place_answer(std::span<const uint8_t> answer) {
    // Equal answers are stored once: NODATA, one CDN on many lines.
    const auto same = [&](size_t at) {
        return record_.size() - at >= answer.size() &&
               std::memcmp(record_.data() + at, answer.data(), answer.size()) == 0;
    };
    const auto known = std::find_if(placed_.begin(), placed_.end(), same);
    if (known != placed_.end()) return *known;
    if (record_.size() + answer.size() > SL_OBJECT_MAX) return std::nullopt;
    placed_.push_back(static_cast<uint16_t>(record_.size()));
    record_.insert(record_.end(), answer.begin(), answer.end());
    record_.resize(round_up(record_.size(), 2));
    return placed_.back();
}

void NameRecordEncoder::finish() {
    record_.resize(round_up(record_.size(), SL_UNIT));
    reinterpret_cast<sl_name_record*>(record_.data())->size = static_cast<uint16_t>(record_.size() / SL_UNIT);
}

std::vector<uint8_t> encode_zone_record(const ZoneImage& zone) {
    const NegativeSoa& soa = zone.negative_soa();
    const std::span<const uint8_t> bytes = soa.bytes();
    sl_zone_record header{};
    header.length = static_cast<uint16_t>(bytes.size());
    header.sum = wire_sum(bytes.data(), bytes.size(), false);
    header.pointers[0] = soa.pointers()[1];
    header.pointers[1] = soa.pointers()[2];
    header.weight = 1;  // of the owner's, at offset 0
    for (const uint16_t at : header.pointers)
        if (at != 0) header.weight = static_cast<uint16_t>(header.weight + (at % 2 == 0 ? 1 : 256));
    std::vector<uint8_t> record(round_up(sizeof header + bytes.size(), SL_UNIT), 0);
    header.size = static_cast<uint16_t>(record.size() / SL_UNIT);
    std::memcpy(record.data(), &header, sizeof header);
    std::memcpy(record.data() + sizeof header, bytes.data(), bytes.size());
    return record;
}

}  // namespace splitline
