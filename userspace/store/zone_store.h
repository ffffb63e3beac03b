// SPDX-License-Identifier: GPL-3.0-or-later
// The zones that were loaded by command, kept as master files so that a restart serves them again.
//
// One file a zone, DIRECTORY/example.com.zone, complete in itself ($INCLUDEs resolved, lines as $LINE), its first line
// a comment naming where it came from. A file is written beside its place, synced, and renamed into it: whatever moment
// the host dies at, a zone is there whole, old or new. The directory is locked, so two daemons never share one. Zones
// of the configuration are never in here.
//
// Changes of single records go to a journal beside the file, DIRECTORY/example.com.journal, until a fold writes the
// file anew. The file's second line is its id, by which a journal knows its file.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/dname.h"
#include "base/result.h"
#include "store/journal.h"
#include "store/journal_sync.h"
#include "zone/records.h"

namespace splitline {

struct StoredZone {
    Dname apex;
    std::string path;    // the store's own file
    std::string origin;  // the file it was loaded from; "" if the header does not say
    std::string id;      // "" if the header does not say
};

/// Every stored zone of a store's directory, by file name; none when the directory does not exist. A file of no zone's
/// name is a warning and otherwise left alone. Needs no lock: whoever writes replaces whole files.
std::vector<StoredZone> list_stored_zones(const std::string& directory, Diagnostics& diagnostics);

/// The zone as its file and its journal have it. What cannot be read is put into `diagnostics`.
ZoneRecords read_stored_zone(const StoredZone& zone, Diagnostics& diagnostics);

class ZoneStore {
  public:
    /// A zone written and synced, but not in its place yet. Dropping it without commit() leaves the store as it was.
    class Pending {
      public:
        Pending(Pending&& other) noexcept;
        Pending& operator=(Pending&&) = delete;
        ~Pending();

        /// Puts the zone into its place and syncs the directory.
        Result<void> commit();

      private:
        friend class ZoneStore;
        Pending(std::string temporary, std::string path) : temporary_(std::move(temporary)), path_(std::move(path)) {}
        std::string temporary_;  // empty once done
        std::string path_;
    };

    /// Creates the directory if need be, locks it, and removes what a crash left unfinished. Errors: the directory
    /// cannot be used, another process has it.
    static Result<std::unique_ptr<ZoneStore>> open(const std::string& directory);
    ~ZoneStore();
    ZoneStore(const ZoneStore&) = delete;
    ZoneStore& operator=(const ZoneStore&) = delete;

    /// As list_stored_zones().
    [[nodiscard]] std::vector<StoredZone> list(Diagnostics& diagnostics) const;
    /// Writes the zone with a header comment naming `origin`. With the `id` of the zone's file as it is, empty
    /// ones included, its journal goes on; without one the file gets a new id. Thread-safe. Errors: no space, no
    /// permission, a name too long for a file.
    [[nodiscard]] Result<Pending> prepare(const ZoneRecords& zone, const std::string& origin,
                                          const std::optional<std::string>& id = std::nullopt) const;
    /// Removes the zone's file and journal. Errors: it is not there or cannot be removed.
    [[nodiscard]] Result<void> remove(DnameView apex);
    /// The journal of a stored zone, opened at its first change.
    Result<Journal*> journal(DnameView apex);
    /// Appends to that journal, and has it synced within about a second.
    Result<void> append(Journal& journal, const JournalNames& names);
    /// Takes back the entry appended last, likewise.
    Result<void> undo(Journal& journal);
    /// Removes the journal of a zone whose file is another one now.
    void drop_journal(DnameView apex);
    /// For after the files were read again: what the journals have is what is served, even what could not be taken
    /// back, and the next change of a zone opens the journal of the file as it is.
    void close_journals() { journals_.clear(); }
    /// The id of the zone's file.
    [[nodiscard]] std::string id_of(DnameView apex) const;
    /// Where the zone is or would be. The name is lower case; bytes outside [a-z0-9._-] are written %XX; the root is
    /// `@`.
    [[nodiscard]] std::string path_of(DnameView apex) const;

  private:
    ZoneStore(std::string directory, int lock) : directory_(std::move(directory)), lock_(lock) {}
    std::string directory_;
    int lock_;  // the open directory, flock()ed
    std::map<Dname, std::unique_ptr<Journal>> journals_;
    JournalSync sync_;
};

}  // namespace splitline
