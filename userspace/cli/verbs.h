// SPDX-License-Identifier: GPL-3.0-or-later
// The verbs of `splitline`: one table of words, arguments, help and what each does.
#pragma once

#include <string>
#include <vector>

namespace splitline {

/// Exit codes, the same for every verb.
enum ExitCode : int {
    kDone = 0,
    kRefused = 1,      // or failed: the message says why
    kUsage = 2,        // the command line is wrong
    kUnreachable = 3,  // no daemon answers
};

/// What the command line says beside the verb.
struct Invocation {
    bool json = false;
    std::string socket;  // "" = what the configuration says, else the default
    std::string config;
    bool config_is_default = true;
    bool keep_xdp = false;
    std::string from;
    std::string line;
    std::vector<std::string> interfaces;  // doctor's, instead of the configuration's
    std::vector<std::string> args;        // behind the verb's words
};

struct Verb {
    const char* words;      // "zone load"
    const char* arguments;  // "FILE"
    const char* summary;
    size_t min_args, max_args;
    const char* option;  // the one option it takes beside the global ones, "" = none
    ExitCode (*run)(const Invocation&);
};

const std::vector<Verb>& verbs();

/// The verb that `words` begin with, nullptr if none.
const Verb* find_verb(const std::vector<std::string>& words);

/// Every verb with its arguments and summary, aligned.
std::string verb_help();

}  // namespace splitline
