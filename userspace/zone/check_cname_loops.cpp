// SPDX-License-Identifier: GPL-3.0-or-later
// CNAMEs inside the zone that lead back to themselves, per line: the clients of a line see the line's records of a
// name, or the `default` ones where the name has none on it. Chains over more than one line besides `default` are not
// followed: which lines a client has together is not the zone's to know.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "zone/checks.h"
#include "zone/rdata_view.h"

extern "C" {
#include <libknot/descriptor.h>
}

namespace splitline {

namespace {

class LoopSearch {
  public:
    explicit LoopSearch(ZoneFindings& findings) : findings_(findings), seen_(findings.index().nodes().size()) {}

    void run() {
        // By line, so that `default` comes first and each line is walked as a whole.
        std::vector<std::vector<uint32_t>> by_line(findings_.zone().lines.size());
        for (uint32_t i = 0; i < findings_.zone().records.size(); ++i)
            if (findings_.record(i).type == KNOT_RRTYPE_CNAME) by_line[findings_.record(i).line].push_back(i);
        for (size_t line = 0; line < by_line.size(); ++line) {
            first_walk_of_line_ = walk_ + 1;
            for (const uint32_t record : by_line[line]) walk(record, static_cast<uint16_t>(line));
        }
    }

  private:
    // No resolver follows more; it bounds the work where many lines share long chains.
    static constexpr size_t kMaxChain = 1024;

    void walk(uint32_t record, uint16_t line) {
        ++walk_;
        chain_.clear();
        while (record != ZoneIndex::kNone && chain_.size() < kMaxChain) {
            uint32_t& seen = seen_[findings_.index().node_of(record)];
            if (seen == walk_) return report(record, line);
            if (seen >= first_walk_of_line_) return;  // an earlier walk of this line came by here
            seen = walk_;
            chain_.push_back(record);
            record = next(record, line);
        }
    }

    // The CNAME that a client of `line` gets for the target of `record`; kNone if it gets something else.
    uint32_t next(uint32_t record, uint16_t line) {
        const ZoneIndex& index = findings_.index();
        const NameMatch found = index.match(rdata_target(KNOT_RRTYPE_CNAME, findings_.rdata(record)));
        if (found.kind != NameMatch::Kind::kNode && found.kind != NameMatch::Kind::kWildcard) return ZoneIndex::kNone;
        const ZoneNode& node = index.node(found.node);
        if (node.cover != ZoneIndex::kNone || index.is_cut(found.node) || !node.has_cname()) return ZoneIndex::kNone;
        return index.first_on_line(node, KNOT_RRTYPE_CNAME, index.is_on_line(node, line) ? line : uint16_t{0});
    }

    void report(uint32_t repeated, uint16_t line) {
        const auto start = std::find(chain_.begin(), chain_.end(), repeated);
        const bool is_of_line =
            std::any_of(start, chain_.end(), [&](uint32_t record) { return findings_.record(record).line == line; });
        if (!is_of_line) return;  // told for `default` already
        const auto earliest = std::min_element(start, chain_.end());
        std::rotate(start, earliest, chain_.end());
        std::string path;
        for (auto record = start; record != chain_.end(); ++record) path += findings_.owner_text(*record) + " -> ";
        findings_.error(*start, fmt::format("CNAME loop on line {}: {}{}; point one of them somewhere else",
                                            findings_.zone().lines[line], path, findings_.owner_text(*start)));
    }

    ZoneFindings& findings_;
    std::vector<uint32_t> seen_;  // by node: the last walk that came by
    std::vector<uint32_t> chain_;
    uint32_t walk_ = 0;
    uint32_t first_walk_of_line_ = 1;
};

}  // namespace

void check_cname_loops(ZoneFindings& findings) {
    LoopSearch(findings).run();
}

}  // namespace splitline
