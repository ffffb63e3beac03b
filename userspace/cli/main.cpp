// SPDX-License-Identifier: GPL-3.0-or-later
// splitline: the controller's command line.
#include <algorithm>
#include <boost/program_options.hpp>
#include <cstdio>
#include <exception>
#include <iostream>
#include <sstream>

#include "cli/verbs.h"
#include "control/config.h"
#include "control/nearest.h"

namespace splitline {
namespace {

namespace options = boost::program_options;

struct Usage {
    std::string message;
};

options::options_description visible_options() {
    options::options_description all("Options");
    auto add = all.add_options();
    add("json,j", "print JSON, with stable keys (control/api.h)");
    add("socket,s", options::value<std::string>()->value_name("PATH"), "the daemon's control socket");
    add("config,c", options::value<std::string>()->value_name("FILE"),
        "the configuration: says where the socket is, and which lines `zone check` knows");
    add("keep-xdp", "with stop: leave the XDP program attached and answering");
    add("from", options::value<std::string>()->value_name("ADDRESS[/LENGTH]"), "with explain: who asks");
    add("line", options::value<std::string>()->value_name("LINE"),
        "with record: the line the records are on, `default` without; '*' with record del: all of them");
    add("interface", options::value<std::vector<std::string>>()->value_name("NAME"),
        "with doctor, repeatable: look at this one instead of the configured ones");
    add("version,V", "print the version and exit");
    add("help,h", "print this and exit");
    return all;
}

options::variables_map parse(int argc, char** argv) {
    auto all = visible_options();
    all.add_options()("words", options::value<std::vector<std::string>>());
    options::positional_options_description positional;
    positional.add("words", -1);
    options::variables_map given;
    options::store(options::command_line_parser(argc, argv).options(all).positional(positional).run(), given);
    return given;
}

std::string text_of(const options::variables_map& given, const char* name) {
    return given.count(name) != 0 ? given[name].as<std::string>() : "";
}

std::string joined(const std::vector<std::string>& words, size_t most) {
    std::string text;
    for (size_t i = 0; i < std::min(words.size(), most); ++i) text += (i > 0 ? " " : "") + words[i];
    return text;
}

const Verb& verb_of(const std::vector<std::string>& words) {
    if (words.empty()) throw Usage{"name a verb"};
    if (const auto* verb = find_verb(words)) return *verb;
    std::vector<std::string> known, group;
    for (const auto& verb : verbs()) {
        known.emplace_back(verb.words);
        if (known.back().rfind(words[0] + " ", 0) == 0) group.push_back(known.back());
    }
    if (!group.empty() && words.size() == 1)
        throw Usage{"'" + words[0] + "' alone is no verb; use " + joined(group, 1) +
                    (group.size() > 1 ? " or another one below" : "")};
    const auto two_words = did_you_mean(joined(words, 2), known);
    throw Usage{"'" + joined(words, 2) + "' is no verb" +
                (two_words.empty() ? did_you_mean(words[0], known) : two_words)};
}

Invocation invocation_of(const options::variables_map& given, const Verb& verb, const std::vector<std::string>& words) {
    Invocation call;
    call.json = given.count("json") != 0;
    call.socket = text_of(given, "socket");
    call.config_is_default = given.count("config") == 0;
    call.config = call.config_is_default ? kDefaultConfigPath : text_of(given, "config");
    call.keep_xdp = given.count("keep-xdp") != 0;
    call.from = text_of(given, "from");
    call.line = text_of(given, "line");
    if (given.count("interface") != 0) call.interfaces = given["interface"].as<std::vector<std::string>>();
    const std::string own = verb.words;
    const auto word_count = std::count(own.begin(), own.end(), ' ') + 1;
    call.args.assign(words.begin() + word_count, words.end());
    for (const char* option : {"keep-xdp", "from", "line", "interface"})
        if (given.count(option) != 0 && verb.option != std::string(option))
            throw Usage{"--" + std::string(option) + " does not go with " + own};
    if (given.count("line") != 0 && call.line.find_first_not_of(" \t\r\n") == std::string::npos)
        throw Usage{"--line is empty; name a line, or leave it out for `default`"};
    if (call.args.size() < verb.min_args || call.args.size() > verb.max_args)
        throw Usage{"use: splitline " + own + (*verb.arguments ? " " : "") + verb.arguments};
    return call;
}

int run(int argc, char** argv) {
    const auto given = parse(argc, argv);
    if (given.count("help") != 0) {
        std::cout << "splitline controls splitlined.\n\nUsage: splitline [OPTIONS] VERB [ARGUMENTS]\n\nVerbs:\n"
                  << verb_help() << "\n"
                  << visible_options()
                  << "\nExit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 daemon not reachable.\n";
        return kDone;
    }
    if (given.count("version") != 0) {
        std::cout << "splitline " SPLITLINE_VERSION "\n";
        return kDone;
    }
    const auto words =
        given.count("words") != 0 ? given["words"].as<std::vector<std::string>>() : std::vector<std::string>();
    const auto& verb = verb_of(words);
    return verb.run(invocation_of(given, verb, words));
}

int usage(const std::string& message) {
    std::fprintf(stderr, "splitline: %s\nTry `splitline --help`.\n", message.c_str());
    return kUsage;
}

}  // namespace
}  // namespace splitline

int main(int argc, char** argv) {
    try {
        return splitline::run(argc, argv);
    } catch (const splitline::Usage& wrong) {
        return splitline::usage(wrong.message);
    } catch (const splitline::options::error& wrong) {
        return splitline::usage(wrong.what());
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "splitline: %s\n", failure.what());
        return splitline::kRefused;
    }
}
