// SPDX-License-Identifier: GPL-3.0-or-later
// The one configuration file (TOML) as plain data: what the operator wrote, checked, with defaults filled in.
//
// Life: splitline.toml --config--> Config; the daemon derives the settings of lines, resolver and fast path from it. A
// reload reads the file again; restart_only_changes() says which differences it cannot take up. The commented example
// share/splitline.toml lists every key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/log.h"
#include "base/result.h"
#include "kernel/fast_path.h"
#include "line/line.h"
#include "resolver/resolver.h"
#include "resolver/respond.h"

namespace splitline {

constexpr const char* kDefaultConfigPath = SPLITLINE_SYSCONFDIR "/splitline/splitline.toml";
constexpr const char* kDefaultControlSocket = "/run/splitline/control.sock";

/// Where the configuration's zones are.
struct ZoneFiles {
    struct Pattern {
        std::string glob;  // absolute; see glob(7)
        Place place;
    };
    std::vector<Pattern> patterns;
};

struct Config {
    std::string path;  // of the file itself, as given
    std::string control_socket = kDefaultControlSocket;
    std::string state_directory = "/var/lib/splitline";
    LogLevel log_level = LogLevel::kInfo;

    ResolverSettings resolver;  // listen: as written, wildcards included
    ResponsePolicy policy;

    bool xdp_enabled = true;
    FastPathSettings fast_path;  // listen is left empty: the daemon knows the host's addresses

    ZoneFiles zones;
    LineConfig lines;
};

/// Reads and checks the file. Everything wrong with it is put into `diagnostics` at once, in file order; the Config is
/// complete only if there was no error.
Config read_config_file(const std::string& path, Diagnostics& diagnostics);

/// The same for text already in memory; relative paths are relative to the folder of `path`.
Config read_config_text(std::string_view text, const std::string& path, Diagnostics& diagnostics);

/// The fields that differ and take effect only when the daemon starts: "xdp.mode".
std::vector<std::string> restart_only_changes(const Config& running, const Config& wanted);

}  // namespace splitline
