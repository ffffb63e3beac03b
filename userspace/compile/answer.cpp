// SPDX-License-Identifier: GPL-3.0-or-later
#include "compile/answer.h"

#include <libknot/consts.h>
#include <libknot/descriptor.h>

#include <algorithm>
#include <array>

#include "compile/message_writer.h"

namespace splitline {

void Answer::clear() {
    body.clear();
    cuts.clear();
    answer_count = authority_count = additional_count = rcode = 0;
    authoritative = tailored = soa = exact = false;
    line = kDefaultLine;
    zone = nullptr;
}

namespace {

using Section = MessageWriter::Section;

constexpr uint32_t kQuestionPosition = 12;
constexpr uint32_t kOutOfReach = 1U << 16;  // no compression pointer reaches as far
// RFC 8482 section 4.2: the answer to ANY, with a TTL long enough to quiet whoever asks.
constexpr std::array<uint8_t, 9> kAnyHinfo = {7, 'R', 'F', 'C', '8', '4', '8', '2', 0};
constexpr uint32_t kAnyTtl = 3789;

/// One query on its way through one zone: RFC 1034 section 4.3.2 with RFC 4592 wildcards and RFC 6672 DNAMEs.
class Lookup {
  public:
    Lookup(const Image& image, const ZoneImage& zone, DnameView name, uint16_t type, ClassId class_id, Answer& answer)
        : zone_(zone),
          chain_(image.classes->chains[class_id]),
          type_(type),
          answer_(answer),
          writer_(answer, name.size() + 4),
          current_(name),
          apex_position_(suffix_position(zone.apex())) {}

    /// From the node of the name, or nullptr.
    void run(const Node* node) {
        answer_.zone = &zone_;
        answer_.authoritative = true;
        for (unsigned followed = 0; followed <= kChainMax && step(node, followed == 0); ++followed)
            node = zone_.find(current_);
    }

  private:
    // Where a suffix of the current name stands in the message.
    [[nodiscard]] uint32_t suffix_position(DnameView suffix) const {
        return position_ + static_cast<uint32_t>(current_.size() - suffix.size());
    }

    // Answers the current name; true when it was an alias and current_ is now its target inside this zone.
    bool step(const Node* node, bool first) {
        if (node != nullptr && (node->flags & Node::kOccluded) == 0 &&
            ((node->flags & Node::kCut) == 0 || type_ == KNOT_RRTYPE_DS)) {
            return answer_node(*node, first);
        }
        const Node& encloser = node != nullptr ? *node : zone_.closest_encloser(current_);
        if (const Node* cut = structure_above(encloser)) {
            if ((cut->flags & Node::kCut) != 0) return refer(*cut, first);
            return redirect(*cut);
        }
        if ((encloser.flags & Node::kWildcardBelow) != 0)
            return answer_node(*zone_.find("\1*" + Dname(zone_.name(encloser))), first);
        answer_.exact = answer_.exact || first;
        answer_.rcode = KNOT_RCODE_NXDOMAIN;
        return negative();
    }

    // The topmost delegation or DNAME at or above the node (a DNAME only redirects what is below it), nullptr if none.
    [[nodiscard]] const Node* structure_above(const Node& node) const {
        const Node* top = nullptr;
        DnameView name = zone_.name(node);
        for (const Node* at = &node;; at = zone_.find(name)) {
            const bool below = current_.size() > name.size();
            if ((at->flags & Node::kCut) != 0 || ((at->flags & Node::kDname) != 0 && below)) top = at;
            if (name.size() <= zone_.apex().size()) return top;
            name = dname_parent(name);
        }
    }

    // The records of the first line in the client's chain that the node has any on (DESIGN 4.2).
    [[nodiscard]] const LineRecords* records_for_client(const Node& node) const {
        if (!zone_.tailored(node)) return zone_.on_line(node, kDefaultLine);
        for (const LineId line : chain_)
            if (const LineRecords* records = zone_.on_line(node, line)) return records;
        return nullptr;
    }

    bool answer_node(const Node& node, bool first) {
        answer_.exact = answer_.exact || first;
        if (first && dname_is_wildcard(zone_.name(node))) movable_ = true;
        // SOA and NS of the apex never vary by line.
        const bool fixed = (node.flags & Node::kApex) != 0 && (type_ == KNOT_RRTYPE_SOA || type_ == KNOT_RRTYPE_NS);
        answer_.tailored = answer_.tailored || (!fixed && zone_.tailored(node));
        const LineRecords* records = fixed ? zone_.on_line(node, kDefaultLine) : records_for_client(node);
        if (records == nullptr) return negative();
        if (first) answer_.line = records->line;
        if (type_ == KNOT_RRTYPE_ANY) return answer_any();
        if (const Rrset* rrset = zone_.rrset(*records, type_)) {
            write(Section::kAnswer, position_, current_, *rrset);
            writer_.end_rrset(true);
            return false;
        }
        if (const Rrset* cname = zone_.rrset(*records, KNOT_RRTYPE_CNAME)) {
            follow(write(Section::kAnswer, position_, current_, *cname), *cname);
            return dname_in(current_, zone_.apex());
        }
        return negative();
    }

    bool answer_any() {
        writer_.record(Section::kAnswer, position_, current_, KNOT_RRTYPE_HINFO, kAnyTtl, kAnyHinfo);
        writer_.end_rrset(true);
        return false;
    }

