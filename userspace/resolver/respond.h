// SPDX-License-Identifier: GPL-3.0-or-later
// Query packet in, response packet out: the slow path without its sockets. Pure, so tests and fuzzers call it directly.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ip.h"
#include "compile/image.h"

namespace splitline {

/// What an operator may set about responses; the fast path is loaded with the same values.
struct ResponsePolicy {
    uint16_t udp_payload = 1232;          // our EDNS payload size and the limit of every UDP response
    bool ecs = true;                      // false: the option is unknown
    std::vector<Prefix> ecs_trust;        // senders whose ECS is believed; empty = all
    std::optional<std::string> version;   // CH TXT version.bind / version.server; REFUSED without
    std::optional<std::string> identity;  // CH TXT id.server / hostname.bind; REFUSED without
};

enum class Transport { kUdp, kTcp };

/// What became of a query, for the counters.
struct Responded {
    size_t size = 0;  // bytes written; 0 = no response is due (QR=1, no complete header)
    uint16_t rcode = 0;
    std::optional<LineId> line;  // set when answered from a zone
    bool truncated = false;
};

/// One worker's scratch memory; not thread-safe, reuse it for every query.
class Responder {
  public:
    Responder();
    ~Responder();
    Responder(const Responder&) = delete;
    Responder& operator=(const Responder&) = delete;

    /// Answers `query` from `client` out of `image` into `out`. REQUIRES: out.size() >= 65535 for TCP, >= udp_payload
    /// for UDP.
    Responded respond(const Image& image, const ResponsePolicy& policy, Transport transport, const Address& client,
                      std::span<const uint8_t> query, std::span<uint8_t> out);

  private:
    struct Scratch;
    std::unique_ptr<Scratch> scratch_;
};

}  // namespace splitline
