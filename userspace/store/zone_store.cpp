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

#include "base/fd.h"
#include "zone/zone_render.h"

namespace splitline {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".zone";
constexpr std::string_view kTemporary = ".tmp-";  // no zone's name starts so: names do not start with a dot
constexpr std::string_view kOriginComment = "; loaded by splitline from ";

Error system_error(const std::string& what, const std::string& path) {
    return Error{fmt::format("cannot {}: {}", what, std::strerror(errno)), {path, 0}};
}

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

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        text.remove_prefix(static_cast<size_t>(written));
    }
    return true;
}

/// Makes a rename or an unlink in the file's directory survive a power cut.
Result<void> sync_directory_of(const std::string& path) {
    const auto directory = fs::path(path).parent_path().string();
    const Fd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const bool synced = fd.get() >= 0 && fsync(fd.get()) == 0;
    return synced ? Result<void>() : system_error("sync the directory", directory);
}

/// Where the zone came from, as the file's first line says; a newline in a path could not have been written there.
std::string read_origin(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line.compare(0, kOriginComment.size(), kOriginComment) == 0 ? line.substr(kOriginComment.size()) : "";
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
        if (name.compare(0, kTemporary.size(), kTemporary) == 0) unlink(entry.path().c_str());
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
        if (name.compare(0, kTemporary.size(), kTemporary) == 0) continue;
        const auto stem = name.size() > kSuffix.size() && entry.path().extension() == kSuffix
                              ? name.substr(0, name.size() - kSuffix.size())
                              : "";
        const Dname apex = stem.empty() ? Dname() : decode(stem);
        if (apex.empty())
            diagnostics.warning({path, 0}, "not a zone of the store; load zone files by `splitline zone load`");
        else
            zones.push_back({apex, path, read_origin(path)});
    }
    if (failed && failed != std::errc::no_such_file_or_directory)
        diagnostics.error({directory, 0}, "cannot read the directory: " + failed.message());
    std::sort(zones.begin(), zones.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return zones;
}

Result<ZoneStore::Pending> ZoneStore::prepare(const ZoneRecords& zone, const std::string& origin) const {
    std::string comment = std::string(kOriginComment) + origin;
    // A path may hold anything; as a comment it must stay on its line.
    std::replace_if(
        comment.begin(), comment.end(), [](char c) { return c == '\n' || c == '\r'; }, '?');
    const auto path = path_of(zone.apex);
    std::string temporary = directory_ + "/" + std::string(kTemporary) + "XXXXXX";
    const int fd = mkostemp(temporary.data(), O_CLOEXEC);
    if (fd < 0) return system_error("write the zone", directory_);
    Pending pending(temporary, path);
    const bool written =
        write_all(fd, comment + "\n") && write_all(fd, render_zone(zone)) && fchmod(fd, 0644) == 0 && fsync(fd) == 0;
    const Error failure = written ? Error{} : system_error("write the zone", path);
    close(fd);
    if (!written) return failure;
    // Found now rather than by the rename, when the zone may already be served.
    if (fs::path(path).filename().string().size() > NAME_MAX)
        return Error{"the zone's name is too long for a file; serve it from the configuration instead", {path, 0}};
    return pending;
}

Result<void> ZoneStore::remove(DnameView apex) const {
    const auto path = path_of(apex);
    if (unlink(path.c_str()) != 0) return system_error("remove the stored zone", path);
    return sync_directory_of(path);
}

}  // namespace splitline
