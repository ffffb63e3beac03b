// SPDX-License-Identifier: GPL-3.0-or-later
// Serving: records changed by command.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "base/log.h"
#include "base/parallel.h"
#include "compile/record_edit.h"
#include "control/serving.h"

namespace splitline {
namespace {

// A journal is folded into its zone's file when it has grown beyond a part of it: then a start reads little twice, and
// a large zone is not written again for every few changes.
constexpr uint64_t kFoldMin = uint64_t{1} << 20;
constexpr uint64_t kFoldMax = uint64_t{16} << 20;
constexpr uint64_t kFoldPart = 8;
constexpr std::chrono::minutes kFoldPause(1);

// Larger requests are worked on beside the control thread, whose heartbeat they could delay.
constexpr size_t kLargeChanges = size_t{64} << 10;

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
    if (unkept_.contains(*apex))
        return Error{
            fmt::format("zone {} is served but could not be stored; run `splitline zone load` again once the "
                        "state directory can be written, then change its records",
                        dname_to_text(*apex))};
    bool beside = changes.size() > kLargeChanges || may_fill_fast_path(changes);
    const auto run = [&](const std::function<void()>& work) {
        if (beside)
            run_beside(work);
        else
            work();
    };
    RecordEdit edit(*zones_[at].source.image, lines_->catalog);
    Result<void> done;
    run([&] {
        done = for_each_change(changes, [&](std::string_view line) -> Result<void> {
            const auto change = parse_record_change(line, *apex);
            return change ? edit.apply(*change) : Result<void>(change.error());
        });
    });
    if (!done) return done.error();
    beside = beside || edit.may_take_long();
    std::optional<Result<std::shared_ptr<const ZoneImage>>> image;
    run([&] { image = edit.finish(findings); });
    if (!*image) return image->error();
    if (**image == nullptr) return change_of(zones_[at].source, "unchanged");
    // With another set of lines in use, clients are classed anew and everything is compiled.
    beside = beside || (**image)->used_lines() != zones_[at].source.image->used_lines();
    run([&] { done = commit_records(at, **image, journal_names(edit.changed(), lines_->catalog)); });
    if (!done) return done.error();
    return change_of(zones_[at].source, "changed");
}

// Whether the fast path may have no room for all names then: it may have to look at all of them. A name needs more than
// a byte of the text that brings it.
bool Serving::may_fill_fast_path(const std::string& changes) const {
    if (!fast_path_) return false;
    const FastPathUsage usage = fast_path_->usage();
    return fast_path_->leaves_names_out() || usage.names + changes.size() > usage.max_names;
}

// Written before it is served: what was answered for is never lost. What is not served is taken back.
Result<void> Serving::commit_records(size_t zone, const std::shared_ptr<const ZoneImage>& image,
                                     const JournalNames& names) {
    const auto journal = store_->journal(image->apex());
    if (!journal) return journal.error();
    if (auto written = store_->append(**journal, names); !written) return written;
    Result<void> published;
    std::shared_ptr<const Image> next;
    try {
        auto changed = change_zone(*image_, image);
        published = changed ? publish_both(next = *changed, config_.policy) : Result<void>(changed.error());
    } catch (...) {
        if (auto undone = store_->undo(**journal); !undone)
            log_error("a restart would serve a refused change: {}", undone.error().text());
        throw;
    }
    if (!published) {
        if (auto undone = store_->undo(**journal); !undone)
            return Error{published.error().text() + "; but a restart would serve it: " + undone.error().text()};
        return published;
    }
    image_ = std::move(next);
    zones_[zone].source = image_->zones[zone];
    try {
        fold_if_due(zone, **journal);
    } catch (const std::exception& failure) {
        // The commit is done all the same; a later one folds.
        log_error("folding the journal of {}: {}", dname_to_text(image->apex()), failure.what());
    }
    return {};
}

// The file is written beside the control thread, from an image that nobody changes any more.
void Serving::fold_if_due(size_t zone, const Journal& journal) {
    if (folding_ || journal.size() < kFoldMin || std::chrono::steady_clock::now() < next_folding_) return;
    const Dname apex(zones_[zone].source.image->apex());
    std::error_code no_file;
    const auto file_size = std::filesystem::file_size(store_->path_of(apex), no_file);
    if (no_file || journal.size() < std::clamp<uint64_t>(file_size / kFoldPart, kFoldMin, kFoldMax)) return;
    const auto write = [store = store_.get(), lines = lines_, image = zones_[zone].source.image,
                        file = zones_[zone].file, id = store_->id_of(apex),
                        entries = journal.file()]() -> Result<ZoneStore::Pending> {
        try {
            // An older part of the journal on top of the new file would take commits back in part.
            if (fdatasync(entries->get()) != 0) return Error{std::string("cannot sync it: ") + std::strerror(errno)};
            return store->prepare(image->records(lines->catalog), file, id);
        } catch (const std::exception& failure) {
            return Error{failure.what()};
        }
    };
    folding_.emplace(Folding{apex, journal.size(), run_behind(write)});
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
    // Nothing is lost: the journal goes on growing, and a later commit tries again.
    if (!done) {
        log_error("folding the journal of {}: {}", dname_to_text(folding_->apex), done.error().text());
        next_folding_ = std::chrono::steady_clock::now() + kFoldPause;
    }
    folding_.reset();
}

}  // namespace splitline
