// SPDX-License-Identifier: GPL-3.0-or-later
// Records changed by command, in the daemon: what is answered, what is refused, and what a restart finds.
#include <gmock/gmock.h>

#include <filesystem>
#include <sstream>

#include "cli/record_batch.h"
#include "control/commands.h"
#include "support/file_flag.h"
#include "support/memory_file.h"
#include "support/serving_fixture.h"
#include "zone/zone_render.h"

namespace splitline::testing_support {
namespace {

using ::testing::HasSubstr;

class RecordsTest : public ServingTest {
  protected:
    void SetUp() override {
        configure();
        folder_.write("zones/configured.example.zone", simple_zone("configured.example.", 1, "192.0.2.1"));
        serving_ = start();
        load();
    }
    void load() {
        Diagnostics found;
        const auto loaded = serving_->load_zone("/loaded/example.com.zone",
                                                memory_file(simple_zone("example.com.", 10, "192.0.2.1")), found);
        ASSERT_TRUE(loaded) << loaded.error().text() << found.text();
    }
    Result<ZoneChange> change(const std::string& changes, const std::string& zone = "example.com") {
        Diagnostics found;
        auto done = serving_->change_records(zone, changes, found);
        refusal_ = done ? "" : done.error().text() + "\n" + found.text();
        return done;
    }
    void restart() {
        serving_.reset();
        serving_ = start();
    }
    [[nodiscard]] std::string shown() const {
        const auto& image = serving_->image();
        return render_zone(image.zone_at(*dname_from_text("example.com"))->image->records(image.lines->catalog));
    }

