// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of the resolver share: one small image with lines, delegations and large answers, and a Responder on
// it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "resolver/respond.h"
#include "support/image_builder.h"
#include "support/packet_dns.h"

namespace splitline::testing_support {

constexpr std::string_view kInternalClient = "198.51.100.7";  // on line internal
constexpr std::string_view kOtherClient = "203.0.113.9";      // on default only

/// example.com: www and v6 vary by line, the rest does not. big.example.com has 40 addresses, huge.example.com 100
/// texts.
inline std::shared_ptr<const Image> small_image() {
    std::string zone = R"($ORIGIN example.com.
$TTL 600
@       SOA ns1 hostmaster 1 4h 1h 2w 300
        NS  ns1
        NS  ns2
        MX  10 mail
ns1     A   192.0.2.53
ns2     A   192.0.2.54
www     A   192.0.2.10
same    A   192.0.2.11
alias   CNAME same
sub     NS  ns.sub
        NS  ns.elsewhere.test.
ns.sub  A   192.0.2.55
a.b.c   TXT "deep"
)";
    for (int i = 0; i < 40; ++i) zone += "big A 10.1.0." + std::to_string(i) + "\n";
    for (int i = 0; i < 100; ++i) zone += "huge TXT \"" + std::to_string(i) + std::string(200, 'x') + "\"\n";
    zone += "chain CNAME big\n$LINE internal\nwww A 198.51.100.80\n";
    return ImageBuilder()
        .line("internal", {"198.51.100.0/24", "2001:db8:1::/48"})
        .zone(zone, "example.com.zone")
        .build();
}

class RespondTest : public ::testing::Test {
  protected:
    /// The raw response; empty if none is due.
    Bytes ask(const Bytes& query, Transport transport = Transport::kUdp, std::string_view client = kOtherClient) {
        out_.assign(65535, 0xa5);
        responded_ = responder_.respond(*image_, policy_, transport, address(client), query, out_);
        return {out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(responded_.size)};
    }

    /// The response as libknot reads it; it must be well-formed and must repeat id and question.
    DnsResponse ask(const DnsQuery& query, Transport transport = Transport::kUdp,
                    std::string_view client = kOtherClient) {
        const Bytes wire = query.bytes();
        DnsResponse response = read_response(ask(wire, transport, client));
        EXPECT_EQ(response.fault, "") << hex(wire);
        EXPECT_EQ(response.id, query.id);
        if (!response.question.empty()) {
            EXPECT_EQ(hex(response.question), hex(std::span(wire).subspan(12, query.name.size() + 4)));
        }
        EXPECT_EQ(response.rcode,
                  responded_.rcode == 9 ? 17U : responded_.rcode);  // libknot shows TSIG's error instead
        return response;
    }

    std::shared_ptr<const Image> image_ = small_image();
    ResponsePolicy policy_;
    Responder responder_;
    Responded responded_;

  private:
    Bytes out_;
};

}  // namespace splitline::testing_support
