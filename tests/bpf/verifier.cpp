// SPDX-License-Identifier: GPL-3.0-or-later
// What the verifier goes through for one program: at most 100,000 instructions, a tenth of what the kernel allows,
// whatever the settings leave alive of the code.
#include <string>
#include <vector>

#include "support/packet_fixture.h"

namespace splitline::testing_support {
namespace {

constexpr uint32_t kBudget = 100'000;

struct Variation {
    std::string name;
    bool ecs;
    std::vector<Prefix> trusted;
    bool zero_checksum;
};

class Verifier : public BpfTest {};

TEST_F(Verifier, EveryInstanceIsWithinTheBudget) {
    const Prefix sender{address("198.51.100.0"), 24};
    const std::vector<Variation> variations = {{"no ECS", false, {}, false},
                                               {"ECS of everybody", true, {}, false},
                                               {"ECS of some", true, {sender}, false},
                                               {"IPv4 without checksum", true, {sender}, true}};
    for (const Variation& variation : variations) {
        SCOPED_TRACE(variation.name);
        ResponsePolicy policy;
        policy.ecs = variation.ecs;
        policy.ecs_trust = variation.trusted;
        serve_with(policy, [&](FastPathSettings& settings) { settings.udp4_zero_checksum = variation.zero_checksum; });
        const uint32_t verified = bed_->fast_path().verified_instructions();
        EXPECT_GT(verified, 1'000U) << "no count of a real program";
        EXPECT_LE(verified, kBudget);
        RecordProperty(variation.name, static_cast<int>(verified));
    }
}

}  // namespace
}  // namespace splitline::testing_support
