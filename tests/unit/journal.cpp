// SPDX-License-Identifier: GPL-3.0-or-later
// The journal of a stored zone: whatever a crash leaves of it reads as the commits up to some point.
#include "store/journal.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include "support/file_flag.h"
#include "support/temp_folder.h"
#include "zone/zone_reader.h"
#include "zone/zone_render.h"

namespace splitline {
namespace {

using testing_support::FileFlag;
using testing_support::kNoFileFlag;
using testing_support::TempFolder;

const Dname kA = *dname_from_text("a.example.com"), kB = *dname_from_text("b.example.com");
const JournalNames kCommits[] = {
    {{kA, {{"default", 1, 60, std::string("\xc0\0\2\1", 4)}}}},
    {{kA, {{"default", 1, 60, "1234"}, {"telecom", 16, 5, std::string(300, 'x')}}}, {kB, {}}},
    {{kB, {{"office", 5, 0, std::string("\1x\0", 3)}}}},
};

JournalNames after(size_t commits) {
    JournalNames names;
    for (size_t i = 0; i < commits; ++i)
        for (const auto& [name, records] : kCommits[i]) names[name] = records;
    return names;
}

class JournalTest : public testing::Test {
  protected:
    std::unique_ptr<Journal> open(const std::string& id = "1") { return std::move(*Journal::open(path_, id)); }
    [[nodiscard]] JournalNames read(const std::string& id = "1") const {
        Diagnostics ignored;
        return *Journal::read(path_, id, ignored);
    }
    [[nodiscard]] std::string warnings() const {
        Diagnostics found;
        (void)Journal::read(path_, "1", found);
        return found.text();
    }
    std::string write_all_commits() {
        const auto journal = open();
        for (const auto& commit : kCommits) EXPECT_TRUE(journal->append(commit));
        return folder_.read("z.journal");
    }

