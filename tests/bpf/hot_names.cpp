// SPDX-License-Identifier: GPL-3.0-or-later
// A table with room for one name in twenty, under a load as the world's names have it: a few are asked for all the
// time, most hardly ever (Zipf). The hot ones come into the table by themselves, and again when others are hot.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "resolver/demand.h"
#include "support/packet_fixture.h"
#include "support/rounds.h"

namespace splitline::testing_support {
namespace {

constexpr double kExponent = 1.5;
constexpr int kRounds = 60;

// 20,000 names, or as many as SPLITLINE_NAMES says.
const size_t kNames = [] {
    const char* given = std::getenv("SPLITLINE_NAMES");
    return given != nullptr ? std::strtoul(given, nullptr, 0) : 20'000;
}();
const size_t kRoom = kNames / 20, kQueriesARound = std::max<size_t>(kNames / 10, 20'000);

/// Draws ranks: rank r is drawn in proportion to (r + 1)^-kExponent.
class Zipf {
  public:
    Zipf() : upto_(kNames) {
        for (size_t rank = 0; rank < kNames; ++rank) upto_[rank] = std::pow(static_cast<double>(rank + 1), -kExponent);
        std::partial_sum(upto_.begin(), upto_.end(), upto_.begin());
    }
    template <typename Random>
    size_t draw(Random& random) const {
        const double at = std::uniform_real_distribution<>(0, upto_.back())(random);
        return static_cast<size_t>(std::upper_bound(upto_.begin(), upto_.end(), at) - upto_.begin());
    }
    /// The part of the load that is for the `count` hottest names: the most that a table of so many can answer.
    [[nodiscard]] double share_of(size_t count) const { return upto_[count - 1] / upto_.back(); }

  private:
    std::vector<double> upto_;
};

class HotNamesTest : public BpfTest {
  protected:
    void SetUp() override {
        if (!PrivateNetwork::missing().empty()) GTEST_SKIP() << PrivateNetwork::missing();
        make_bed({}, [](FastPathSettings& s) { s.max_names = static_cast<uint32_t>(kRoom); });
        std::string text = "$ORIGIN example.com.\n@ 60 SOA ns h 1 1 1 1 30\n@ 60 NS ns\nns 60 A 192.0.2.1\n";
        for (size_t name = 0; name < kNames; ++name)
            text += "n" + std::to_string(name) + " 60 A 192.0.2." + std::to_string(name % 250) + "\n";
        serve(ImageBuilder().zone(text).build());
        for (size_t name = 0; name < kNames; ++name)
            frames_.push_back(frame_of(DnsQuery("n" + std::to_string(name) + ".example.com", kA)).bytes());
        by_rank_.resize(kNames);
        std::iota(by_rank_.begin(), by_rank_.end(), size_t{0});
        AskedNames ignored;
        demand_.take(ignored);  // from now on it listens
    }

    /// One round of queries, then the daemon's turn; returns the part that the program answered.
    double round() {
        size_t answered = 0;
        for (size_t query = 0; query < kQueriesARound; ++query) {
            const Bytes& frame = frames_[by_rank_[zipf_.draw(random_)]];
            if (run_program(bed_->program_fd(), frame).verdict == XDP_TX)
                ++answered;
            else
                demand_.note(parse_frame(frame).payload);
        }
        AskedNames asked;
        demand_.take(asked);
        bed_->fast_path().rebalance(asked);
        return static_cast<double>(answered) / static_cast<double>(kQueriesARound);
    }

    double settle() {
        std::shuffle(by_rank_.begin(), by_rank_.end(), random_);
        const double first = round();
        for (int each = 1; each < kRounds; ++each) round();
        double last = 0;
        for (int each = 0; each < 5; ++each) last += round() / 5;
        std::printf("answered at first %.3f, settled %.3f, at best %.3f\n", first, last, zipf_.share_of(kRoom));
        return last;
    }

    const Zipf zipf_;
    std::mt19937 random_{7};
    std::vector<Bytes> frames_;
    std::vector<size_t> by_rank_;
    Demand demand_;
};

TEST_F(HotNamesTest, SettleInTheTableAndMakeWayForOthers) {
    ASSERT_TRUE(bed_->fast_path().leaves_names_out());
    for (int popularity = 0; popularity < 3; ++popularity) {
        EXPECT_GE(settle(), 0.95);
        const auto usage = bed_->fast_path().usage();
        EXPECT_LE(usage.names, kRoom);
        EXPECT_EQ(usage.names + usage.left_out_names, kNames + 2);
    }
    // All of it is still right: run() holds every answer against the resolver's.
    for (size_t name = 0; name < kNames; name += 7) run(frames_[name]);
}

// A commit in between neither undoes nor is undone by what comes and goes.
TEST_F(HotNamesTest, CommitsGoOnMeanwhile) {
    for (unsigned generation = 0; generation < rounds(20); ++generation) {
        std::string text = "$ORIGIN example.com.\n@ 60 SOA ns h 1 1 1 1 30\n@ 60 NS ns\nns 60 A 192.0.2.1\n";
        for (size_t name = generation * 100; name < kNames; ++name)
            text += "n" + std::to_string(name) + " 60 A 192.0.2." + std::to_string((name + generation) % 250) + "\n";
        serve(ImageBuilder().lines_of(image_.get()).zone(text).build(image_.get()));
        AskedNames asked;
        for (size_t each = 0; each < 400; ++each) {
            const size_t name = random_() % kNames;
            const Bytes& frame = frames_[name];
            run(frame);
            for (int times = 0; times < 8; ++times)
                asked.names.push_back(*dname_from_text("n" + std::to_string(name) + ".example.com."));
        }
        asked.queries = asked.names.size();
        bed_->fast_path().rebalance(asked);
        for (size_t each = 0; each < 200; ++each) run(frames_[random_() % kNames]);
    }
}

}  // namespace
}  // namespace splitline::testing_support
