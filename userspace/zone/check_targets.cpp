// SPDX-License-Identifier: GPL-3.0-or-later
// Names that records point at inside the zone: do they exist, can they be what the record wants, and was a trailing dot
// forgotten? All of it is advice: such records are legal, and do not work.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "zone/checks.h"
#include "zone/rdata_view.h"

extern "C" {
#include <libknot/descriptor.h>
}

namespace splitline {

namespace {

bool wants_host(uint16_t type) {
    return type == KNOT_RRTYPE_NS || type == KNOT_RRTYPE_MX || type == KNOT_RRTYPE_SRV;
}

// Last labels of names that people write into records of other zones most. Only used to word a guess.
bool is_common_suffix(std::string_view label) {
    constexpr std::array<std::string_view, 36> kLabels = {
        "app",  "au",  "biz", "ca",  "cc", "ch", "cloud", "cn", "co", "com", "de",  "dev",
        "edu",  "eu",  "fr",  "gov", "hk", "in", "info",  "io", "it", "jp",  "kr",  "me",
        "mobi", "net", "nl",  "org", "ru", "sg", "top",   "tw", "uk", "us",  "vip", "xyz"};
    return std::find(kLabels.begin(), kLabels.end(), label) != kLabels.end();
}

// `img.cdn.net.` for the target `img.cdn.net.example.com.` of a record in example.com: what the target would be with a
// trailing dot, if that looks like a name of the world. Empty if not.
std::string forgotten_dot(DnameView target, DnameView apex) {
    const size_t relative_size = target.size() - apex.size();
    Dname relative(target.substr(0, relative_size));
    dname_fold(reinterpret_cast<uint8_t*>(relative.data()), relative.size());
    relative += '\0';
    if (dname_labels(relative) < 2) return "";
    DnameView last = relative;
    while (dname_labels(last) > 1) last = dname_parent(last);
    const bool repeats_apex = dname_labels(apex) > 1 && dname_in(relative, apex);
    if (!repeats_apex && !is_common_suffix(last.substr(1, last.size() - 2))) return "";
    return dname_to_text(relative);
}

class TargetCheck {
  public:
    TargetCheck(ZoneFindings& findings, uint32_t record, DnameView target)
        : findings_(findings),
          record_(record),
          target_(target),
          type_(findings.record(record).type),
          found_(findings.index().match(target)) {}

    void run() {
        if (found_.kind == NameMatch::Kind::kOutside || found_.kind == NameMatch::Kind::kCovered) return;
        if (found_.kind == NameMatch::Kind::kNode) return check_node(findings_.index().node(found_.node));
        const std::string meant = forgotten_dot(target_, findings_.zone().apex);
        if (!meant.empty())
            warn(fmt::format("which {}: is its trailing dot missing? Write {}",
                             found_.kind == NameMatch::Kind::kNone ? "does not exist" : "only a wildcard answers for",
                             meant));
        else if (found_.kind == NameMatch::Kind::kNone)
            warn("which does not exist in this zone; add it, or correct the name");
        else if (type_ == KNOT_RRTYPE_NS)
            warn("which only a wildcard answers for: give the server records of its own");
    }

  private:
    void check_node(const ZoneNode& node) {
        if (node.cover != ZoneIndex::kNone || findings_.index().is_cut(found_.node)) return;
        if (node.count == 0)
            warn("which has no records, only names below it; add some, or correct the name");
        else if (wants_host(type_) && node.has_cname())
            warn(fmt::format("which is a CNAME ({}): {} must point at a name with addresses (RFC 2181 section 10.3)",
                             findings_.place_text(node.cname), findings_.type_text(record_)));
        else if (wants_host(type_) && !node.has(ZoneNode::kHasAddress))
            warn("which has no A or AAAA; add one, or correct the name");
    }

    void warn(const std::string& what) {
        findings_.warning(record_, fmt::format("{} {} points at {}, {}", findings_.owner_text(record_),
                                               findings_.type_text(record_), dname_to_text(target_), what));
    }

    ZoneFindings& findings_;
    uint32_t record_;
    DnameView target_;
    uint16_t type_;
    NameMatch found_;
};

}  // namespace

void check_targets(ZoneFindings& findings) {
    const ZoneIndex& index = findings.index();
    for (uint32_t i = 0; i < findings.zone().records.size(); ++i) {
        const ZoneNode& owner = index.node(index.node_of(i));
        if (owner.cover != ZoneIndex::kNone || !owner.has(ZoneNode::kInZone)) continue;
        const DnameView target = rdata_target(findings.record(i).type, findings.rdata(i));
        // The root is "none" (RFC 7505) or, in SVCB, "the owner itself".
        if (target.size() > 1) TargetCheck(findings, i, target).run();
    }
}

}  // namespace splitline
