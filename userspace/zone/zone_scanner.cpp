// SPDX-License-Identifier: GPL-3.0-or-later
#include "zone/zone_scanner.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "zone/file_scan.h"
#include "zone/zone_file.h"

namespace splitline {

namespace {
// Deeper chains are mistakes; a chain costs one scanner (200 KiB) a level.
constexpr size_t kMaxIncludeDepth = 32;
}  // namespace

void ZoneScanner::scan(std::string_view text, uint16_t file, std::pair<uint64_t, uint64_t> identity,
                       const ScanContext& context) {
    builder_.reserve(text.size());
    open_.push_back(identity);
    FileScan(*this, builder_, text, file, context).run();
    open_.pop_back();
}

void ZoneScanner::include(const std::string& path, uint16_t file, uint32_t line_number, const ScanContext& context) {
    const auto target = std::filesystem::path(builder_.file_name(file)).parent_path() / path;
    const auto fail = [&](const std::string& why) { builder_.error(file, line_number, "$INCLUDE: " + why); };
    auto loaded = load_zone_file(target.string());
    if (!loaded) return fail(loaded.error().message);
    if (std::find(open_.begin(), open_.end(), loaded->identity) != open_.end())
        return fail("'" + target.string() + "' includes itself; remove this line or the one that leads back here");
    if (open_.size() > kMaxIncludeDepth)
        return fail(fmt::format("files include each other more than {} deep; flatten them", kMaxIncludeDepth));
    const auto index = builder_.add_file(target.string());
    if (!index) return fail("more than 65535 files in one zone; join some of them");
    scan(loaded->text, *index, loaded->identity, context);
}

}  // namespace splitline
