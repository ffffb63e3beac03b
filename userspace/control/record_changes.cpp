// SPDX-License-Identifier: GPL-3.0-or-later
// Serving: records changed by command.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "base/log.h"
#include "compile/record_edit.h"
#include "control/serving.h"

namespace splitline {
namespace {

// A journal is folded into its zone's file when it has grown beyond a part of it: then a start reads little twice, and
// a large zone is not written again for every few changes.
constexpr uint64_t kFoldMin = uint64_t{1} << 20;
constexpr uint64_t kFoldMax = uint64_t{16} << 20;
constexpr uint64_t kFoldPart = 8;

/// Calls visit(text) for each line that is not empty and no comment; stops at its first error.
template <typename Visit>
Result<void> for_each_change(std::string_view changes, Visit visit) {
    for (size_t number = 1; !changes.empty(); ++number) {
        const auto end = std::min(changes.find('\n'), changes.size());
        const std::string_view line = changes.substr(0, end);
        changes.remove_prefix(std::min(end + 1, changes.size()));
        const auto text = line.find_first_not_of(" \t\r");
        if (text == std::string_view::npos || line[text] == ';') continue;
        const bool alone = number == 1 && changes.empty();
        if (auto done = visit(line); !done)
            return Error{alone ? done.error().text() : fmt::format("change {}: {}", number, done.error().text())};
    }
    return {};
}

JournalNames journal_names(const RecordEdit::Names& names, const LineCatalog& catalog) {
    JournalNames found;
    for (const auto& [name, records] : names) {
        auto& all = found[name];
        for (const auto& record : records)
            all.push_back({catalog.name(record.line), record.type, record.ttl, record.rdata});
    }
    return found;
}

}  // namespace

Result<ZoneChange> Serving::change_records(const std::string& zone, const std::string& changes, Diagnostics& findings) {
    finish_folding(false);
    const auto apex = dname_from_text(zone);
    if (!apex) return Error{"ZONE: " + apex.error().message};
    const size_t at = image_->apexes->find(*apex);
    if (at == ApexMap::kNone) return unknown_zone(zone);
    if (!zones_[at].stored)
        return Error{
            fmt::format("zone {} is served from {} as the configuration says: edit that file and run `splitline "
                        "reload`; or take it out of zones.files and `splitline zone load` it, then its records can be "
                        "changed by command",
                        dname_to_text(*apex), zones_[at].file)};
    RecordEdit edit(*zones_[at].source.image, lines_->catalog);
    auto applied = for_each_change(changes, [&](std::string_view line) -> Result<void> {
        const auto change = parse_record_change(line, *apex);
        return change ? edit.apply(*change) : Result<void>(change.error());
    });
    if (!applied) return applied.error();
    std::optional<Result<std::shared_ptr<const ZoneImage>>> image;
    if (edit.may_take_long())
        run_beside([&] { image = edit.finish(findings); });
    else
        image = edit.finish(findings);
    if (!*image) return image->error();
    if (**image == nullptr) return change_of(zones_[at].source, "unchanged");
    if (auto done = commit_records(at, **image, journal_names(edit.changed(), lines_->catalog)); !done)
        return done.error();
    return change_of(zones_[at].source, "changed");
}

// Written before it is served: what was answered for is never lost. What is not served is taken back.
Result<void> Serving::commit_records(size_t zone, const std::shared_ptr<const ZoneImage>& image,
                                     const JournalNames& names) {
    const auto journal = store_->journal(image->apex());
    if (!journal) return journal.error();
    if (auto written = store_->append(**journal, names); !written) return written;
    auto next = change_zone(*image_, image);
    auto published = next ? publish_both(*next, config_.policy) : Result<void>(next.error());
    if (!published) {
        if (auto undone = (*journal)->undo(); !undone)
            return Error{published.error().text() + "; but a restart would serve it: " + undone.error().text()};
        return published;
    }
    image_ = *next;
    zones_[zone].source = image_->zones[zone];
    fold_if_due(zone, **journal);
    return {};
}

// The file is written beside the control thread, from an image that nobody changes any more.
void Serving::fold_if_due(size_t zone, const Journal& journal) {
    if (folding_ || journal.size() < kFoldMin) return;
    const Dname apex(zones_[zone].source.image->apex());
    std::error_code no_file;
    const auto file_size = std::filesystem::file_size(store_->path_of(apex), no_file);
    if (no_file || journal.size() < std::clamp<uint64_t>(file_size / kFoldPart, kFoldMin, kFoldMax)) return;
    const auto write = [store = store_.get(), lines = lines_, image = zones_[zone].source.image,
                        file = zones_[zone].file,
                        id = store_->id_of(apex)] { return store->prepare(image->records(lines->catalog), file, id); };
    folding_.emplace(Folding{apex, journal.size(), std::async(std::launch::async, write)});
}

// Whatever moment the host dies at, the journal fits the file: its entries say what names have, so those that are in
// the file already change nothing.
void Serving::finish_folding(bool wait) {
    if (!folding_) return;
    if (!wait && folding_->written.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
    auto written = folding_->written.get();
    Result<void> done = written ? written->commit() : Result<void>(written.error());
    if (done) {
        const auto journal = store_->journal(folding_->apex);
        done = journal ? (*journal)->drop_front(folding_->journal_size) : Result<void>(journal.error());
    }
    // Nothing is lost: the journal goes on growing, and the next commit tries again.
    if (!done) log_error("folding the journal of {}: {}", dname_to_text(folding_->apex), done.error().text());
    folding_.reset();
}

}  // namespace splitline
