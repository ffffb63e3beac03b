// SPDX-License-Identifier: GPL-3.0-or-later
// DNS messages for tests: queries written field by field, right or wrong at will, and responses read by libknot.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "support/packet.h"

namespace splitline::testing_support {

/// Wire form of a presentation name, letters as written; throws if it is none.
Bytes wire_name(std::string_view text);

/// Query types the tests name; libknot's headers stay out of this one.
enum : uint16_t {
    kA = 1,
    kNs = 2,
    kCname = 5,
    kSoa = 6,
    kMx = 15,
    kTxt = 16,
    kAaaa = 28,
    kSrv = 33,
    kOpt = 41,
    kDs = 43,
    kHttps = 65,
    kIxfr = 251,
    kAxfr = 252,
    kAny = 255,
    kCaa = 257,
};

enum : uint16_t {
    kFlagQr = 0x8000,
    kFlagAa = 0x0400,
    kFlagTc = 0x0200,
    kFlagRd = 0x0100,
    kFlagRa = 0x0080,
    kFlagZ = 0x0040,
    kFlagAd = 0x0020,
    kFlagCd = 0x0010,
};

struct EdnsOption {
    uint16_t code = 0;
    Bytes data;
    std::optional<uint16_t> length;  // as claimed
};

constexpr uint16_t kOptionNsid = 3, kOptionEcs = 8, kOptionCookie = 10, kOptionPadding = 12;

/// A client subnet option; the address is cut to the octets SOURCE needs and its bits behind SOURCE are cleared.
EdnsOption ecs(const Address& client, unsigned source, uint8_t scope = 0);

struct Edns {
    uint16_t payload = 1232;
    uint8_t extended_rcode = 0, version = 0;
    uint16_t flags = 0;  // 0x8000 is DO
    std::vector<EdnsOption> options;
    Bytes owner = {0};
    std::optional<uint16_t> length;  // RDLENGTH as claimed

    [[nodiscard]] Bytes bytes() const;
};

struct DnsQuery {
    uint16_t id = 0x5a17, flags = kFlagRd;
    Bytes name = {0};
    uint16_t type = kA, rclass = 1;
    std::vector<Edns> opts;  // more than one is an error a query may have
    Bytes trailing;          // behind all records
    std::optional<uint16_t> questions, answers, authorities, additionals;

    DnsQuery() = default;
    DnsQuery(std::string_view text, uint16_t qtype) : name(wire_name(text)), type(qtype) {}
    DnsQuery& with(Edns edns) {
        opts.push_back(std::move(edns));
        return *this;
    }
    DnsQuery& with_flags(uint16_t value) {
        flags = value;
        return *this;
    }
    [[nodiscard]] Bytes bytes() const;
};

/// What libknot says of a response as a whole.
struct ResponseHead {
    std::string fault;  // why libknot refused it; empty if it did not
    uint16_t id = 0, flags = 0;
    unsigned rcode = 0;    // with the OPT's upper bits
    bool has_soa = false;  // in the authority section
};

/// A response as libknot reads it. Records are in presentation form, "name TTL CLASS TYPE RDATA", single blanks.
struct DnsResponse : ResponseHead {
    Bytes question;                                          // as it lies in the message
    std::vector<std::string> answer, authority, additional;  // additional without OPT
    std::optional<Edns> edns;
    size_t size = 0;
};

/// Has libknot parse all of the message as read_response() does, but writes no record down, which takes that one
/// longest.
ResponseHead read_head(std::span<const uint8_t> message);
DnsResponse read_response(std::span<const uint8_t> message);

}  // namespace splitline::testing_support
