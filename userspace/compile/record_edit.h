// SPDX-License-Identifier: GPL-3.0-or-later
// A commit of record changes on its way from one image of a zone to the next: collects changes, checks what they leave,
// and makes the image. Pure; a refused edit is simply dropped.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "compile/zone_image.h"
#include "compile/zone_update.h"
#include "zone/record_change.h"

namespace splitline {

class RecordEdit {
  public:
    /// One record, owning its bytes.
    struct OwnRecord {
        LineId line = kDefaultLine;
        uint16_t type = 0;
        uint32_t ttl = 0;
        std::string rdata;
        bool operator==(const OwnRecord&) const = default;
    };
    using Names = std::map<Dname, std::vector<OwnRecord>>;

    /// `base` must be without errors; both must outlive the object.
    RecordEdit(const ZoneImage& base, const LineCatalog& catalog) : base_(base), catalog_(catalog) {}

    /// Errors: an unknown line, a record to add that is there, one to delete that is not. Then nothing has changed.
    Result<void> apply(const RecordChange& change);
    /// Whether finish() may have to look at the whole zone: delegations or DNAMEs may be concerned.
    [[nodiscard]] bool may_take_long() const { return structural_; }
    /// The zone as the changes leave it, its serial raised by one unless they set the SOA; `base` itself if they leave
    /// everything as it was (null). Errors are those of the checks, which say more in `diagnostics`.
    Result<std::shared_ptr<const ZoneImage>> finish(Diagnostics& diagnostics);
    /// All records of the zone as finish() had it checked.
    [[nodiscard]] ZoneRecords whole() const { return update().records(); }
    /// All records of every name that finish() found changed.
    [[nodiscard]] const Names& changed() const { return names_; }

  private:
    std::vector<OwnRecord>& records_of(const Dname& name);
    Result<LineId> line_of(const RecordChange& change) const;
    Result<void> erase(std::vector<OwnRecord>& records, const RecordChange& change) const;
    static Result<void> add(std::vector<OwnRecord>& records, OwnRecord record, const RecordChange& change);
    static void set(std::vector<OwnRecord>& records, OwnRecord record);
    void forget_unchanged();
    [[nodiscard]] bool soa_changed() const;
    void raise_serial();
    [[nodiscard]] ZoneUpdate update() const;

    const ZoneImage& base_;
    const LineCatalog& catalog_;
    Names names_;
    bool sets_soa_ = false;
    bool structural_ = false;
};

/// The records of a node, owned.
std::vector<RecordEdit::OwnRecord> own_records(const Node& node);

}  // namespace splitline
