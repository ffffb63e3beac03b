// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/crc.hpp>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "store/files.h"

namespace splitline {

namespace {

// An entry: length of what follows and its CRC-32, then names. All numbers are little-endian, as this host's are.
constexpr size_t kEntryHeader = 8;

constexpr std::string_view kMagic = "splitline journal 1 of ";
constexpr std::string_view kDamagedSuffix = ".damaged";

std::string header_of(const std::string& id) {
    return std::string(kMagic) + id + "\n";
}

class Writer {
  public:
    template <typename T>
    void number(T value) {
        bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    template <typename Length>
    void text(std::string_view text) {
        number(static_cast<Length>(text.size()));
        bytes_.append(text);
    }
    std::string& bytes() { return bytes_; }

  private:
    std::string bytes_;
};

/// Reads what Writer wrote; past the end everything is 0 and failed() is true.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}
    template <typename T>
    T number() {
        T value{};
        if (rest_.size() < sizeof value) {
            failed_ = true;
            rest_ = {};
            return value;
        }
        std::memcpy(&value, rest_.data(), sizeof value);
        rest_.remove_prefix(sizeof value);
        return value;
    }
    template <typename Length>
    std::string text() {
        const size_t size = number<Length>();
        failed_ = failed_ || size > rest_.size();
        if (failed_) return "";
        std::string text(rest_.substr(0, size));
        rest_.remove_prefix(size);
        return text;
    }
    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] bool at_end() const { return rest_.empty(); }

  private:
    std::string_view rest_;
    bool failed_ = false;
};

uint32_t checksum(std::string_view bytes) {
    boost::crc_32_type crc;
    crc.process_bytes(bytes.data(), bytes.size());
    return crc.checksum();
}

std::string encode(const JournalNames& names) {
    Writer entry;
    entry.number(uint64_t{0});  // length and checksum, once known
    entry.number(static_cast<uint32_t>(names.size()));
    for (const auto& [name, records] : names) {
        entry.text<uint8_t>(name);
        entry.number(static_cast<uint32_t>(records.size()));
        for (const JournalRecord& record : records) {
            entry.text<uint8_t>(record.line);
            entry.number(record.type);
            entry.number(record.ttl);
            entry.text<uint16_t>(record.rdata);
        }
    }
    std::string& bytes = entry.bytes();
    const auto length = static_cast<uint32_t>(bytes.size() - kEntryHeader);
    const uint32_t crc = checksum(std::string_view(bytes).substr(kEntryHeader));
    std::memcpy(bytes.data(), &length, sizeof length);
    std::memcpy(bytes.data() + sizeof length, &crc, sizeof crc);
    return std::move(bytes);
}

bool decode(std::string_view bytes, JournalNames& names) {
    Reader entry(bytes);
    JournalNames found;
    for (auto count = entry.number<uint32_t>(); count > 0 && !entry.failed(); --count) {
        auto& records = found[entry.text<uint8_t>()];
        for (auto left = entry.number<uint32_t>(); left > 0 && !entry.failed(); --left) {
            JournalRecord record;
            record.line = entry.text<uint8_t>();
            record.type = entry.number<uint16_t>();
            record.ttl = entry.number<uint32_t>();
            record.rdata = entry.text<uint16_t>();
            records.push_back(std::move(record));
        }
    }
    if (entry.failed() || !entry.at_end()) return false;
    for (auto& [name, records] : found) names[name] = std::move(records);
    return true;
}

// Takes whole entries into `names`; returns how many bytes of `text` they end at.
size_t read_entries(std::string_view text, size_t at, JournalNames& names) {
    while (text.size() - at >= kEntryHeader) {
        uint32_t length = 0, crc = 0;
        std::memcpy(&length, text.data() + at, sizeof length);
        std::memcpy(&crc, text.data() + at + sizeof length, sizeof crc);
        if (text.size() - at - kEntryHeader < length) break;
        const std::string_view body = text.substr(at + kEntryHeader, length);
        if (checksum(body) != crc || !decode(body, names)) break;
        at += kEntryHeader + length;
    }
    return at;
}

/// Whether a text is not even the beginning of a journal, of whatever file.
bool no_journal(std::string_view text) {
    return !text.starts_with(kMagic) && !kMagic.starts_with(text);
}

/// Keeps a copy of a journal that is going to be cut.
Result<void> set_aside(const std::string& path, std::string_view text) {
    const std::string copy = path + std::string(kDamagedSuffix);
    const Fd file(::open(copy.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    const bool kept = file.get() >= 0 && write_all(file.get(), text) && fsync(file.get()) == 0;
    return kept ? Result<void>() : system_error("keep a copy of the damaged journal", copy);
}

Result<std::string> read_whole(const std::string& path) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return errno == ENOENT ? Result<std::string>("") : system_error("read the journal", path);
    std::string text;
    char buffer[65536];
    for (ssize_t size = 0; (size = ::read(file.get(), buffer, sizeof buffer)) != 0;) {
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return system_error("read the journal", path);
        text.append(buffer, static_cast<size_t>(size));
    }
    return text;
}

}  // namespace

Result<JournalNames> Journal::read(const std::string& path, const std::string& id, Diagnostics& diagnostics) {
    const auto text = read_whole(path);
    if (!text) return text.error();
    JournalNames names;
    const std::string header = header_of(id);
    if (!text->starts_with(header)) {
        if (no_journal(*text))
            diagnostics.warning({path, 0}, "no journal of record changes, or a damaged one; ignored");
        return names;
    }
    if (const size_t left = text->size() - read_entries(*text, header.size(), names); left > 0)
        diagnostics.warning({path, 0}, fmt::format("the last {} bytes are cut short or damaged; the record changes in "
                                                   "them are lost: compare the zone and make them again",
                                                   left));
    return names;
}

Result<std::unique_ptr<Journal>> Journal::open(const std::string& path, const std::string& id) {
    const auto text = read_whole(path);
    if (!text) return text.error();
    const std::string header = header_of(id);
    Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (file.get() < 0) return system_error("open the journal", path);
    size_t size = header.size();
    if (text->starts_with(header)) {
        JournalNames ignored;
        size = read_entries(*text, header.size(), ignored);
        if (size < text->size())
            if (auto kept = set_aside(path, *text); !kept) return kept.error();
        if (ftruncate(file.get(), static_cast<off_t>(size)) != 0) return system_error("mend the journal", path);
    } else if (auto kept = no_journal(*text) ? set_aside(path, *text) : Result<void>(); !kept) {
        return kept.error();
    } else if (ftruncate(file.get(), 0) != 0 || !write_all(file.get(), header)) {
        return system_error("begin the journal", path);
    }
    if (auto synced = sync_directory_of(path); !synced) return synced.error();
    return std::unique_ptr<Journal>(new Journal(path, id, std::move(file), size));
}

Result<void> Journal::append(const JournalNames& names) {
    if (broken_)
        if (auto mended = cut_off(); !mended) return mended;
    const std::string entry = encode(names);
    size_before_ = size_;
    if (!write_all(file_->get(), entry)) {
        const Error failure = system_error("write the journal", path_);
        const auto mended = cut_off();
        return mended ? Result<void>(failure) : mended;
    }
    size_ += entry.size();
    return {};
}

Result<void> Journal::undo() {
    size_ = size_before_;
    return cut_off();
}

Result<void> Journal::cut_off() {
    broken_ = ftruncate(file_->get(), static_cast<off_t>(size_)) != 0;
    return broken_ ? system_error("cut a refused entry off the journal", path_) : Result<void>();
}

Result<void> Journal::drop_front(uint64_t size) {
    const auto text = read_whole(path_);
    if (!text) return text.error();
    const auto whole = std::string_view(*text).substr(0, size_);
    const std::string rest = header_of(id_).append(whole.substr(std::min<size_t>(size, whole.size())));
    const std::string temporary = path_ + ".new";
    Fd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644));
    const bool written = file.get() >= 0 && write_all(file.get(), rest) && fsync(file.get()) == 0 &&
                         rename(temporary.c_str(), path_.c_str()) == 0;
    if (!written) {
        const Error failure = system_error("shorten the journal", path_);
        unlink(temporary.c_str());
        return failure;
    }
    file_ = std::make_shared<const Fd>(std::move(file));
    size_ = size_before_ = rest.size();
    broken_ = false;
    return sync_directory_of(path_);
}

