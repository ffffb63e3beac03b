// SPDX-License-Identifier: GPL-3.0-or-later
// Where the zone ends downwards: delegations with their glue, DNAMEs, and the records that these hide (RFC 1034
// section 4.2.1, RFC 2181 section 6, RFC 6672). None of it may vary by line.
#include <fmt/format.h>

#include <algorithm>

#include "zone/checks.h"
#include "zone/rdata_view.h"

extern "C" {
#include <libknot/descriptor.h>
}

namespace splitline {

namespace {

bool is_address(uint16_t type) {
    return type == KNOT_RRTYPE_A || type == KNOT_RRTYPE_AAAA;
}

uint32_t first_in_file(std::span<const uint32_t> records) {
    return *std::min_element(records.begin(), records.end());
}

void check_cut_lines(ZoneFindings& findings, const ZoneNode& cut) {
    findings.index().for_each_line(cut, [&](const RecordsOnLine& group) {
        if (group.line == 0) return;
        const uint32_t first = first_in_file(group.records);
        findings.error(
            first, fmt::format("{} {} on line {} at a delegation: delegations are the same for all clients; move it "
                               "in front of the first $LINE, or under `$LINE default`",
                               findings.owner_text(first), findings.type_text(first), findings.line_text(first)));
    });
}

// At the cut itself only NS and DS are this zone's to say; addresses are glue, if some NS needs them.
void check_cut_types(ZoneFindings& findings, const ZoneNode& cut, uint32_t ns) {
    for (const uint32_t i : findings.index().records(cut)) {
        const uint16_t type = findings.record(i).type;
        const bool is_glue = is_address(type) && cut.has(ZoneNode::kNsTarget);
        if (type == KNOT_RRTYPE_NS || type == KNOT_RRTYPE_DS || is_glue || findings.record(i).line != 0) continue;
        if (type == KNOT_RRTYPE_CNAME) continue;  // a conflict, told by check_conflicts()
        if (type == KNOT_RRTYPE_DNAME)
            findings.error(
                i, fmt::format("DNAME beside the NS in {} at {}: a delegated name cannot be redirected (RFC 6672 "
                               "section 2.3); remove one of the two",
                               findings.place_text(ns), findings.owner_text(i)));
        else
            findings.warning(
                i, fmt::format("{} {} is never served: the NS in {} give the name to other servers; move the record "
                               "there",
                               findings.owner_text(i), findings.type_text(i), findings.place_text(ns)));
    }
}

void check_glue(ZoneFindings& findings, uint32_t ns, uint32_t cut) {
    const ZoneIndex& index = findings.index();
    const DnameView target = rdata_target(KNOT_RRTYPE_NS, findings.rdata(ns));
    const NameMatch found = index.match(target);
    if (found.kind == NameMatch::Kind::kOutside) return;
    const bool has_node = found.kind == NameMatch::Kind::kNode;
    if (has_node && index.node(found.node).has(ZoneNode::kHasGlue)) return;
    const uint32_t cover = has_node                                  ? index.node(found.node).cover
                           : found.kind == NameMatch::Kind::kCovered ? found.node
                                                                     : ZoneIndex::kNone;
    const bool is_below_cut = cover == cut || (has_node && found.node == cut);
    const std::string name = findings.owner_text(ns);
    if (is_below_cut)
        findings.error(
            ns, fmt::format("the delegation of {} to {} has no glue: nobody can reach a server inside what it serves "
                            "without its address; add {} A or AAAA on `default`",
                            name, dname_to_text(target), dname_to_text(target)));
    else if (cover != ZoneIndex::kNone)
        findings.warning(ns, fmt::format("the delegation of {} to {} has no glue; add its A or AAAA on `default`", name,
                                         dname_to_text(target)));
}

void check_cut(ZoneFindings& findings, uint32_t index) {
    const ZoneNode& cut = findings.index().node(index);
    const uint32_t ns = cut.ns;
    check_cut_lines(findings, cut);
    check_cut_types(findings, cut, ns);
    if (dname_is_wildcard(findings.index().name(cut)))
        findings.error(
            ns, fmt::format("NS at the wildcard {}: what that means is undefined (RFC 4592 section 4.2); delegate "
                            "each name",
                            findings.owner_text(ns)));
    for (const uint32_t i : findings.index().records(cut))
        if (findings.record(i).type == KNOT_RRTYPE_NS) check_glue(findings, i, index);
}

void check_dname(ZoneFindings& findings, const ZoneNode& node, bool is_apex) {
    const ZoneIndex& index = findings.index();
    const uint32_t dname = node.dname;
    if (dname_is_wildcard(index.name(node)))
        findings.error(
            dname, fmt::format("DNAME at the wildcard {}: what that means is undefined (RFC 4592 section 4.4); write "
                               "one DNAME for each name",
                               findings.owner_text(dname)));
    // Names below exist by the DNAME alone, and a name exists for all clients or for none.
    const bool on_default = index.first_on_line(node, KNOT_RRTYPE_DNAME, 0) != ZoneIndex::kNone;
    index.for_each_line(node, [&](const RecordsOnLine& group) {
        if (group.line == 0) return;
        const uint32_t first = first_in_file(group.records);
        const uint32_t own = index.first_on_line(node, KNOT_RRTYPE_DNAME, group.line);
        if (own != ZoneIndex::kNone)
            findings.error(
                own, fmt::format("DNAME at {} on line {}: where names are redirected is the same for all clients; move "
                                 "it in front of the first $LINE, or under `$LINE default`",
                                 findings.owner_text(own), findings.line_text(own)));
        else if (on_default && !is_apex)
            findings.error(
                first, fmt::format("{} {} on line {} hides the DNAME in {}, which redirects the line's clients all the "
                                   "same; move the record under `$LINE default`",
                                   findings.owner_text(first), findings.type_text(first), findings.line_text(first),
                                   findings.place_text(dname)));
    });
}

void check_hidden(ZoneFindings& findings, const ZoneNode& node) {
    const ZoneIndex& index = findings.index();
    const ZoneNode& cover = index.node(node.cover);
    if (!index.is_cut(node.cover)) {
        const uint32_t first = first_in_file(index.records(node));
        findings.error(
            first,
            fmt::format("{} lies below the DNAME in {}, where no records may be (RFC 6672 section 2.4); remove it "
                        "or the DNAME",
                        findings.owner_text(first), findings.place_text(cover.dname)));
        return;
    }
    uint32_t hidden = ZoneIndex::kNone;
    for (const uint32_t i : index.records(node)) {
        const Record& record = findings.record(i);
        const bool is_glue = is_address(record.type) && node.has(ZoneNode::kNsTarget) && record.line == 0;
        if (!is_glue) hidden = std::min(hidden, i);
    }
    if (hidden != ZoneIndex::kNone)
        findings.warning(
            hidden,
            fmt::format("{} {} is never served: the name lies below the delegation in {}, and only addresses "
                        "of name servers on `default` are of use there; move it to the other zone",
                        findings.owner_text(hidden), findings.type_text(hidden), findings.place_text(cover.ns)));
}

void check_ds(ZoneFindings& findings, uint32_t index, bool is_apex) {
    const ZoneNode& node = findings.index().node(index);
    const uint32_t ds = findings.index().first_of_type(node, KNOT_RRTYPE_DS);
    if (ds == ZoneIndex::kNone) return;
    if (is_apex)
        findings.error(
            ds, "DS at the top of the zone: it belongs into the parent zone (RFC 4035 section 2.4); remove it here");
    else if (!findings.index().is_cut(index))
        findings.warning(ds, fmt::format("DS at {}, which has no NS: it is of use at delegations only; remove it",
                                         findings.owner_text(ds)));
}

}  // namespace

void check_delegations(ZoneFindings& findings) {
    const ZoneIndex& index = findings.index();
    for (uint32_t i = 0; i < index.nodes().size(); ++i) {
        const ZoneNode& node = index.node(i);
        if (node.count == 0 || !node.has(ZoneNode::kInZone)) continue;
        if (node.cover != ZoneIndex::kNone) {
            check_hidden(findings, node);
            continue;
        }
        const bool is_apex = i == index.apex();
        if (index.is_cut(i))
            check_cut(findings, i);
        else if (node.has_dname())
            check_dname(findings, node, is_apex);
        check_ds(findings, i, is_apex);
    }
}

}  // namespace splitline
