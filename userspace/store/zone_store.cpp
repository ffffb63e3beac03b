// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/zone_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "base/phase.h"
#include "store/files.h"
#include "zone/zone_reader.h"
#include "zone/zone_render.h"

namespace splitline {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".zone";
constexpr std::string_view kJournalSuffix = ".journal";
constexpr std::string_view kTemporary = ".tmp-";  // no zone's name starts so: names do not start with a dot
constexpr std::string_view kOriginComment = "; loaded by splitline from ";
constexpr std::string_view kIdComment = "; id ";

bool plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// File name of a zone, without the suffix. Dots separate labels only, so that no two zones share a name.
std::string encode(DnameView apex) {
    if (apex.size() <= 1) return "@";
    std::string text;
    for (size_t at = 0; apex[at] != 0;) {
        const auto length = static_cast<uint8_t>(apex[at++]);
        if (!text.empty()) text += '.';
        for (size_t end = at + length; at < end; ++at) {
            if (plain(apex[at]))
                text += apex[at];
            else
                text += fmt::format("%{:02x}", static_cast<uint8_t>(apex[at]));
        }
    }
    return text;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// The inverse of encode(); "" for anything it does not make.
Dname decode(std::string_view text) {
    if (text == "@") return {'\0'};
    Dname name;
    std::string label;
    const auto end_label = [&] {
        name += static_cast<char>(label.size());
        name += label;
        label.clear();
    };
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '.') {
            end_label();
        } else if (text[i] == '%') {
            if (i + 2 >= text.size() || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0) return {};
            label += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        } else {
            label += text[i];
        }
    }
    end_label();
    name += '\0';
    const auto* wire = reinterpret_cast<const uint8_t*>(name.data());
    return dname_wire_size(wire, name.size()) == name.size() && encode(name) == text ? name : Dname();
}

/// What the file's first lines say of it; a newline in a path could not have been written there.
struct Header {
    std::string origin, id;
};

Header read_header(const std::string& path) {
    std::ifstream file(path);
    const auto line_behind = [&](std::string_view comment) {
        std::string line;
        std::getline(file, line);
        return line.starts_with(comment) ? line.substr(comment.size()) : "";
    };
    Header header;
    header.origin = line_behind(kOriginComment);
    header.id = line_behind(kIdComment);
    return header;
}

/// DIRECTORY/example.com.zone -> DIRECTORY/example.com.journal
std::string journal_path(const std::string& zone_path) {
    return zone_path.substr(0, zone_path.size() - kSuffix.size()) + std::string(kJournalSuffix);
}

/// Or what there is of one beside it: a copy of a damaged one, one being shortened.
bool is_journal(std::string_view name) {
    return name.ends_with(kJournalSuffix) || name.ends_with(".journal.damaged") || name.ends_with(".journal.new");
}

std::string new_id() {
    std::random_device random;
    return fmt::format("{:08x}{:08x}", random(), random());
}

}  // namespace

ZoneStore::Pending::Pending(Pending&& other) noexcept
    : temporary_(std::exchange(other.temporary_, "")), path_(std::move(other.path_)) {}

ZoneStore::Pending::~Pending() {
    if (!temporary_.empty()) unlink(temporary_.c_str());
}

Result<void> ZoneStore::Pending::commit() {
    if (rename(temporary_.c_str(), path_.c_str()) != 0) return system_error("put the zone into its place", path_);
    temporary_.clear();
    return sync_directory_of(path_);
}

Result<std::unique_ptr<ZoneStore>> ZoneStore::open(const std::string& directory) {
    std::error_code failed;
    fs::create_directories(directory, failed);
    if (failed) return Error{"cannot create the directory: " + failed.message(), {directory, 0}};
    const int lock = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0) return system_error("open the directory", directory);
    std::unique_ptr<ZoneStore> store(new ZoneStore(directory, lock));
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return Error{"in use by another splitlined; stop it or set another server.state_directory", {directory, 0}};
        return system_error("lock the directory", directory);
    }
    for (const auto& entry : fs::directory_iterator(directory, failed)) {
        const auto name = entry.path().filename().string();
        if (name.starts_with(kTemporary) || name.ends_with(".journal.new")) unlink(entry.path().c_str());
    }
    if (failed) return Error{"cannot read the directory: " + failed.message(), {directory, 0}};
    return store;
}

