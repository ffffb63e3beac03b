// SPDX-License-Identifier: GPL-3.0-or-later
// splitlined: the daemon's command line.
#include <malloc.h>

#include <cstdio>
#include <exception>
#include <iostream>

#include <boost/program_options.hpp>

#include "base/log.h"
#include "control/config.h"
#include "control/config_check.h"
#include "control/daemon.h"
#include "control/protocol.h"

namespace {

namespace options = boost::program_options;

constexpr int kUsage = 2;

/// Findings on stderr, the verdict on stdout.
int check(const std::string& config) {
    const auto checked = splitline::check_config(config);
    for (const auto& finding : checked.findings) std::fprintf(stderr, "%s\n", splitline::text_of(finding).c_str());
    std::printf("%s: %s\n", config.c_str(), checked.ok ? "ok" : "refused");
    return checked.ok ? 0 : 1;
}

int run(int argc, char** argv) {
    options::options_description all(
        "splitlined answers DNS queries by client line, from XDP and from sockets.\n\n"
        "Usage: splitlined [OPTIONS]\n\nOptions");
    all.add_options()("config,c",
                      options::value<std::string>()->default_value(splitline::kDefaultConfigPath)->value_name("FILE"),
                      "the configuration")(
        "check",
        "read the configuration, all lines and all zones, print every finding, and exit: 0 without errors, "
        "1 with")("version,V", "print the version and exit")("help,h", "print this and exit");
    options::variables_map given;
    options::store(options::command_line_parser(argc, argv).options(all).positional({}).run(), given);
    if (given.count("help") != 0) {
        std::cout << all
                  << "\nSIGHUP reloads the configuration and all zones, SIGTERM stops and detaches XDP.\n"
                     "Talk to the daemon with splitline.\n";
        return 0;
    }
    if (given.count("version") != 0) {
        std::cout << "splitlined " SPLITLINE_VERSION "\n";
        return 0;
    }
    // What is as large as this and needed for a moment only, while a zone is read, goes back to the system at once.
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    const auto& config = given["config"].as<std::string>();
    return given.count("check") != 0 ? check(config) : splitline::run_daemon(config);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const options::error& failure) {
        std::fprintf(stderr, "splitlined: %s\nTry `splitlined --help`.\n", failure.what());
        return kUsage;
    } catch (const std::exception& failure) {
        splitline::log_error("cannot go on: {}", failure.what());
        return 1;
    }
}
