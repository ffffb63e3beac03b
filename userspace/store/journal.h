// SPDX-License-Identifier: GPL-3.0-or-later
// What record changes have made of a stored zone since its file was written: an append-only file beside it.
//
// A commit is an entry with all records of each name it changed, length and checksum in front, written by one write().
// So reading it back needs no order but the last entry of a name, and an entry that a crash cut short is recognised and
// dropped. The first line names the zone file it belongs to by that file's id: a journal left behind by a crash while
// the zone was being replaced is not applied to another zone.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "zone/records.h"

namespace splitline {

/// One record of a name, as a journal holds it.
struct JournalRecord {
    std::string line;
    uint16_t type = 0;
    uint32_t ttl = 0;
    std::string rdata;
    bool operator==(const JournalRecord&) const = default;
};

/// Names with all records they have.
using JournalNames = std::map<Dname, std::vector<JournalRecord>>;

class Journal {
  public:
    /// Opens the journal for writing behind its last whole entry, and makes it if there is none. What is behind that is
    /// cut off; the journal as it was is kept in PATH.damaged. One of another id is emptied first.
    static Result<std::unique_ptr<Journal>> open(const std::string& path, const std::string& id);
    /// What the entries of a journal of that id leave of the names in them; nothing if there is none. Bytes behind the
    /// last whole entry are a warning: a crash can leave a part of an entry, but a damaged disk hide whole ones.
    static Result<JournalNames> read(const std::string& path, const std::string& id, Diagnostics& diagnostics);

    /// Returns once the entry is written; it survives the end of the process then, and that of the host after a sync of
    /// file(). Refused as long as what an earlier failure left at the end cannot be cut off: nobody would read on
    /// behind it.
    Result<void> append(const JournalNames& names);
    /// Takes back the entry appended last. After an error it is still in the file; the next append() tries again.
    Result<void> undo();
    /// Drops all entries in front of that size, which the zone's file has by now.
    Result<void> drop_front(uint64_t size);
    [[nodiscard]] uint64_t size() const { return size_; }
    /// For syncing from another thread, while this object goes on.
    [[nodiscard]] std::shared_ptr<const Fd> file() const { return file_; }

  private:
    Result<void> cut_off();
    Journal(std::string path, std::string id, Fd file, uint64_t size)
        : path_(std::move(path)),
          id_(std::move(id)),
          file_(std::make_shared<const Fd>(std::move(file))),
          size_(size),
          size_before_(size) {}

    std::string path_, id_;
    std::shared_ptr<const Fd> file_;
    uint64_t size_;
    uint64_t size_before_;  // of the last entry
    bool broken_ = false;   // the file may be larger than size_
};

/// The zone with the names as the journal has them.
void apply_journal(const JournalNames& names, const std::string& path, ZoneRecords& zone);

}  // namespace splitline