    std::unique_ptr<Serving> serving_;
    std::string refusal_;
};

TEST_F(RecordsTest, AreAnsweredAtOnceAndAfterARestart) {
    const auto generation = serving_->image().generation;
    const auto done = change("set www 60 A 192.0.2.99");
    ASSERT_TRUE(done) << refusal_;
    EXPECT_EQ(done->action, "changed");
    EXPECT_EQ(done->serial, 11U);
    EXPECT_EQ(done->generation, generation + 1);
    EXPECT_EQ(ask(*serving_, "www.example.com"), "www.example.com. 60 IN A 192.0.2.99");
    ASSERT_TRUE(change("add new --line telecom 60 A 192.0.2.5\nadd new 60 A 192.0.2.6\n; a comment\n\ndel ns2"));
    EXPECT_EQ(ask(*serving_, "new.example.com"), "new.example.com. 60 IN A 192.0.2.6");
    const auto before = shown();
    EXPECT_THAT(before, HasSubstr(" 12 14400"));
    restart();
    EXPECT_EQ(shown(), before);
    EXPECT_EQ(ask(*serving_, "ns2.example.com"), "rcode 3");
    ASSERT_TRUE(change("del new --line *")) << refusal_;
    restart();
    EXPECT_EQ(ask(*serving_, "new.example.com"), "rcode 3");
}

TEST_F(RecordsTest, OfARefusedCommitNothingRemains) {
    ASSERT_TRUE(change("add a 60 A 192.0.2.5"));
    const auto before = shown();
    const auto generation = serving_->image().generation;
    const std::pair<const char*, const char*> kRefused[] = {
        {"add b 60 A 192.0.2.5\nadd a 60 CNAME b", "CNAME conflicts with A in the zone as served"},
        {"add b 60 A 192.0.2.5\nadd c 60 A 192.0.2", "change 2: RDATA: A: "},
        {"add c 60 A 192.0.2", "RDATA: A: "},
        {"del nothing", "there is no such record: nothing.example.com."},
        {"add a --line nowhere 60 A 192.0.2.5", "line 'nowhere' is neither built in nor configured"},
    };
    for (const auto& [changes, why] : kRefused) {
        EXPECT_FALSE(change(changes));
        EXPECT_THAT(refusal_, HasSubstr(why));
    }
    EXPECT_FALSE(change("set www 60 A 192.0.2.9", "configured.example"));
    EXPECT_THAT(refusal_, HasSubstr("edit that file and run `splitline reload`"));
    EXPECT_FALSE(change("set www 60 A 192.0.2.9", "nowhere.example"));
    EXPECT_THAT(refusal_, HasSubstr("is not served"));
    EXPECT_EQ(shown(), before);
    EXPECT_EQ(serving_->image().generation, generation);
    restart();
    EXPECT_EQ(shown(), before);
}

TEST_F(RecordsTest, AnUnpublishedCommitIsTakenBack) {
    serving_.reset();
    configure("stale_after_seconds = 1\n", true);
    FakeFastPath::Log log;
    serving_ = start(&log);
    const auto before = shown();
    log.refuse_publish = "no room";
    EXPECT_FALSE(change("set www 60 A 192.0.2.99"));
    EXPECT_THAT(refusal_, HasSubstr("no room"));
    log.refuse_publish.clear();
    log.throw_on_publish = true;
    EXPECT_THROW((void)change("set www 60 A 192.0.2.99"), std::runtime_error);
    log.throw_on_publish = false;
    EXPECT_EQ(shown(), before);
    // What takes long is done beside the control thread, whose heartbeat goes on.
    log.slow_publish = true;
    EXPECT_TRUE(change("add l --line telecom 60 A 192.0.2.8")) << refusal_;
    EXPECT_TRUE(change("add sub 60 NS ns1")) << refusal_;
    EXPECT_TRUE(change("del l --line *")) << refusal_;
    EXPECT_TRUE(change("add m 60 A 192.0.2.8\n" + std::string(70'000, ' '))) << refusal_;
    EXPECT_TRUE(change("del m A\n" + std::string(70'000, ' '))) << refusal_;
    log.slow_publish = false;
    ASSERT_TRUE(change("add b 60 A 192.0.2.7"));
    const auto served = shown();
    serving_.reset();
    configure();
    serving_ = start();
    EXPECT_EQ(shown(), served);
}

TEST_F(RecordsTest, AZoneLoadedAgainForgetsItsChanges) {
    ASSERT_TRUE(change("set www 60 A 192.0.2.99"));
    const auto journal = folder_.read("state/zones/example.com.journal");
    load();
    EXPECT_EQ(ask(*serving_, "www.example.com"), "www.example.com. 60 IN A 192.0.2.1");
    EXPECT_FALSE(std::filesystem::exists(folder_.path("state/zones/example.com.journal")));
    // As a crash between the two would leave it.
    folder_.write("state/zones/example.com.journal", journal);
    restart();
    EXPECT_EQ(ask(*serving_, "www.example.com"), "www.example.com. 60 IN A 192.0.2.1");
    ASSERT_TRUE(change("set www 60 A 192.0.2.98"));
    ASSERT_TRUE(serving_->drop_zone("example.com"));
    EXPECT_FALSE(std::filesystem::exists(folder_.path("state/zones/example.com.journal")));
}

// Its journal would go with the file of the zone before.
TEST_F(RecordsTest, AZoneThatCouldNotBeKeptTakesNoChanges) {
    const auto file = folder_.path("state/zones/example.com.zone");
    std::filesystem::remove(file);
    std::filesystem::create_directory(file);
    Diagnostics found;
    const auto lost = serving_->load_zone("/x.zone", memory_file(simple_zone("example.com.", 20, "192.0.2.7")), found);
    ASSERT_FALSE(lost);
    EXPECT_THAT(lost.error().text(), HasSubstr("lost with the next restart"));
    EXPECT_FALSE(change("set www 60 A 192.0.2.99"));
    EXPECT_THAT(refusal_, HasSubstr("splitline zone load"));
    EXPECT_EQ(ask(*serving_, "www.example.com"), "www.example.com. 60 IN A 192.0.2.7");
    std::filesystem::remove(file);
    load();
    EXPECT_TRUE(change("set www 60 A 192.0.2.99")) << refusal_;
}

TEST_F(RecordsTest, AJournalThatGrowsIsFolded) {
    const auto size = [&] { return std::filesystem::file_size(folder_.path("state/zones/example.com.journal")); };
    bool folded = false;
    for (int i = 0; i < 40'000 && !folded; ++i) {
        const auto before = i == 0 ? 0 : size();
        ASSERT_TRUE(
            change("set h" + std::to_string(i % 300) + " 60 TXT \"" + std::string(200, 'x') + std::to_string(i) + "\""))
            << refusal_;
        folded = size() < before;
    }
    ASSERT_TRUE(folded);
    EXPECT_THAT(folder_.read("state/zones/example.com.zone"), HasSubstr("h299.example.com."));
    ASSERT_TRUE(change("add last 60 A 192.0.2.7"));
    const auto served = shown();
    restart();
    EXPECT_EQ(shown(), served);
}

// Each step of a fold is done only when the one before it was.
TEST_F(RecordsTest, AFoldThatFailsOnTheWayLosesNothing) {
    const auto file = folder_.path("state/zones/example.com.zone"),
               journal = folder_.path("state/zones/example.com.journal");
    for (const bool in_its_place : {false, true}) {
        SCOPED_TRACE(in_its_place ? "the journal cannot be shortened" : "the file cannot be replaced");
        load();
        std::optional<FileFlag> fixed;
        if (in_its_place)
            std::filesystem::create_directory(journal + ".new");
        else if (!fixed.emplace(file, FS_IMMUTABLE_FL).set())
            continue;  // no such flags here
        uintmax_t written = 0;
        for (int i = 0; i < 20; ++i) {
            std::string changes;
            for (int name = 0; name < 300; ++name)
                changes +=
                    "set h" + std::to_string(name) + " 60 TXT \"" + std::string(200, 'x') + std::to_string(i) + "\"\n";
            ASSERT_TRUE(change(changes)) << refusal_;
            EXPECT_GT(std::filesystem::file_size(journal), written);
            written = std::filesystem::file_size(journal);
        }
        Diagnostics found;
        ASSERT_TRUE(serving_->reload(found)) << "which waits for the fold" << found.text();
        EXPECT_EQ(folder_.read("state/zones/example.com.zone").find("h299.example.com.") != std::string::npos,
                  in_its_place);
        EXPECT_EQ(std::filesystem::file_size(journal), written);
        ASSERT_TRUE(change("add last 60 A 192.0.2.7"));
        const auto served = shown();
        restart();
        EXPECT_EQ(shown(), served);
        if (in_its_place) std::filesystem::remove(journal + ".new");
    }
}

// It is not served, but its journal keeps it: so a reload serves it, and then it is a commit like others.
TEST_F(RecordsTest, ACommitThatCannotBeTakenBackIsThereAfterAReload) {
    serving_.reset();
    configure("stale_after_seconds = 1\n", true);
    FakeFastPath::Log log;
    serving_ = start(&log);
    ASSERT_TRUE(change("add a 60 A 192.0.2.5"));
    const auto before = shown();
    {
        const FileFlag uncuttable(folder_.path("state/zones/example.com.journal"), FS_APPEND_FL);
        if (!uncuttable.set()) GTEST_SKIP() << kNoFileFlag;
        log.refuse_publish = "no room";
        EXPECT_FALSE(change("set www 60 A 192.0.2.99"));
        EXPECT_THAT(refusal_, HasSubstr("no room; but a restart would serve it"));
        log.refuse_publish.clear();
        EXPECT_EQ(shown(), before);
        EXPECT_FALSE(change("add b 60 A 192.0.2.7")) << "it would be behind the one that was refused";
        EXPECT_EQ(shown(), before);
    }
    Diagnostics found;
    ASSERT_TRUE(serving_->reload(found)) << found.text();
    EXPECT_EQ(ask(*serving_, "www.example.com"), "www.example.com. 60 IN A 192.0.2.99");
    ASSERT_TRUE(change("add b 60 A 192.0.2.7")) << refusal_;
    const auto served = shown();
    serving_.reset();
    configure();
    serving_ = start();
    EXPECT_EQ(shown(), served);
}

TEST_F(RecordsTest, BatchesAreCommitsOfALineOrABlock) {
    Commands commands(*serving_, [](bool) { return Result<void>(); });
    std::vector<std::string> reports;
    Fd none;
    RecordBatch batch(
        [&](const ControlRequest& request) { return decode_response(commands.answer(encode(request), none)); },
        [&](size_t line, const ControlResponse& response) {
            reports.push_back(std::to_string(line) + (response.ok ? " done" : " " + response.error));
        });
    std::istringstream input(
        "# two of their own\nadd example.com a 60 A 192.0.2.5\nadd example.com a 60 CNAME b\n\nbegin\n"
        "add example.com c 60 CNAME d\r\nadd Example.com. d 60 TXT \"a;b\"\r\ncommit\nbegin\nadd example.com e 60 A "
        "192.0.2.5\nabort\nbegin\nadd example.com f 60 A 192.0.2.5\nadd example.net f 60 A 192.0.2.5\ncommit\n"
        "commit\nbegin\nadd example.com g 60 A 192.0.2.5\n");
    const auto outcome = batch.run(input);
    EXPECT_EQ(outcome.commits, 2U);
    EXPECT_EQ(outcome.refused, 4U);
    EXPECT_THAT(reports, testing::ElementsAre("2 done", HasSubstr("3 the zone would have errors"), "8 done",
                                              HasSubstr("14 one block is about one zone"),
                                              HasSubstr("16 `commit` without `begin`"),
                                              HasSubstr("18 the input ends before `commit`")));
    EXPECT_EQ(ask(*serving_, "c.example.com", 16),
              "c.example.com. 60 IN CNAME d.example.com.; d.example.com. 60 IN TXT \"a;b\"");
    for (const char* name : {"e.example.com", "f.example.com", "g.example.com"})
        EXPECT_EQ(ask(*serving_, name), "rcode 3") << name;
}

}  // namespace
}  // namespace splitline::testing_support