    TempFolder folder_;
    std::string path_ = folder_.path("z.journal");
};

TEST_F(JournalTest, GivesBackWhatWasAppended) {
    EXPECT_TRUE(read().empty()) << "there is none";
    write_all_commits();
    EXPECT_EQ(read(), after(3));
    const auto journal = open();
    ASSERT_TRUE(journal->append(kCommits[0]));
    EXPECT_EQ(read()[kA], kCommits[0].at(kA)) << "the last entry of a name counts";
    ASSERT_TRUE(journal->undo());
    EXPECT_EQ(read(), after(3));
}

TEST_F(JournalTest, CutAnywhereIsWholeUpToSomeCommit) {
    const std::string text = write_all_commits();
    size_t whole = 0;
    for (size_t size = 0; size <= text.size(); ++size) {
        folder_.write("z.journal", text.substr(0, size));
        const JournalNames names = read();
        while (whole < 3 && names != after(whole)) ++whole;
        ASSERT_EQ(names, after(whole)) << "cut at " << size;
        // Whoever goes on behind the cut loses nothing of what was before it, nor of what comes.
        ASSERT_TRUE(open()->append(kCommits[2]));
        JournalNames expected = after(whole);
        expected[kB] = kCommits[2].at(kB);
        ASSERT_EQ(read(), expected) << "cut at " << size;
    }
    EXPECT_EQ(whole, 3U);
}

TEST_F(JournalTest, DamageEndsIt) {
    const std::string text = write_all_commits();
    for (size_t at = text.find('\n') + 1; at < text.size(); ++at) {
        std::string damaged = text;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
        folder_.write("z.journal", damaged);
        const JournalNames names = read();
        ASSERT_TRUE(names == after(0) || names == after(1) || names == after(2)) << "at " << at;
    }
}

TEST_F(JournalTest, DamageIsToldAndKept) {
    std::string text = write_all_commits();
    EXPECT_EQ(warnings(), "");
    const size_t at = text.find('\n') + 12;
    text[at] = static_cast<char>(text[at] ^ 0x10);
    folder_.write("z.journal", text);
    EXPECT_NE(warnings().find("the last " + std::to_string(text.size() - text.find('\n') - 1) + " bytes"),
              std::string::npos)
        << warnings();
    ASSERT_TRUE(open()->append(kCommits[2]));
    EXPECT_EQ(read(), kCommits[2]);
    EXPECT_EQ(warnings(), "");
    EXPECT_EQ(folder_.read("z.journal.damaged"), text);
    folder_.write("z.journal", "X" + text);
    EXPECT_NE(warnings().find("damaged"), std::string::npos);
    (void)open();
    EXPECT_EQ(folder_.read("z.journal.damaged"), "X" + text);
}

TEST_F(JournalTest, OfAnotherFileIsNotApplied) {
    write_all_commits();
    EXPECT_TRUE(read("2").empty());
    const auto other = open("2");
    EXPECT_TRUE(read("1").empty()) << "and it is begun anew";
    ASSERT_TRUE(other->append(kCommits[0]));
    EXPECT_EQ(read("2"), after(1));
}

TEST_F(JournalTest, LosesItsFrontWhenThatIsInTheFile) {
    const auto journal = open();
    ASSERT_TRUE(journal->append(kCommits[0]));
    const uint64_t folded = journal->size();
    ASSERT_TRUE(journal->append(kCommits[2]));
    ASSERT_TRUE(journal->drop_front(folded));
    EXPECT_EQ(read(), kCommits[2]);
    ASSERT_TRUE(journal->append(kCommits[0]));
    EXPECT_EQ(read()[kA], kCommits[0].at(kA));
    EXPECT_EQ(folder_.read("z.journal").size(), journal->size());
}

// An entry to be taken back that cannot be cut off stays, and nothing is written behind it until it can.
TEST_F(JournalTest, WhatCannotBeTakenBackIsCutOffBeforeTheNextEntry) {
    const auto journal = open();
    ASSERT_TRUE(journal->append(kCommits[0]));
    const uint64_t size = journal->size();
    ASSERT_TRUE(journal->append(kCommits[1]));
    const std::string text = folder_.read("z.journal");
    {
        const FileFlag uncuttable(path_, FS_APPEND_FL);
        if (!uncuttable.set()) GTEST_SKIP() << kNoFileFlag;
        EXPECT_FALSE(journal->undo());
        EXPECT_FALSE(journal->append(kCommits[2]));
        EXPECT_FALSE(journal->append(kCommits[2])) << "however often it is tried";
        EXPECT_EQ(folder_.read("z.journal"), text);
        EXPECT_EQ(read(), after(2)) << "what a restart finds";
        EXPECT_EQ(journal->size(), size);
    }
    ASSERT_TRUE(journal->append(kCommits[2]));
    JournalNames expected = after(1);
    expected[kB] = kCommits[2].at(kB);
    EXPECT_EQ(read(), expected);
    EXPECT_EQ(folder_.read("z.journal").size(), journal->size());
}

TEST_F(JournalTest, ShorteningDropsWhatCouldNotBeTakenBack) {
    const auto journal = open();
    ASSERT_TRUE(journal->append(kCommits[0]));
    const uint64_t folded = journal->size();
    ASSERT_TRUE(journal->append(kCommits[2]));
    ASSERT_TRUE(journal->append(kCommits[1]));
    {
        const FileFlag uncuttable(path_, FS_APPEND_FL);
        if (!uncuttable.set()) GTEST_SKIP() << kNoFileFlag;
        EXPECT_FALSE(journal->undo());
    }
    ASSERT_TRUE(journal->drop_front(folded));
    EXPECT_EQ(read(), kCommits[2]);
    ASSERT_TRUE(journal->append(kCommits[0]));
    EXPECT_EQ(read()[kA], kCommits[0].at(kA));
    EXPECT_EQ(read()[kB], kCommits[2].at(kB));
}

// A disk that fills up within an entry, on which not even its beginning can be cut off.
TEST_F(JournalTest, WhatAFullDiskLeavesOfAnEntryHidesNothingWrittenLater) {
    const auto journal = open();
    ASSERT_TRUE(journal->append(kCommits[0]));
    const uint64_t size = journal->size();
    {
        const FileFlag uncuttable(path_, FS_APPEND_FL);
        if (!uncuttable.set()) GTEST_SKIP() << kNoFileFlag;
        rlimit old{};
        getrlimit(RLIMIT_FSIZE, &old);
        const rlimit small{size + 20, old.rlim_max};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &small);
        EXPECT_FALSE(journal->append(kCommits[1]));
        setrlimit(RLIMIT_FSIZE, &old);
        EXPECT_EQ(folder_.read("z.journal").size(), size + 20) << "a part of it is there";
        EXPECT_FALSE(journal->append(kCommits[2])) << "there is room, but nobody would read on behind that part";
        EXPECT_EQ(read(), after(1));
        EXPECT_NE(warnings().find("the last 20 bytes"), std::string::npos) << warnings();
        const auto another = Journal::open(path_, "1");
        ASSERT_FALSE(another);
        EXPECT_NE(another.error().text().find("cannot mend the journal"), std::string::npos) << another.error().text();
    }
    ASSERT_TRUE(journal->append(kCommits[1]));
    EXPECT_EQ(read(), after(2));
    EXPECT_EQ(warnings(), "");
}

TEST_F(JournalTest, IsAppliedToRecords) {
    Diagnostics diagnostics;
    const std::string head = "$ORIGIN example.com.\n@ 60 SOA a b 1 1 1 1 1\n";
    ZoneRecords zone = read_zone_text(head + "a 60 A 192.0.2.9\nc 60 A 192.0.2.9\na 60 TXT x\n", "z", diagnostics);
    apply_journal({{kA, {{"telecom", 1, 60, std::string("\xc0\0\2\1", 4)}}}, {kB, {}}}, "z.journal", zone);
    const ZoneRecords expected =
        read_zone_text(head + "c 60 A 192.0.2.9\n$LINE telecom\na 60 A 192.0.2.1\n", "z", diagnostics);
    EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.text();
    EXPECT_EQ(render_zone(zone), render_zone(expected));
}

}  // namespace
}  // namespace splitline
