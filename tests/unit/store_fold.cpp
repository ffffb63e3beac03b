// SPDX-License-Identifier: GPL-3.0-or-later
// Folding a zone's journal into its file, cut off by a power cut: whatever moment it comes at, the files on the disk
// give every commit that had reached it, once, and none in part.
//
// A fold as the control thread makes one, with the folder copied as it is between the steps. What was synced by then is
// as written; what was not may be there up to any byte.
#include <gmock/gmock.h>

#include <filesystem>
#include <set>
#include <tuple>

#include "store/zone_store.h"
#include "support/temp_folder.h"
#include "zone/zone_reader.h"

namespace splitline {
namespace {

namespace fs = std::filesystem;
using testing::UnorderedElementsAre;
using testing_support::TempFolder;

const Dname kApex = *dname_from_text("example.com");
constexpr const char* kZone = "example.com.zone";
constexpr const char* kJournal = "example.com.journal";

// Owner, line, type, TTL, RDATA: of every record there is, as often as it is there.
using Row = std::tuple<Dname, std::string, uint16_t, uint32_t, std::string>;
using Rows = std::multiset<Row>;

Rows rows_of(const ZoneRecords& zone) {
    Rows rows;
    for (const Record& record : zone.records) {
        const auto rdata = zone.rdata(record);
        rows.emplace(Dname(zone.owner(record)), zone.lines[record.line], record.type, record.ttl,
                     std::string(rdata.begin(), rdata.end()));
    }
    return rows;
}

ZoneRecords zone_before() {
    Diagnostics found;
    return read_zone_text(
        "$ORIGIN example.com.\n$TTL 60\n@ SOA ns h 1 1 1 1 1\n@ NS ns\nns A 192.0.2.53\n"
        "n0 A 192.0.2.100\nn1 A 192.0.2.101\n$LINE telecom\nn0 A 192.0.2.102\n",
        "test.zone", found);
}

/// Four names that every commit but the first of them finds changed before; each is removed at times.
JournalNames commit(size_t number) {
    const auto name = *dname_from_text("n" + std::to_string(number % 4) + ".example.com");
    const auto address = [&](char last) { return std::string("\xc0\0\2", 3) + last; };
    JournalNames names;
    auto& records = names[name];
    if (number % 5 == 4) return names;
    records.push_back({"default", 1, 60, address(static_cast<char>(number))});
    if (number % 3 == 0) records.push_back({"office", 1, 30, address(static_cast<char>(64 + number))});
    return names;
}

Rows after(size_t commits) {
    Rows rows = rows_of(zone_before());
    for (size_t i = 0; i < commits; ++i)
        for (const auto& [name, records] : commit(i)) {
            std::erase_if(rows, [&written = name](const Row& row) { return std::get<0>(row) == written; });
            for (const auto& each : records) rows.emplace(name, each.line, each.type, each.ttl, each.rdata);
        }
    return rows;
}

std::unique_ptr<ZoneStore> open(const TempFolder& folder) {
    auto store = ZoneStore::open(folder.path());
    if (!store) throw std::runtime_error(store.error().text());
    return std::move(*store);
}

void append(ZoneStore& store, size_t number) {
    const auto journal = store.journal(kApex);
    ASSERT_TRUE(journal && store.append(**journal, commit(number)));
}

ZoneRecords read(const ZoneStore& store, Diagnostics& found) {
    const auto zones = store.list(found);
    return zones.size() == 1 ? read_stored_zone(zones[0], found) : ZoneRecords();
}

/// What is on the disk at some moment: of the journal, at least `synced` bytes.
struct Moment {
    std::string text;
    std::shared_ptr<const TempFolder> files;
    size_t commits;         // made till then
    size_t synced_commits;  // in the zone's file or in the synced part of the journal
    uint64_t synced;
};

class StoreFold : public testing::Test {
  protected:
    /// Keeps the store's files as they are now.
    void keep(const std::string& text, size_t commits, size_t synced_commits, uint64_t synced) {
        auto files = std::make_shared<const TempFolder>();
        fs::copy(folder_.path(), files->path());
        moments_.push_back({text, std::move(files), commits, synced_commits, synced});
    }

    /// A fold of eight commits, while three others come, and one after it.
    void fold() {
        const auto store = open(folder_);
        ASSERT_TRUE(store->prepare(zone_before(), "x")->commit());
        for (size_t i = 0; i < 8; ++i) append(*store, i);
        const auto journal = *store->journal(kApex);
        const uint64_t folded = journal->size();
        keep("synced", 8, 8, folded);
        Diagnostics found;
        auto pending = store->prepare(read(*store, found), "x", store->id_of(kApex));
        ASSERT_TRUE(pending);
        keep("written", 8, 8, folded);
        for (size_t i = 8; i < 11; ++i) append(*store, i);
        keep("others have come", 11, 8, folded);
        ASSERT_TRUE(pending->commit());
        keep("in its place", 11, 8, folded);
        for (const char* part : {"", "splitline jour", "splitline journal 1 of x\nyz"}) {
            folder_.write(std::string(kJournal) + ".new", part);
            keep("being shortened", 11, 8, folded);
        }
        ASSERT_TRUE(journal->drop_front(folded));
        const uint64_t shortened = journal->size();
        keep("shortened", 11, 11, shortened);
        append(*store, 11);
        keep("gone on", 12, 11, shortened);
    }

    TempFolder folder_;
    std::vector<Moment> moments_;
};

TEST_F(StoreFold, LosesNothingWheneverThePowerIsCut) {
    fold();
    for (const Moment& moment : moments_) {
        SCOPED_TRACE(moment.text);
        const std::string whole = moment.files->read(kJournal);
        ASSERT_GE(whole.size(), moment.synced);
        size_t commits = moment.synced_commits;
        for (size_t size = moment.synced; size <= whole.size(); ++size) {
            moment.files->write(kJournal, whole.substr(0, size));
            Diagnostics ignored;
            const Rows rows = rows_of(read(*open(*moment.files), ignored));
            while (commits < moment.commits && rows != after(commits)) ++commits;
            ASSERT_EQ(rows, after(commits)) << "with " << size << " of the journal's " << whole.size() << " bytes";
        }
        EXPECT_EQ(commits, moment.commits);
    }
}

TEST_F(StoreFold, GoesOnFromWhereverThePowerWasCut) {
    fold();
    for (const Moment& moment : moments_) {
        SCOPED_TRACE(moment.text);
        Diagnostics found;
        {
            const auto store = open(*moment.files);
            append(*store, moment.commits);
            auto pending = store->prepare(read(*store, found), "x", store->id_of(kApex));
            const auto journal = *store->journal(kApex);
            ASSERT_TRUE(pending && pending->commit() && journal->drop_front(journal->size()));
            append(*store, moment.commits + 1);
        }
        EXPECT_EQ(rows_of(read(*open(*moment.files), found)), after(moment.commits + 2));
        EXPECT_EQ(found.text(), "");
        EXPECT_THAT(moment.files->list(""), UnorderedElementsAre(kZone, kJournal)) << "what was unfinished is gone";
    }
}

}  // namespace
}  // namespace splitline