void apply_journal(const JournalNames& names, const std::string& path, ZoneRecords& zone) {
    if (names.empty()) return;
    std::vector<Record> kept;
    kept.reserve(zone.records.size());
    uint32_t owner = 0;
    bool replaced = false;
    for (size_t i = 0; i < zone.records.size(); ++i) {
        const Record& record = zone.records[i];
        if (i == 0 || record.owner != owner) replaced = names.contains(Dname(zone.owner(record)));
        owner = record.owner;
        if (!replaced) kept.push_back(record);
    }
    zone.records = std::move(kept);
    zone.files.push_back(path);
    std::unordered_map<std::string, uint16_t> numbers;
    for (size_t line = 0; line < zone.lines.size(); ++line) numbers[zone.lines[line]] = static_cast<uint16_t>(line);
    const auto append = [&](std::string_view bytes) {
        const auto at = static_cast<uint32_t>(zone.bytes.size());
        zone.bytes.insert(zone.bytes.end(), bytes.begin(), bytes.end());
        return at;
    };
    for (const auto& [name, records] : names) {
        const uint32_t at = records.empty() ? 0 : append(name);
        for (const JournalRecord& record : records) {
            const auto [line, added] = numbers.try_emplace(record.line, static_cast<uint16_t>(zone.lines.size()));
            if (added) {
                zone.lines.push_back(record.line);
                zone.line_places.push_back({path, 0});
            }
            zone.records.push_back({.owner = at,
                                    .rdata = append(record.rdata),
                                    .ttl = record.ttl,
                                    .rdata_length = static_cast<uint16_t>(record.rdata.size()),
                                    .type = record.type,
                                    .line = line->second,
                                    .file = static_cast<uint16_t>(zone.files.size() - 1)});
        }
    }
}

}  // namespace splitline
