// SPDX-License-Identifier: GPL-3.0-or-later
#include "zone/zone_reader.h"

#include <filesystem>

#include "base/dname.h"
#include "base/parallel.h"
#include "base/phase.h"
#include "zone/parts_reader.h"
#include "zone/zone_builder.h"
#include "zone/zone_file.h"
#include "zone/zone_scanner.h"

namespace splitline {

namespace {

// Smaller ones are read before threads have started.
constexpr size_t kLargeText = size_t{4} << 20;

// Text from memory is no file, so no file can be the same.
constexpr std::pair<uint64_t, uint64_t> kNoFile = {UINT64_MAX, UINT64_MAX};

// `zones/example.com.zone` -> `example.com.`; the root for names that are no domain name.
std::string origin_of(const std::string& path) {
    auto base = std::filesystem::path(path).filename().string();
    constexpr std::string_view kSuffix = ".zone";
    if (base.size() > kSuffix.size() && base.ends_with(kSuffix)) base.resize(base.size() - kSuffix.size());
    const auto name = dname_from_text(base);
    return name ? dname_to_text(*name) : ".";
}

ZoneRecords scan(std::string_view text, std::pair<uint64_t, uint64_t> identity, const std::string& path,
                 Diagnostics& diagnostics) {
    if (text.size() > kLargeText && worker_count() > 1)
        if (auto zone = read_in_parts(text, path, origin_of(path), worker_count())) return std::move(*zone);
    ZoneBuilder builder(diagnostics);
    ZoneScanner scanner(builder);
    scanner.scan(text, builder.add_file(path).value(), identity, {.origin = origin_of(path)});
    return builder.take();
}

ZoneRecords scan(const Result<ZoneFile>& file, const std::string& path, Diagnostics& diagnostics) {
    if (file) return scan(file->text, file->identity, path, diagnostics);
    diagnostics.error({path, 0}, file.error().message);
    return scan("", kNoFile, path, diagnostics);
}

}  // namespace

ZoneRecords read_zone_file(const std::string& path, Diagnostics& diagnostics) {
    const Phase phase("read");
    return scan(load_zone_file(path), path, diagnostics);
}

ZoneRecords read_zone_file(const Fd& file, const std::string& path, Diagnostics& diagnostics) {
    const Phase phase("read");
    return scan(load_zone_file(file, path), path, diagnostics);
}

ZoneRecords read_zone_text(std::string_view text, const std::string& path, Diagnostics& diagnostics) {
    constexpr std::string_view kByteOrderMarkStart = "\xEF";
    if (text.find('\r') == std::string_view::npos && !text.starts_with(kByteOrderMarkStart))
        return scan(text, kNoFile, path, diagnostics);
    std::string copy(text);
    normalize_zone_text(copy);
    return scan(copy, kNoFile, path, diagnostics);
}

}  // namespace splitline
