// SPDX-License-Identifier: GPL-3.0-or-later
// The SOA record of negative answers, as both paths send it (RFC 2308 section 3: its TTL is the negative TTL).
//
// What a name in it has in common with the apex is a compression pointer (RFC 1035 section 4.1.4) to the apex, which
// every name asked of the zone ends with; so is the owner. There the names have the letters of the question (RFC 4343
// section 4.1). Other names are in full, and so are all in the root zone, whose apex is shorter than a pointer. But for
// those pointers the record is the same in all answers, so it is made once for a zone: who sends it copies the bytes
// and writes the pointer to where the apex stands in the message at each of pointers().
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/dname.h"

namespace splitline {

class NegativeSoa {
  public:
    NegativeSoa() = default;
    /// Of a zone with that apex (folded) and SOA, with that TTL. REQUIRES: `rdata` is a valid SOA's.
    NegativeSoa(DnameView apex, uint32_t ttl, std::span<const uint8_t> rdata);

    /// The whole record, its pointers zero.
    [[nodiscard]] std::span<const uint8_t> bytes() const { return bytes_; }
    /// Offsets in bytes() of the owner's pointer, and of those that end MNAME and RNAME; 0, the owner's, where a name
    /// is in full: to write the same there again does no harm.
    [[nodiscard]] const std::array<uint16_t, 3>& pointers() const { return pointers_; }
    [[nodiscard]] size_t memory() const { return bytes_.capacity(); }

  private:
    std::vector<uint8_t> bytes_;
    std::array<uint16_t, 3> pointers_{};
};

}  // namespace splitline
