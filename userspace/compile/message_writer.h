// SPDX-License-Identifier: GPL-3.0-or-later
// Appends resource records to an Answer, with compression pointers into the message (RFC 1035 section 4.1.4).
//
// The question name lies at offset 12, so every suffix of it can be pointed to; so can every suffix of a name written
// in RDATA. Names inside RDATA are written in full: the savings are small and the fast path's bytes stay
// position-independent but for owners.
#pragma once

#include <cstdint>
#include <span>

#include "base/dname.h"
#include "compile/answer.h"

namespace splitline {

/// A name that stands uncompressed in the message at `position`.
struct PlacedName {
    Dname name;             // folded
    uint32_t position = 0;  // of its first byte in the message
};

class MessageWriter {
  public:
    enum class Section { kAnswer, kAuthority, kAdditional };

    /// `question_size` is name, type and class: the body starts behind it.
    MessageWriter(Answer& answer, size_t question_size) : answer_(answer), body_start_(12 + question_size) {}

    /// One RR; the owner is what stands at `owner_position`, or `owner` written out where no pointer reaches that far.
    /// Returns the message position of the RDATA.
    uint32_t record(Section section, uint32_t owner_position, DnameView owner, uint16_t type, uint32_t ttl,
                    std::span<const uint8_t> rdata);
    /// Ends an RRset: a place where truncation may cut. `required` as in Answer::Cut.
    void end_rrset(bool required);

  private:
    Answer& answer_;
    size_t body_start_;
};

}  // namespace splitline
