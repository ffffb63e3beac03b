// SPDX-License-Identifier: GPL-3.0-or-later
// The bytes of one master file, as the reader wants them: a regular file read whole, with Unix line ends and no
// byte-order mark.
//
// Only regular files are read and only as many bytes as the file has when opened, so a `$INCLUDE` of a device, a pipe
// or a growing log ends at once instead of never. The file's identity (device, inode) tells an include loop whatever
// path leads to it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/fd.h"
#include "base/result.h"

namespace splitline {

struct ZoneFile {
    std::string text;
    std::pair<uint64_t, uint64_t> identity;  // st_dev, st_ino
};

/// Errors: cannot be opened or read, not a regular file, too large for 32-bit offsets. The error has no place: the
/// caller knows whether the zone itself or an $INCLUDE named the path.
Result<ZoneFile> load_zone_file(const std::string& path);
/// The same for a file that somebody has opened to be read; `path` only names it in errors.
Result<ZoneFile> load_zone_file(const Fd& file, const std::string& path);

/// Drops a UTF-8 byte-order mark and turns CR LF into LF, in place: files from Windows editors read like any other.
void normalize_zone_text(std::string& text);

}  // namespace splitline
