// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a query: the response keeps the rules (support/respond_rules.h), and asking twice gives the same bytes.
#include <cstdio>
#include <cstdlib>

#include "support/respond_fixture.h"
#include "support/respond_rules.h"

namespace {

using namespace splitline;
using namespace splitline::testing_support;

struct World {
    std::shared_ptr<const Image> image = small_image();
    Responder responder;
    Bytes out = Bytes(65535);
    Bytes again = Bytes(65535);
};

void check(World& world, const ResponsePolicy& policy, Transport transport, const Address& client,
           std::span<const uint8_t> query) {
    const auto respond = [&](Bytes& out) {
        return std::span<const uint8_t>(out).first(
            world.responder.respond(*world.image, policy, transport, client, query, out).size);
    };
    const auto response = respond(world.out), second = respond(world.again);
    std::string broken = broken_rule(query, response, policy, transport);
    if (!std::equal(response.begin(), response.end(), second.begin(), second.end()))
        broken = "asked twice, another answer";
    if (broken.empty()) return;
    std::fprintf(stderr, "%s\nquery %s\nresponse %s\n", broken.c_str(), hex(query).c_str(), hex(response).c_str());
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static World world;
    ResponsePolicy policy;
    policy.version = "fuzz";
    const std::span<const uint8_t> query(data, size);
    check(world, policy, Transport::kUdp, address(kInternalClient), query);
    check(world, policy, Transport::kTcp, address("2001:db8:1::1"), query);
    policy.udp_payload = 512;
    policy.ecs = false;
    check(world, policy, Transport::kUdp, address(kOtherClient), query);
    return 0;
}
