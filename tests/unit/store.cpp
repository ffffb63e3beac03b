// SPDX-License-Identifier: GPL-3.0-or-later
// The zone store: what it writes reads back the same, and nothing that goes wrong leaves half a zone.
#include "store/zone_store.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "support/temp_folder.h"
#include "zone/zone_reader.h"
#include "zone/zone_render.h"

namespace splitline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::TempFolder;

std::string zone_text(const std::string& apex, unsigned serial, unsigned records) {
    std::string text = "$ORIGIN " + apex + "\n$TTL 60\n@ SOA ns1 hostmaster " + std::to_string(serial) +
                       " 7200 3600 1209600 300\n@ NS ns1\nns1 A 192.0.2.1\n$LINE internal\nwww A 192.0.2.2\n";
    for (unsigned i = 0; i < records; ++i)
        text += "n" + std::to_string(i) + " TXT \"" + std::to_string(serial) + "\"\n";
    return text;
}

ZoneRecords zone_of(const std::string& text) {
    Diagnostics diagnostics;
    auto zone = read_zone_text(text, "test.zone", diagnostics);
    EXPECT_EQ(diagnostics.text(), "");
    return zone;
}

std::unique_ptr<ZoneStore> open(const std::string& folder) {
    auto store = ZoneStore::open(folder);
    if (!store) throw std::runtime_error(store.error().text());
    return std::move(*store);
}

void put(const ZoneStore& store, const ZoneRecords& zone, const std::string& origin = "/from/here.zone") {
    auto pending = store.prepare(zone, origin);
    ASSERT_TRUE(pending) << pending.error().text();
    const auto done = pending->commit();
    ASSERT_TRUE(done) << done.error().text();
}

TEST(ZoneStore, GivesBackWhatItWasGiven) {
    const TempFolder folder;
    const auto zone = zone_of(zone_text("example.com.", 7, 3));
    put(*open(folder.path("zones")), zone, "/srv/it is here.zone");
    // Another process: what counts is on the disk.
    Diagnostics diagnostics;
    const auto list = open(folder.path("zones"))->list(diagnostics);
    EXPECT_EQ(diagnostics.text(), "");
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(dname_to_text(list[0].apex), "example.com.");
    EXPECT_EQ(list[0].path, folder.path("zones/example.com.zone"));
    EXPECT_EQ(list[0].origin, "/srv/it is here.zone");
    const auto read = read_zone_file(list[0].path, diagnostics);
    EXPECT_EQ(diagnostics.text(), "");
    EXPECT_EQ(render_zone(read), render_zone(zone));
    EXPECT_THAT(render_zone(read), HasSubstr("$LINE internal"));
}

// A file without one, as older daemons wrote them, and its journal belong together by just that.
TEST(ZoneStore, AFoldKeepsTheIdOfTheFile) {
    const TempFolder folder;
    const auto store = open(folder.path("zones"));
    const auto zone = zone_of(zone_text("example.com.", 7, 3));
    const auto fold = [&] {
        auto pending = store->prepare(zone, "x", store->id_of(zone.apex));
        ASSERT_TRUE(pending && pending->commit());
    };
    put(*store, zone);
    const auto id = store->id_of(zone.apex);
    EXPECT_FALSE(id.empty());
    fold();
    EXPECT_EQ(store->id_of(zone.apex), id);
    folder.write("zones/example.com.zone", zone_text("example.com.", 7, 3));
    fold();
    EXPECT_EQ(store->id_of(zone.apex), "");
}

struct NameCase {
    const char* apex;
    const char* file;
};

TEST(ZoneStore, EveryZoneHasAFileNameOfItsOwn) {
    const NameCase cases[] = {
        {"example.com.", "example.com.zone"},
        {"Example.COM.", "example.com.zone"},
        {".", "@.zone"},
        {"0/25.2.0.192.in-addr.arpa.", "0%2f25.2.0.192.in-addr.arpa.zone"},
        {"a\\.b.example.", "a%2eb.example.zone"},
        {"\\000\\255.example.", "%00%ff.example.zone"},
        {"..example.", nullptr},
        {"_tcp.x-y.example.", "_tcp.x-y.example.zone"},
        {"%2f.example.", "%252f.example.zone"},
        {"@.", "%40.zone"},
    };
    const TempFolder folder;
    const auto store = open(folder.path("zones"));
    for (const auto& [apex, file] : cases) {
        const auto name = dname_from_text(apex);
        if (!file) {
            EXPECT_FALSE(name) << apex;
            continue;
        }
        ASSERT_TRUE(name) << apex;
        EXPECT_EQ(store->path_of(*name), folder.path("zones/") + file);
        folder.write(std::string("zones/") + file, "x");
        Diagnostics diagnostics;
        const auto list = store->list(diagnostics);
        ASSERT_EQ(list.size(), 1U) << apex << diagnostics.text();
        EXPECT_EQ(list[0].apex, *name) << apex;
        EXPECT_EQ(list[0].origin, "");
        EXPECT_TRUE(store->remove(*name));
    }
}

TEST(ZoneStore, ForeignFilesAreNamedAndLeftAlone) {
    const TempFolder folder;
    const auto store = open(folder.path("zones"));
    for (const char* name : {"README", "a..b.zone", ".zone", "%2.zone", "%2F.zone", "UPPER.zone"})
        folder.write(std::string("zones/") + name, "x");
    Diagnostics diagnostics;
    EXPECT_THAT(store->list(diagnostics), IsEmpty());
    EXPECT_EQ(diagnostics.all().size(), 6U) << diagnostics.text();
    EXPECT_FALSE(diagnostics.has_errors());
    EXPECT_EQ(folder.list("zones").size(), 6U);
}

