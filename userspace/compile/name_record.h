// SPDX-License-Identifier: GPL-3.0-or-later
// The fast path's form of a name and of a zone, as maps/name_table.h lays them out: pure encoding, no kernel.
//
// A record holds, for every variant of the name's profile, the answers to every type, made by answer_query() for one
// class of that variant. `begin`, `prev` and `zone` are left 0: the publisher, who knows generations and places, sets
// them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "compile/answer.h"
#include "compile/image.h"
#include "maps/name_table.h"

namespace splitline {

/// Whether the name table holds the node: names below delegations and DNAMEs are the resolver's.
bool in_name_table(const Node& node);

/// The SL_NAME_* flags of a node's record.
uint8_t record_flags(const Node& node);

/// Encodes names of one image; reuses its buffers. Not thread-safe.
class NameRecordEncoder {
  public:
    /// The image must outlive the encoder.
    explicit NameRecordEncoder(const Image& image) : image_(image) {}

    /// The record of a node, a whole number of SL_UNITs; valid until the next call. REQUIRES: in_name_table(node).
    /// A delegation, or a name too large for a record, gets one that leaves every query to the resolver.
    const std::vector<uint8_t>& encode(const ZoneSource& zone, const Node& node);
    /// The record of a name that no zone has, with those flags: it leaves every query to the resolver.
    const std::vector<uint8_t>& encode_marker(DnameView name, uint8_t flags);
    /// Whether the last record was of a name too large.
    [[nodiscard]] bool unfit() const { return unfit_; }

  private:
    struct Bytes {  // of answers_: a struct sl_answer and its bytes
        size_t at, size;
    };
    struct Entry {
        uint16_t type;  // network order, or SL_TYPE_OTHER
        Bytes answer;
    };
    struct List {  // a struct sl_answer_list
        uint16_t line;
        size_t first, count;  // of entries_
        uint16_t place = 0;   // in the record
    };

    void clear();
    bool build_lists(const ZoneImage& zone, const Node& node, const Profile& profile);
    List build_list(const ZoneImage& zone, const Node& node, ClassId class_id);
    Bytes encode_answer(const ZoneImage& zone, const Node& node, uint16_t type, ClassId class_id);
    Bytes add_answer(const sl_answer& header, std::span<const uint8_t> body);
    [[nodiscard]] std::span<const Entry> entries_of(const List& list) const {
        return std::span(entries_).subspan(list.first, list.count);
    }
    [[nodiscard]] bool same_bytes(const Bytes& a, const Bytes& b) const;
    [[nodiscard]] bool same_list(const List& a, const List& b) const;
    void pass_all();
    void start(DnameView name, uint8_t apex_offset, uint8_t flags, ProfileId profile);
    bool place_lists();
    std::optional<uint16_t> place_list(const List& list);
    [[nodiscard]] bool is_no_data(const Bytes& bytes) const;
    void keep_together(size_t size);
    std::optional<uint16_t> place_answer(std::span<const uint8_t> answer);
    void finish();

    const Image& image_;
    Answer scratch_;
    std::vector<uint8_t> record_;
    std::vector<uint16_t> types_;
    ProfileKeys keys_;
    ProfileId number_ = kUntailored;  // of the last key
    std::vector<uint8_t> answers_;    // of all lists
    std::vector<Entry> entries_;
    std::vector<List> lists_;       // distinct ones; variants name them by index
    std::vector<size_t> list_of_;   // per variant
    std::vector<uint16_t> placed_;  // where answers are in the record
    bool unfit_ = false;
};

/// Encodes the SOA of negative answers, a whole number of SL_UNITs.
std::vector<uint8_t> encode_zone_record(const ZoneImage& zone);

/// What the fast path does with one answer: an sl_answer as the record would hold it. The bytes stay in `answer`. This
/// is the one rule of which answers fit the fast path.
sl_answer classify_answer(const Answer& answer, size_t name_length);

/// RFC 1071 one's complement sum of bytes, folded to 16 bits, in the byte order the bytes have in memory. `odd` says
/// that the first byte lies at an odd offset of the message.
uint16_t wire_sum(const uint8_t* bytes, size_t size, bool odd);

}  // namespace splitline
