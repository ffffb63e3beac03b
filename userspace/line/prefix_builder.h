// SPDX-License-Identifier: GPL-3.0-or-later
// Fills a PrefixTable: turns address ranges into prefixes and keeps one copy of every source's description.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "line/prefix_table.h"

namespace splitline {

/// A line that some addresses are put on, and the source that says so.
struct Membership {
    LineId line = 0;
    uint16_t source = 0;
};
using Memberships = std::vector<Membership>;

class PrefixBuilder {
  public:
    PrefixBuilder(PrefixTable& table, size_t lines) : table_(table), counts_(lines) {}

    /// Index of the source with this description; a new one if there is none yet.
    uint16_t source(const std::string& description);
    /// Whether there were more sources than PrefixTable can number; prefixes then name a wrong one.
    [[nodiscard]] bool too_many_sources() const { return too_many_sources_; }

    void add(const LinePrefix4& prefix);
    void add(const LinePrefix6& prefix);
    void add(const Prefix& prefix, Membership member);
    /// The range `first`..`last`, both included, as the fewest prefixes, on every line of `members`.
    void add_range(uint32_t first, uint32_t last, const Memberships& members);
    void add_range(uint128 first, uint128 last, const Memberships& members);

    /// How many prefixes the line has.
    [[nodiscard]] size_t count(LineId line) const { return counts_[line]; }

  private:
    PrefixTable& table_;
    std::vector<size_t> counts_;
    std::unordered_map<std::string, uint16_t> source_index_;
    bool too_many_sources_ = false;
};

/// The address as a number in host byte order. REQUIRES: family IPv6.
uint128 to_uint128(const Address& address);
/// The first four bytes as a number in host byte order. REQUIRES: family IPv4.
uint32_t to_uint32(const Address& address);
/// The inverse of the two above.
Address to_address(uint32_t number);
Address to_address(uint128 number);

}  // namespace splitline
