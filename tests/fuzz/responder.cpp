// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a frame, through the responder's C compiled for the host: a passed frame is unchanged, an answered one
// is a right datagram that says what the resolver says, and no byte outside the frame is touched (it ends at an
// unreadable page).
//
// The first byte chooses what the rest is: a whole frame as it came, or a DNS message that gets right headers round it,
// so that the fuzzer need not find checksums. The second is the room at the frame's tail in units of 8 bytes, the third
// that at its head.
#include <cstdio>
#include <cstdlib>

#include "support/packet_dns.h"
#include "support/packet_image.h"
#include "support/packet_native.h"

namespace {

using namespace splitline;
using namespace splitline::testing_support;

constexpr size_t kFrameMax = 2048, kMessageMax = 1472;
constexpr uint8_t kWrapped = 1, kIpv6 = 2, kTagged = 4, kTwice = 8, kTelecom = 16;

struct World {
    World() {
        program.publish(image);
        // A set-up that answers nothing would fuzz nothing.
        testing_support::Frame frame;
        frame.payload = DnsQuery("a.example.com", kA).bytes();
        if (program.run(frame.bytes()).verdict != XDP_TX) std::abort();
    }
    std::shared_ptr<const Image> image = example_image();
    NativeProgram program;
    Responder responder;
};

Bytes frame_of(uint8_t kind, std::span<const uint8_t> rest) {
    if ((kind & kWrapped) == 0)
        return Bytes(rest.begin(), rest.begin() + static_cast<ptrdiff_t>(std::min(rest.size(), kFrameMax)));
    testing_support::Frame frame;
    if ((kind & kIpv6) != 0) frame.ipv6();
    if ((kind & kTagged) != 0) frame.tags.assign((kind & kTwice) != 0 ? 2 : 1, VlanTag{kTagVlan, 1});
    if ((kind & kTelecom) != 0) frame.source = address((kind & kIpv6) != 0 ? kTelecomClient6 : kTelecomClient);
    frame.payload.assign(rest.begin(), rest.begin() + static_cast<ptrdiff_t>(std::min(rest.size(), kMessageMax)));
    return frame.bytes();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static World world;
    if (size < 3 + 14) return 0;
    const Bytes frame = frame_of(data[0], {data + 3, size - 3});
    const Outcome outcome = world.program.run(frame, {data[1] * 8U, data[2] * 8U});
    const std::string fault = judge(outcome, frame, *world.image, world.program.policy(), world.responder);
    if (fault.empty()) return 0;
    std::fprintf(stderr, "%s\nframe %s\n", fault.c_str(), hex(frame).c_str());
    std::abort();
}
