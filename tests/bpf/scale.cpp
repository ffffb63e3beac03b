// SPDX-License-Identifier: GPL-3.0-or-later
// Ten thousand lines, names that use them in two thousand different sets, and clients of each: both paths agree, and
// each client gets the line that its address is on. So many names that their records have homes (maps/homes.h): both
// paths agree, wherever the homes are said to be.
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/packet_fixture.h"

namespace splitline::testing_support {
namespace {

constexpr unsigned kLines = 10'000;
constexpr unsigned kNames = 2'000;

std::string line_name(unsigned number) {
    return "office-" + std::to_string(number);
}

// Line n is the /24 10.a.b.0 of a * 256 + b = n.
std::string prefix_of(unsigned number) {
    return "10." + std::to_string(number / 256) + "." + std::to_string(number % 256) + ".0/24";
}

class Scale : public BpfTest {};

TEST_F(Scale, TenThousandLinesAndTwoThousandProfiles) {
    std::mt19937 random(1);
    ImageBuilder builder;
    for (unsigned line = 0; line < kLines; ++line) builder.line(line_name(line), {prefix_of(line)});
    std::vector<std::set<unsigned>> lines_of(kNames);
    std::string zone = "$ORIGIN example.com.\n@ 60 SOA ns.elsewhere. h.elsewhere. 1 1 1 1 30\n@ 60 NS ns.elsewhere.\n";
    for (unsigned name = 0; name < kNames; ++name) {
        const std::string owner = "n" + std::to_string(name);
        zone += "$LINE default\n" + owner + " 60 A 192.0.2.1\n";
        while (lines_of[name].size() < 5) lines_of[name].insert(static_cast<unsigned>(random() % kLines));
        for (const unsigned line : lines_of[name])
            zone += "$LINE " + line_name(line) + "\n" + owner + " 60 CNAME " + line_name(line) + ".cdn.elsewhere.\n";
    }
    make_bed({}, [](FastPathSettings& settings) { settings.arena_mib = 128; });
    serve(builder.zone(zone).build());
    EXPECT_EQ(image_->profiles->profiles.size(), kNames + 1);
    EXPECT_GE(image_->classes->chains.size(), 6'000U);
    for (unsigned name = 0; name < kNames; name += 17) {
        Frame frame = frame_of(DnsQuery("n" + std::to_string(name) + ".example.com", kA));
        for (const unsigned line : lines_of[name]) {
            const std::string prefix = prefix_of(line);
            frame.source = address(prefix.substr(0, prefix.size() - 4) + "77");
            const auto answer = expect_answer(frame.bytes()).answer;
            ASSERT_EQ(answer.size(), 1U);
            EXPECT_NE(answer[0].find(" CNAME " + line_name(line) + ".cdn"), std::string::npos) << answer[0];
        }
        const auto other = static_cast<unsigned>(random() % kLines);
        if (lines_of[name].contains(other)) continue;
        const std::string prefix = prefix_of(other);
        frame.source = address(prefix.substr(0, prefix.size() - 4) + "77");
        EXPECT_NE(expect_answer(frame.bytes()).answer.at(0).find(" A 192.0.2.1"), std::string::npos);
    }
}

TEST_F(Scale, WhereRecordsAreGuessedToBeChangesNoAnswer) {
    constexpr unsigned kHomed = 20'000;
    std::string zone = "$ORIGIN example.com.\n@ 60 SOA ns.elsewhere. h.elsewhere. 1 1 1 1 30\n@ 60 NS ns.elsewhere.\n";
    for (unsigned name = 0; name < kHomed; ++name)
        zone += "n" + std::to_string(name) + " 60 A 10.0." + std::to_string(name / 256) + "." +
                std::to_string(name % 256) + "\n";
    make_bed({}, [](FastPathSettings& settings) { settings.max_names = 2 * kHomed; });
    serve(ImageBuilder().zone(zone).build());
    ProgramMap control(bed_->program_fd(), "control");
    sl_control saved{};
    control.read(0, &saved);
    const sl_homes served = saved.epoch[SL_EPOCH_SLOT(saved.word)].homes;
    ASSERT_GT(served.pages, 0U);
    const auto pages = static_cast<uint32_t>(bed_->fast_path().usage().max_arena_bytes >> SL_PAGE_SHIFT);
    // As they are; none; other seeds; those of another generation; partly and wholly outside of the arena.
    const std::vector<sl_homes> guesses = {
        served,
        {},
        {served.page, served.pages, served.page, served.units, served.places, served.groups_shift},
        {0, pages, 0, 1, 64, 0},
        {0, pages, 0, 0xffff, 0xff, 7},
        {pages - 1, 7, pages - 1, 64, 1, 0},
        {pages, 1, pages, 4, 16, 0},
        {served.page, served.pages, ~0U, 4, 16, 0},
        {~0U, ~0U, ~0U, 0xffff, 0xff, 0xff}};
    for (const sl_homes& homes : guesses) {
        sl_control state = saved;
        for (sl_epoch& epoch : state.epoch) epoch.homes = homes;
        control.write(0, &state);
        for (unsigned name = 0; name < kHomed; name += 97) {
            const std::string owner = "n" + std::to_string(name) + ".example.com";
            const auto answer = expect_answer(DnsQuery(owner, kA)).answer;
            ASSERT_EQ(answer.size(), 1U);
            const std::string address = " A 10.0." + std::to_string(name / 256) + "." + std::to_string(name % 256);
            EXPECT_NE(answer[0].find(address), std::string::npos) << answer[0];
            // Behind this one nothing is guessed; above, the second query comes behind a name that exists.
            expect_denied(DnsQuery("no." + owner, kA));
        }
    }
    control.write(0, &saved);
}

}  // namespace
}  // namespace splitline::testing_support
