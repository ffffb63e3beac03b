// SPDX-License-Identifier: GPL-3.0-or-later
// What a worker answers datagrams with, whatever brings them: the image of the moment, scratch memory, counters.
#pragma once

#include <cstdint>
#include <span>

#include "base/ip.h"
#include "compile/lookup_ahead.h"
#include "resolver/counters.h"
#include "resolver/demand.h"
#include "resolver/image_slot.h"
#include "resolver/respond.h"

namespace splitline {

/// One thread's, but for counters(). REQUIRES: the slot outlives it.
class Answerer {
  public:
    explicit Answerer(const ImageSlot& slot) : image_(slot) {}

    /// Takes the newest image for the queries that follow, which are `queries` or some of them.
    void begin_batch(std::span<const std::span<const uint8_t>> queries);
    /// Answers one datagram into `out`, as Responder::respond() does, and counts it. Returns the response's size; 0 if
    /// none is due. REQUIRES: a batch has begun; out.size() >= 512.
    size_t answer(const Address& client, std::span<const uint8_t> query, std::span<uint8_t> out);
    /// Lets go of the image: nothing old is kept in memory while the worker sleeps.
    void rest() { image_.release(); }
    void count_lost(uint64_t responses) { counters_.count_lost(responses); }

    /// Thread-safe to read.
    [[nodiscard]] const QueryCounters& counters() const { return counters_; }
    /// Of queries that a zone answered. Thread-safe to take.
    [[nodiscard]] Demand& demand() { return demand_; }

  private:
    ImageSlot::Reader image_;
    const Served* served_ = nullptr;
    const Image* judged_ = nullptr;  // the image that reads_ahead_ is about; only to compare
    bool reads_ahead_ = false;
    LookupAhead ahead_;
    Responder responder_;
    QueryCounters counters_{Transport::kUdp};
    Demand demand_;
};

}  // namespace splitline
