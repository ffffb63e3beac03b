// SPDX-License-Identifier: GPL-3.0-or-later
// What is served and how it changes: every rule of load, drop, reload and restart, asked for on the real sockets.
#include "control/serving.h"

#include <gmock/gmock.h>

#include <stdexcept>

#include "control/line_totals.h"
#include "control/reports.h"
#include "support/memory_file.h"
#include "support/serving_fixture.h"

namespace splitline {
namespace {

using namespace testing_support;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class Changes : public ServingTest {
  protected:
    void SetUp() override {
        configure();
        folder_.write("zones/conf.example.zone", simple_zone("conf.example.", 1, "192.0.2.1"));
    }
    /// `zone load` of the text, as if it were in a file of that name.
    Result<ZoneChange> load(Serving& serving, const std::string& name, const std::string& text) {
        findings_ = Diagnostics();
        return serving.load_zone(folder_.path(name), memory_file(text), findings_);
    }
    static std::string refusal(const Result<ZoneChange>& change) { return change ? "done" : change.error().text(); }
};

TEST_F(Changes, ALoadedZoneIsServedAndStored) {
    const auto serving = start();
    EXPECT_EQ(ask(*serving, "www.conf.example"), "www.conf.example. 60 IN A 192.0.2.1");
    EXPECT_EQ(ask(*serving, "www.new.example"), "rcode 5");
    const auto change = load(*serving, "new.example.zone", simple_zone("new.example.", 5, "192.0.2.2"));
    ASSERT_TRUE(change) << findings_.text();
    EXPECT_EQ(change->zone, "new.example.");
    EXPECT_EQ(change->action, "loaded");
    EXPECT_EQ(change->serial, 5U);
    EXPECT_EQ(change->generation, 2U);
    EXPECT_EQ(ask(*serving, "www.new.example"), "www.new.example. 60 IN A 192.0.2.2");
    EXPECT_THAT(folder_.read("state/zones/new.example.zone"),
                StartsWith("; loaded by splitline from " + folder_.path()));

    const auto again = load(*serving, "new.example.zone", simple_zone("new.example.", 6, "192.0.2.3"));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->action, "replaced");
    EXPECT_EQ(ask(*serving, "www.new.example"), "www.new.example. 60 IN A 192.0.2.3");
}

TEST_F(Changes, TheFileIsReadWhereNoneIsGiven) {
    const auto serving = start();
    const auto file = folder_.write("new.example.zone", simple_zone("new.example.", 1, "192.0.2.2"));
    EXPECT_TRUE(serving->load_zone(file, Fd(), findings_));
    EXPECT_EQ(ask(*serving, "www.new.example"), "www.new.example. 60 IN A 192.0.2.2");
    EXPECT_FALSE(serving->load_zone(folder_.path("none.zone"), Fd(), findings_));
    EXPECT_THAT(findings_.text(), HasSubstr("none.zone"));
}

TEST_F(Changes, ARestartServesLoadedZonesAgain) {
    auto serving = start();
    ASSERT_TRUE(load(*serving, "new.example.zone",
                     simple_zone("new.example.", 5, "192.0.2.2", "$LINE oversea\nwww A 192.0.2.9\n")));
    const auto before = report_zones(*serving);
    serving.reset();
    serving = start();
    EXPECT_EQ(findings_.text(), "");
    const auto after = report_zones(*serving);
    ASSERT_EQ(after.zones.size(), 2U);
    for (size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(after.zones[i].zone, before.zones[i].zone);
        EXPECT_EQ(after.zones[i].records, before.zones[i].records);
        EXPECT_EQ(after.zones[i].lines, before.zones[i].lines);
        EXPECT_EQ(after.zones[i].origin, before.zones[i].origin);
        EXPECT_EQ(after.zones[i].file, before.zones[i].file);
    }
    EXPECT_EQ(ask(*serving, "www.new.example"), "www.new.example. 60 IN A 192.0.2.2");
}

TEST_F(Changes, ABrokenZoneChangesNothing) {
    const auto serving = start();
    ASSERT_TRUE(load(*serving, "new.example.zone", simple_zone("new.example.", 5, "192.0.2.2")));
    const auto stored = folder_.read("state/zones/new.example.zone");
    for (const auto& text :
         {simple_zone("new.example.", 6, "192.0.2.300"),
          simple_zone("new.example.", 6, "192.0.2.3", "$LINE nowhere\nx A 192.0.2.1\n"),
          simple_zone("new.example.", 6, "192.0.2.3", "www CNAME x\n"), std::string(), std::string("\0\0", 2)}) {
        const auto change = load(*serving, "new.example.zone", text);
        ASSERT_FALSE(change);
        EXPECT_EQ(change.error().text(), "the zone has errors; nothing was changed");
        EXPECT_TRUE(findings_.has_errors());
        EXPECT_THAT(findings_.all()[0].place.file, HasSubstr("new.example.zone"));
        EXPECT_EQ(serving->image().generation, 2U);
        EXPECT_EQ(ask(*serving, "www.new.example"), "www.new.example. 60 IN A 192.0.2.2");
    }
    EXPECT_EQ(folder_.read("state/zones/new.example.zone"), stored);
    EXPECT_THAT(folder_.list("state/zones"), ElementsAre("new.example.zone"));
}

TEST_F(Changes, TheConfigurationsZonesAreItsOwn) {
    const auto serving = start();
    // Another file of a configured zone.
    EXPECT_EQ(refusal(load(*serving, "other.zone", simple_zone("conf.example.", 2, "192.0.2.2"))),
              "zone conf.example. is served from " + folder_.path("zones/conf.example.zone") +
                  " as the configuration says; edit that file and run `splitline reload`, or load that very file");
    // The file itself: read again, whatever the text says, and not stored.
    folder_.write("zones/conf.example.zone", simple_zone("conf.example.", 3, "192.0.2.3"));
    const auto change = load(*serving, "zones/../zones/conf.example.zone", "not this text");
    ASSERT_TRUE(change) << change.error().text();
    EXPECT_EQ(change->serial, 3U);
    EXPECT_EQ(change->action, "replaced");
    EXPECT_EQ(ask(*serving, "www.conf.example"), "www.conf.example. 60 IN A 192.0.2.3");
    EXPECT_THAT(folder_.list("state/zones"), IsEmpty());
    // A new file of the configured folder needs no reload either.
    folder_.write("zones/late.example.zone", simple_zone("late.example.", 1, "192.0.2.4"));
    ASSERT_TRUE(load(*serving, "zones/late.example.zone", ""));
    EXPECT_EQ(report_zones(*serving).zones.at(1).origin, "configuration");
    // And dropping is refused.
    const auto dropped = serving->drop_zone("conf.example");
    ASSERT_FALSE(dropped);
    EXPECT_THAT(dropped.error().text(), HasSubstr("take the file out of zones.files and run `splitline reload`"));
    EXPECT_EQ(ask(*serving, "www.conf.example"), "www.conf.example. 60 IN A 192.0.2.3");
}

TEST_F(Changes, ADroppedZoneIsGoneForGood) {
    auto serving = start();
    ASSERT_TRUE(load(*serving, "new.example.zone", simple_zone("new.example.", 5, "192.0.2.2")));
    const auto change = serving->drop_zone("NEW.example.");
    ASSERT_TRUE(change) << change.error().text();
    EXPECT_EQ(change->action, "dropped");
    EXPECT_EQ(change->zone, "new.example.");
    EXPECT_EQ(change->generation, 3U);
    EXPECT_EQ(ask(*serving, "www.new.example"), "rcode 5");
    EXPECT_THAT(folder_.list("state/zones"), IsEmpty());
    EXPECT_EQ(serving->drop_zone("new.example").error().text(), "zone new.example is not served");
    EXPECT_EQ(serving->drop_zone("conf.exampel.").error().text(),
              "zone conf.exampel. is not served; did you mean 'conf.example.'?");
    EXPECT_FALSE(serving->drop_zone("a..b"));
}

TEST_F(Changes, AReloadTakesUpWhatChanged) {
    const auto serving = start();
    ASSERT_TRUE(load(*serving, "new.example.zone", simple_zone("new.example.", 5, "192.0.2.2")));
    folder_.write("zones/conf.example.zone",
                  simple_zone("conf.example.", 2, "192.0.2.7", "$LINE office\nwww A 192.0.2.8\n"));
    folder_.write("zones/more.example.zone", simple_zone("more.example.", 2, "192.0.2.6"));
    configure(
        "max_names = 7\n[lines]\norder = \"dnspod\"\n[[line]]\nname = \"office\"\nprefixes = [\"127.0.0.0/8\"]\n");
    const auto report = serving->reload(findings_);
    ASSERT_TRUE(report) << report.error().text() << findings_.text();
    EXPECT_EQ(report->zones, 3U);
    EXPECT_EQ(report->generation, 3U);
    EXPECT_THAT(report->restart_needed, ElementsAre("server.listen", "xdp.max_names"));
    EXPECT_EQ(ask(*serving, "www.conf.example"), "www.conf.example. 60 IN A 192.0.2.8");
    EXPECT_EQ(ask(*serving, "www.new.example"), "www.new.example. 60 IN A 192.0.2.2");
    EXPECT_EQ(ask(*serving, "www.more.example"), "www.more.example. 60 IN A 192.0.2.6");
    EXPECT_THAT(report_lines(*serving).order, ElementsAre("dnspod"));
    // What needs a restart stays as it was, and is told again.
    EXPECT_EQ(serving->config().fast_path.max_names, 100'000U);
    EXPECT_THAT(serving->reload(findings_)->restart_needed, ElementsAre("server.listen", "xdp.max_names"));
}

TEST_F(Changes, AReloadAppliesChaosNames) {
    const auto serving = start();
    EXPECT_FALSE(serving->config().policy.version);
    configure("[server.x]\n");
    folder_.write("splitline.toml", "[server]\nlisten=\"127.0.0.1:53\"\nversion=\"mine\"\n[xdp]\nenabled=false\n");
    ASSERT_TRUE(serving->reload(findings_)) << findings_.text();
    DnsQuery query("version.bind", kTxt);
    query.rclass = 3;
    const auto response = read_response(UdpClient(serving->resolver().endpoints().at(0)).ask(query.bytes()));
    EXPECT_THAT(response.answer, ElementsAre(HasSubstr("\"mine\"")));
}

TEST_F(Changes, ARefusedReloadChangesNothing) {
    const auto serving = start();
    const auto good = folder_.read("splitline.toml");
    struct Case {
        const char* file;
        std::string text;
        const char* finding;
    };
    const Case cases[] = {
        {"splitline.toml", good + "[oops]\n", "unknown table"},
        {"splitline.toml", "[oops\n", "splitline.toml:1"},
        {"splitline.toml", good + "[lines]\norder=[\"nobody\"]\n", "nobody"},
        {"splitline.toml", good + "[[line]]\nname=\"office\"\nlists=[\"none.txt\"]\n", "none.txt"},
        {"zones/conf.example.zone", simple_zone("conf.example.", 2, "192.0.2.300"), "conf.example.zone:8"},
        {"zones/twice.zone", simple_zone("conf.example.", 2, "192.0.2.3"), "zone conf.example. is also in"},
    };
    for (const auto& [file, text, finding] : cases) {
        findings_ = Diagnostics();
        folder_.write(file, text);
        const auto report = serving->reload(findings_);
        ASSERT_FALSE(report) << finding;
        EXPECT_THAT(report.error().text(), HasSubstr("nothing was changed"));
        EXPECT_THAT(findings_.text(), HasSubstr(finding));
        EXPECT_EQ(serving->image().generation, 1U);
        EXPECT_EQ(ask(*serving, "www.conf.example"), "www.conf.example. 60 IN A 192.0.2.1");
        std::filesystem::remove(folder_.path("zones/twice.zone"));
        folder_.write("splitline.toml", good);
        folder_.write("zones/conf.example.zone", simple_zone("conf.example.", 1, "192.0.2.1"));
    }
    findings_ = Diagnostics();
    EXPECT_TRUE(serving->reload(findings_));
}

TEST_F(Changes, AStartServesWhatItCanAndTellsTheRest) {
    folder_.write("zones/bad.example.zone", simple_zone("bad.example.", 1, "nowhere"));
    const auto serving = start();
    EXPECT_TRUE(findings_.has_errors());
    EXPECT_EQ(ask(*serving, "www.conf.example"), "www.conf.example. 60 IN A 192.0.2.1");
    const auto status = report_status(*serving, 0);
    ASSERT_EQ(status.problems.size(), 1U);
    EXPECT_EQ(status.problems[0].file, folder_.path("zones/bad.example.zone"));
    EXPECT_EQ(status.problems[0].line, 8U);
    // Mended and loaded: no problem any more.
    folder_.write("zones/bad.example.zone", simple_zone("bad.example.", 1, "192.0.2.3"));
    ASSERT_TRUE(load(*serving, "zones/bad.example.zone", ""));
    EXPECT_THAT(report_status(*serving, 0).problems, IsEmpty());
}

TEST_F(Changes, ABrokenStoredZoneCanBeDropped) {
    folder_.write("state/zones/bad.example.zone", "; not a zone\n");
    const auto serving = start();
    EXPECT_EQ(report_status(*serving, 0).problems.size(), 1U);
    const auto change = serving->drop_zone("bad.example");
    ASSERT_TRUE(change) << change.error().text();
    EXPECT_THAT(report_status(*serving, 0).problems, IsEmpty());
    EXPECT_THAT(folder_.list("state/zones"), IsEmpty());
}

TEST_F(Changes, TheConfigurationWinsOverAStoredZone) {
    folder_.write("state/zones/conf.example.zone", simple_zone("conf.example.", 9, "192.0.2.9"));
    const auto serving = start();
    EXPECT_FALSE(findings_.has_errors());
    EXPECT_THAT(findings_.text(), HasSubstr("remove this copy, which was loaded by command"));
    EXPECT_EQ(ask(*serving, "www.conf.example"), "www.conf.example. 60 IN A 192.0.2.1");
}

TEST_F(Changes, ADiskThatRefusesKeepsTheOldZone) {
    const auto serving = start();
    std::filesystem::remove_all(folder_.path("state/zones"));
    const auto change = load(*serving, "new.example.zone", simple_zone("new.example.", 5, "192.0.2.2"));
    ASSERT_FALSE(change);
    EXPECT_THAT(change.error().text(), HasSubstr("cannot write the zone"));
    EXPECT_EQ(serving->image().generation, 1U);
    EXPECT_EQ(ask(*serving, "www.new.example"), "rcode 5");
}

class WithFastPath : public ServingTest {
  protected:
    void SetUp() override { folder_.write("zones/conf.example.zone", simple_zone("conf.example.", 1, "192.0.2.1")); }
    FakeFastPath::Log log_;
};

TEST_F(WithFastPath, BothPathsGetEveryImage) {
    configure("", true);
    const auto serving = start(&log_);
    EXPECT_TRUE(log_.attached);
    EXPECT_THAT(log_.settings.interfaces, ElementsAre("eth9"));
    EXPECT_THAT(log_.settings.listen, IsEmpty()) << "loopback addresses have no clients on a wire";
    EXPECT_TRUE(serving->load_zone("/x.zone", memory_file(simple_zone("new.example.", 5, "192.0.2.2")), findings_));
    EXPECT_THAT(log_.published, ElementsAre(1U, 2U));
}

TEST_F(WithFastPath, AnImageTheFastPathRefusesIsServedNowhere) {
    configure("", true);
    const auto serving = start(&log_);
    log_.refuse_publish = "12 names too many for xdp.max_names";
    const auto change =
        serving->load_zone("/x.zone", memory_file(simple_zone("new.example.", 5, "192.0.2.2")), findings_);
    ASSERT_FALSE(change);
    EXPECT_EQ(change.error().text(), "12 names too many for xdp.max_names");
    EXPECT_EQ(ask(*serving, "www.new.example"), "rcode 5");
    EXPECT_THAT(folder_.list("state/zones"), IsEmpty());
    EXPECT_FALSE(serving->reload(findings_));
    log_.refuse_publish = "";
    EXPECT_TRUE(serving->load_zone("/x.zone", memory_file(simple_zone("new.example.", 5, "192.0.2.2")), findings_));
    EXPECT_THAT(log_.published, ElementsAre(1U, 2U));
    EXPECT_EQ(ask(*serving, "www.new.example"), "www.new.example. 60 IN A 192.0.2.2");
}

TEST_F(WithFastPath, AFailedAttachIsAFailedStart) {
    configure("", true);
    log_.refuse_attach = "eth9: no such interface";
    const auto serving = try_start(&log_);
    ASSERT_FALSE(serving);
    EXPECT_EQ(serving.error().text(), "eth9: no such interface");
    EXPECT_EQ(log_.detached, 1);
}

TEST_F(WithFastPath, StoppingDetachesUnlessKept) {
    configure("", true);
    for (const bool keep : {false, true}) {
        const auto serving = start(&log_);
        EXPECT_TRUE(serving->stop(keep));
        EXPECT_EQ(log_.attached, keep);
        EXPECT_THROW(ask(*serving, "www.conf.example"), std::system_error) << "the resolver has ended";
    }
    EXPECT_EQ(log_.detached, 1);
}

TEST_F(WithFastPath, TheKernelHearsFromUsOftenEnough) {
    configure("", true);
    EXPECT_EQ(start(&log_)->heartbeat_interval(), std::nullopt);
    configure("stale_after_seconds = 2\n", true);
    const auto serving = start(&log_);
    EXPECT_EQ(serving->heartbeat_interval(), std::chrono::milliseconds(500));
    serving->heartbeat();
    EXPECT_EQ(log_.heartbeats, 1);
}

TEST_F(WithFastPath, TheKernelHearsFromUsWhileALargeImageIsPublished) {
    configure("stale_after_seconds = 2\n", true);
    const auto serving = start(&log_);
    log_.slow_publish = true;
    const auto loaded =
        serving->load_zone("/x.zone", memory_file(simple_zone("new.example.", 5, "192.0.2.2")), findings_);
    EXPECT_TRUE(loaded) << loaded.error().text();
}

TEST_F(WithFastPath, TheKernelHearsFromUsWhileACommandTakesLong) {
    configure("stale_after_seconds = 2\n", true);
    const auto serving = start(&log_);
    bool heard = false;
    serving->run_beside([&] { heard = FakeFastPath::heartbeat_comes(log_); });
    EXPECT_TRUE(heard);
    EXPECT_THROW(serving->run_beside([] { throw std::runtime_error("out of memory"); }), std::runtime_error);
}

TEST(LineTotals, AReloadThatRenumbersLinesMovesNoCount) {
    const auto catalog = [](const std::vector<std::string>& own) {
        LineConfig config;
        for (const auto& name : own) config.lines.push_back({name, LineGroup::kCustom, {}, {}});
        return *LineCatalog::build(config);
    };
    const auto one = catalog({"office"}), two = catalog({"lab", "office"});
    const auto base = one.size() - 1;
    ASSERT_EQ(one.name(static_cast<LineId>(base)), "office");
    ASSERT_EQ(two.name(static_cast<LineId>(base)), "lab");
    std::vector<uint64_t> counts(base + 2);
    counts[0] = 5;
    counts[base] = 7;
    LineTotals totals;
    using Counts = std::map<std::string, uint64_t>;
    EXPECT_EQ(totals.by_name(one, counts), (Counts{{"default", 5}, {"office", 7}}));
    totals.book(one, counts);
    counts[0] += 1;
    counts[base] += 2;      // lab by now
    counts[base + 1] += 3;  // office
    EXPECT_EQ(totals.by_name(two, counts), (Counts{{"default", 6}, {"lab", 2}, {"office", 10}}));
    totals.book(two, counts);
    EXPECT_EQ(totals.by_name(one, counts), (Counts{{"default", 6}, {"lab", 2}, {"office", 10}}));
}

}  // namespace
}  // namespace splitline