    // Makes the target of the CNAME just written the current name.
    void follow(uint32_t rdata_position, const Rrset& cname) {
        writer_.end_rrset(true);
        for_each_rdata(cname, [&](std::span<const uint8_t> rdata) { place(rdata, rdata_position); });
    }

    void place(std::span<const uint8_t> name, uint32_t position) {
        target_.assign(reinterpret_cast<const char*>(name.data()), name.size());
        dname_fold(reinterpret_cast<uint8_t*>(target_.data()), target_.size());
        current_ = target_;
        position_ = movable_ ? kOutOfReach : position;
    }

    // Writes a whole RRset; returns the position of its last RDATA.
    uint32_t write(Section section, uint32_t owner_position, DnameView owner, const Rrset& rrset) {
        uint32_t position = 0;
        for_each_rdata(rrset, [&](std::span<const uint8_t> rdata) {
            position = writer_.record(section, owner_position, owner, rrset.type, rrset.ttl, rdata);
        });
        return position;
    }

    // The apex is always a suffix of the question, so the fast path can append the SOA to any body.
    bool negative() {
        answer_.soa = true;
        writer_.negative_soa(apex_position_, zone_.negative_soa());
        writer_.end_rrset(true);
        return false;
    }

    // A referral: the cut's NS and glue. Not authoritative unless an alias led here.
    bool refer(const Node& cut, bool first) {
        if (first) answer_.authoritative = false;
        const LineRecords& records = *zone_.on_line(cut, kDefaultLine);
        const Rrset& ns = *zone_.rrset(records, KNOT_RRTYPE_NS);
        const uint32_t owner = suffix_position(zone_.name(cut));
        std::vector<PlacedName> targets;
        for_each_rdata(ns, [&](std::span<const uint8_t> rdata) {
            const uint32_t at = writer_.record(Section::kAuthority, owner, zone_.name(cut), ns.type, ns.ttl, rdata);
            targets.push_back({Dname(reinterpret_cast<const char*>(rdata.data()), rdata.size()), at});
        });
        writer_.end_rrset(true);
        for (PlacedName& target : targets) {
            dname_fold(reinterpret_cast<uint8_t*>(target.name.data()), target.name.size());
            add_glue(target, dname_in(target.name, zone_.name(cut)));
        }
        return false;
    }

    // RFC 9471: glue below the cut itself must not be left out without TC; glue of a sibling may.
    void add_glue(const PlacedName& target, bool in_domain) {
        const Node* node = dname_in(target.name, zone_.apex()) ? zone_.find(target.name) : nullptr;
        const LineRecords* records = node != nullptr ? zone_.on_line(*node, kDefaultLine) : nullptr;
        if (records == nullptr) return;
        for (const uint16_t type : {KNOT_RRTYPE_A, KNOT_RRTYPE_AAAA}) {
            if (const Rrset* rrset = zone_.rrset(*records, type)) {
                write(Section::kAdditional, target.position, target.name, *rrset);
                writer_.end_rrset(in_domain);
            }
        }
    }

    // RFC 6672: the DNAME, and a CNAME made from it for the name asked.
    bool redirect(const Node& dname) {
        answer_.exact = false;
        const Rrset& rrset = *zone_.rrset(*zone_.on_line(dname, kDefaultLine), KNOT_RRTYPE_DNAME);
        const DnameView owner = zone_.name(dname);
        Dname target(current_.substr(0, current_.size() - owner.size()));
        for_each_rdata(rrset, [&](std::span<const uint8_t> rdata) {
            writer_.record(Section::kAnswer, suffix_position(owner), owner, rrset.type, rrset.ttl, rdata);
            target.append(reinterpret_cast<const char*>(rdata.data()), rdata.size());
        });
        writer_.end_rrset(true);
        if (target.size() > KNOT_DNAME_MAXLEN) {
            answer_.rcode = KNOT_RCODE_YXDOMAIN;
            return false;
        }
        const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(target.data()), target.size());
        const uint32_t at = writer_.record(Section::kAnswer, position_, current_, KNOT_RRTYPE_CNAME, rrset.ttl, bytes);
        writer_.end_rrset(true);
        place(bytes, at);
        return type_ != KNOT_RRTYPE_CNAME && dname_in(current_, zone_.apex());
    }

    const ZoneImage& zone_;
    const std::vector<LineId>& chain_;
    uint16_t type_;
    Answer& answer_;
    MessageWriter writer_;
    DnameView current_;
    uint32_t position_ = kQuestionPosition;  // where it stands uncompressed in the message
    Dname target_;                           // current_, once an alias was followed
    uint32_t apex_position_;
    // A wildcard answers for names of every length, and one record of the fast path for all of them: what follows the
    // question must not depend on where that ends, so further owners are written out.
    bool movable_ = false;
};

}  // namespace

void answer_query(const Image& image, DnameView name, uint16_t type, ClassId class_id, Answer& answer) {
    answer.clear();
    const ZoneImage* zone = image.zone_of(name, type);
    if (zone == nullptr) {
        answer.rcode = KNOT_RCODE_REFUSED;
        return;
    }
    Lookup(image, *zone, name, type, class_id, answer).run(zone->find(name));
}

void answer_for_node(const Image& image, const ZoneImage& zone, const Node& node, uint16_t type, ClassId class_id,
                     Answer& answer) {
    answer.clear();
    Lookup(image, zone, zone.name(node), type, class_id, answer).run(&node);
}

}  // namespace splitline