ZoneStore::~ZoneStore() {
    close(lock_);
}

std::string ZoneStore::path_of(DnameView apex) const {
    return directory_ + "/" + encode(apex) + std::string(kSuffix);
}

std::vector<StoredZone> ZoneStore::list(Diagnostics& diagnostics) const {
    return list_stored_zones(directory_, diagnostics);
}

std::vector<StoredZone> list_stored_zones(const std::string& directory, Diagnostics& diagnostics) {
    std::vector<StoredZone> zones;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(directory, failed)) {
        const auto path = entry.path().string(), name = entry.path().filename().string();
        if (name.starts_with(kTemporary) || is_journal(name)) continue;
        const auto stem = name.size() > kSuffix.size() && entry.path().extension() == kSuffix
                              ? name.substr(0, name.size() - kSuffix.size())
                              : "";
        const Dname apex = stem.empty() ? Dname() : decode(stem);
        if (apex.empty())
            diagnostics.warning({path, 0}, "not a zone of the store; load zone files by `splitline zone load`");
        else
            zones.push_back({apex, path, read_header(path).origin, read_header(path).id});
    }
    if (failed && failed != std::errc::no_such_file_or_directory)
        diagnostics.error({directory, 0}, "cannot read the directory: " + failed.message());
    std::sort(zones.begin(), zones.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return zones;
}

ZoneRecords read_stored_zone(const StoredZone& zone, Diagnostics& diagnostics) {
    ZoneRecords records = read_zone_file(zone.path, diagnostics);
    const auto changes = Journal::read(journal_path(zone.path), zone.id, diagnostics);
    if (changes)
        apply_journal(*changes, journal_path(zone.path), records);
    else
        diagnostics.error(changes.error().place, changes.error().message);
    return records;
}

Result<ZoneStore::Pending> ZoneStore::prepare(const ZoneRecords& zone, const std::string& origin,
                                              const std::optional<std::string>& id) const {
    const Phase phase("store");
    std::string comment = std::string(kOriginComment) + origin;
    // A path may hold anything; as a comment it must stay on its line.
    std::replace_if(
        comment.begin(), comment.end(), [](char c) { return c == '\n' || c == '\r'; }, '?');
    const auto path = path_of(zone.apex);
    std::string temporary = directory_ + "/" + std::string(kTemporary) + "XXXXXX";
    const int fd = mkostemp(temporary.data(), O_CLOEXEC);
    if (fd < 0) return system_error("write the zone", directory_);
    Pending pending(temporary, path);
    const bool written = write_all(fd, comment + "\n" + std::string(kIdComment) + (id ? *id : new_id()) + "\n") &&
                         write_all(fd, render_zone(zone)) && fchmod(fd, 0644) == 0 && fsync(fd) == 0;
    const Error failure = written ? Error{} : system_error("write the zone", path);
    close(fd);
    if (!written) return failure;
    // Found now rather than by the rename, when the zone may already be served.
    if (fs::path(path).filename().string().size() > NAME_MAX)
        return Error{"the zone's name is too long for a file; serve it from the configuration instead", {path, 0}};
    return pending;
}

Result<void> ZoneStore::remove(DnameView apex) {
    const auto path = path_of(apex);
    if (unlink(path.c_str()) != 0) return system_error("remove the stored zone", path);
    drop_journal(apex);
    return sync_directory_of(path);
}

Result<Journal*> ZoneStore::journal(DnameView apex) {
    auto& open = journals_[Dname(apex)];
    if (open == nullptr) {
        auto opened = Journal::open(journal_path(path_of(apex)), id_of(apex));
        if (!opened) return opened.error();
        open = std::move(*opened);
    }
    return open.get();
}

Result<void> ZoneStore::append(Journal& journal, const JournalNames& names) {
    auto appended = journal.append(names);
    if (appended) sync_.written(journal.file());
    return appended;
}

Result<void> ZoneStore::undo(Journal& journal) {
    auto undone = journal.undo();
    if (undone) sync_.written(journal.file());
    return undone;
}

void ZoneStore::drop_journal(DnameView apex) {
    journals_.erase(Dname(apex));
    unlink(journal_path(path_of(apex)).c_str());
}

std::string ZoneStore::id_of(DnameView apex) const {
    return read_header(path_of(apex)).id;
}

}  // namespace splitline