TEST(ZoneStore, NothingShowsBeforeCommit) {
    const TempFolder folder;
    const auto store = open(folder.path("zones"));
    put(*store, zone_of(zone_text("example.com.", 1, 1)));
    const auto before = folder.read("zones/example.com.zone");
    {
        auto dropped = store->prepare(zone_of(zone_text("example.com.", 2, 1)), "x");
        ASSERT_TRUE(dropped);
        EXPECT_EQ(folder.read("zones/example.com.zone"), before);
        Diagnostics diagnostics;
        EXPECT_EQ(store->list(diagnostics).size(), 1U);
        EXPECT_EQ(diagnostics.text(), "") << "a temporary file is no foreign file";
    }
    EXPECT_THAT(folder.list("zones"), ElementsAre("example.com.zone"));
    EXPECT_EQ(folder.read("zones/example.com.zone"), before);
}

TEST(ZoneStore, AnOriginStaysOnItsLine) {
    const TempFolder folder;
    const auto store = open(folder.path("zones"));
    put(*store, zone_of(zone_text("example.com.", 1, 0)), "/tmp/a\nb A 192.0.2.9");
    Diagnostics diagnostics;
    EXPECT_EQ(store->list(diagnostics).at(0).origin, "/tmp/a?b A 192.0.2.9");
    read_zone_file(folder.path("zones/example.com.zone"), diagnostics);
    EXPECT_EQ(diagnostics.text(), "");
}

TEST(ZoneStore, RemovedMeansGone) {
    const TempFolder folder;
    const auto store = open(folder.path("zones"));
    put(*store, zone_of(zone_text("example.com.", 1, 0)));
    EXPECT_TRUE(store->remove(*dname_from_text("example.com.")));
    EXPECT_THAT(folder.list("zones"), IsEmpty());
    const auto again = store->remove(*dname_from_text("example.com."));
    ASSERT_FALSE(again);
    EXPECT_THAT(again.error().text(), HasSubstr("example.com.zone: cannot remove the stored zone: No such file"));
}

TEST(ZoneStore, TwoProcessesNeverShareADirectory) {
    const TempFolder folder;
    const auto first = open(folder.path("zones"));
    const auto second = ZoneStore::open(folder.path("zones"));
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().text(), HasSubstr("in use by another splitlined"));
}

TEST(ZoneStore, AnUnusableDirectoryIsAnError) {
    const TempFolder folder;
    folder.write("file", "x");
    const auto store = ZoneStore::open(folder.path("file/zones"));
    ASSERT_FALSE(store);
    EXPECT_THAT(store.error().text(), HasSubstr("file/zones: cannot create the directory"));
}

TEST(ZoneStore, AFailedWriteLeavesNothingBehind) {
    const TempFolder folder;
    const auto store = open(folder.path("zones"));
    put(*store, zone_of(zone_text("example.com.", 1, 1)));
    const auto before = folder.read("zones/example.com.zone");
    // A limit on the size of files stands for a full disk.
    rlimit old{};
    getrlimit(RLIMIT_FSIZE, &old);
    const rlimit small{100, old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    const auto failed = store->prepare(zone_of(zone_text("example.com.", 2, 500)), "x");
    setrlimit(RLIMIT_FSIZE, &old);
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().text(), HasSubstr("cannot write the zone: File too large"));
    EXPECT_THAT(folder.list("zones"), ElementsAre("example.com.zone"));
    EXPECT_EQ(folder.read("zones/example.com.zone"), before);
}

TEST(ZoneStore, ANameTooLongForAFileIsRefusedBeforeAnythingIsServed) {
    const TempFolder folder;
    const auto store = open(folder.path("zones"));
    // Each of these bytes takes three in a file name.
    std::string label;
    for (int i = 0; i < 60; ++i) label += "\\007";
    const auto zone = zone_of(zone_text(label + "." + label + ".", 1, 0));
    const auto refused = store->prepare(zone, "x");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text(), HasSubstr("too long for a file"));
    EXPECT_THAT(folder.list("zones"), IsEmpty());
}

/// Writes version after version of a zone until it is killed.
[[noreturn]] void write_for_ever(const std::string& directory) {
    const auto store = open(directory);
    for (unsigned serial = 1;; ++serial) {
        auto pending = store->prepare(zone_of(zone_text("example.com.", serial, 200)), "x");
        if (!pending || !pending->commit()) _exit(1);
    }
}

TEST(ZoneStore, AKilledWriterLeavesAWholeZone) {
    const TempFolder folder;
    unsigned leftovers = 0;
    for (int round = 0; round < 30; ++round) {
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) write_for_ever(folder.path("zones"));
        while (!std::filesystem::exists(folder.path("zones/example.com.zone"))) std::this_thread::yield();
        std::this_thread::sleep_for(std::chrono::microseconds(700 * round + 131));
        kill(child, SIGKILL);
        int status = 0;
        waitpid(child, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status)) << "the writer failed by itself";
        leftovers += folder.list("zones").size() > 1 ? 1 : 0;

        const auto store = open(folder.path("zones"));
        EXPECT_THAT(folder.list("zones"), ElementsAre("example.com.zone")) << "what was unfinished is gone";
        Diagnostics diagnostics;
        const auto zone = read_zone_file(folder.path("zones/example.com.zone"), diagnostics);
        EXPECT_EQ(diagnostics.text(), "");
        EXPECT_EQ(zone.records.size(), 204U);
        std::filesystem::remove(folder.path("zones/example.com.zone"));
    }
    RecordProperty("killed_while_writing", static_cast<int>(leftovers));
}

}  // namespace
}  // namespace splitline
