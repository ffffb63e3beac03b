// SPDX-License-Identifier: GPL-3.0-or-later
// Appends resource records to an Answer, with compression pointers into the message (RFC 1035 section 4.1.4).
//
// The question name lies at offset 12, so every suffix of it can be pointed to; so can every suffix of a name written
// in RDATA. Names inside RDATA are written in full: the savings are small and the fast path's bytes stay
// position-independent but for owners. The SOA of negative answers is the exception (negative_soa.h): in a short answer
// its names are most of what there is to save, and the fast path keeps it once a zone, with the places of its pointers.
#pragma once

#include <cstdint>
#include <span>

#include "base/dname.h"
#include "compile/answer.h"
#include "compile/negative_soa.h"

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
    /// The SOA of a negative answer, of a zone whose apex stands at `apex_position`, in the question.
    void negative_soa(uint32_t apex_position, const NegativeSoa& soa);
    /// Ends an RRset: a place where truncation may cut. `required` as in Answer::Cut.
    void end_rrset(bool required);

  private:
    Answer& answer_;
    size_t body_start_;
};

}  // namespace splitline
