// SPDX-License-Identifier: GPL-3.0-or-later
// dns_watch ADDRESS THREADS NAME/TYPE...: asks the questions over UDP in turn, each thread without pause and one at a
// time, until standard input ends, while somebody else publishes one version of the zone after the other. Every
// response must come, be wholly of one version, and never be older than what the same thread heard before.
//
// Which version a response is of stands in it: in the serial of a SOA, in the text of a TXT, in the last 16 bits of an
// A, and in the first label of a CNAME's target (`v17.`). An answer whose places disagree is *mixed*; a version lower
// than the one before is *backwards*; no answer within the timeout is *lost*. Prints the counts as `key=value`; exit
// code 1 if any of the three is not 0.
#include <atomic>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <mutex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "dns_client.h"

using namespace splitline::e2e;

namespace {

constexpr int kTimeoutMs = 5'000;
constexpr size_t kSamples = 10;

struct Tally {
    uint64_t asked = 0, lost = 0, mixed = 0, backwards = 0, other_rcode = 0;
    std::set<unsigned> versions;
    std::vector<std::string> samples;  // of what went wrong

    void note(uint64_t& count, const std::string& text) {
        ++count;
        if (samples.size() < kSamples) samples.push_back(text);
    }
    void add(const Tally& other) {
        asked += other.asked;
        lost += other.lost;
        mixed += other.mixed;
        backwards += other.backwards;
        other_rcode += other.other_rcode;
        versions.insert(other.versions.begin(), other.versions.end());
        samples.insert(samples.end(), other.samples.begin(), other.samples.end());
    }
    [[nodiscard]] bool good() const { return asked > 0 && lost + mixed + backwards + other_rcode == 0; }
};

/// The version that one record, "owner ttl type rdata", names; 0 if it names none.
unsigned version_of(const std::string& record) {
    std::istringstream words(record);
    std::string owner, ttl, type, rdata;
    words >> owner >> ttl >> type >> rdata;
    const auto number = [](const std::string& text) {
        return static_cast<unsigned>(std::strtoul(text.c_str(), nullptr, 10));
    };
    if (type == "TXT") return number(rdata.substr(1));
    if (type == "CNAME" && rdata[0] == 'v') return number(rdata.substr(1));
    if (type == "SOA") {
        std::string serial;
        words >> rdata >> serial;
        return number(serial);
    }
    if (type != "A") return 0;
    const size_t last = rdata.rfind('.');
    return number(rdata.substr(rdata.rfind('.', last - 1) + 1)) * 256 + number(rdata.substr(last + 1));
}

std::set<unsigned> versions_of(const Response& response) {
    std::set<unsigned> versions;
    for (const knot_section_t section : {KNOT_ANSWER, KNOT_AUTHORITY})
        for (const std::string& record : response.records(section))
            if (const unsigned version = version_of(record); version != 0) versions.insert(version);
    return versions;
}

void judge(const std::vector<uint8_t>& message, unsigned& newest, const Question& question, Tally& tally) {
    const std::string asked = question.name + ": ";
    if (message.empty()) return tally.note(tally.lost, asked + "no answer");
    const Response response(message);
    const unsigned rcode = knot_wire_get_rcode(response.packet()->wire);
    if (rcode != KNOT_RCODE_NOERROR && rcode != KNOT_RCODE_NXDOMAIN)
        return tally.note(tally.other_rcode, asked + response.text());
    const std::set<unsigned> versions = versions_of(response);
    if (versions.size() != 1) return tally.note(tally.mixed, asked + response.text());
    if (*versions.begin() < newest)
        tally.note(tally.backwards, asked + "after version " + std::to_string(newest) + ": " + response.text());
    newest = *versions.begin();
    tally.versions.insert(newest);
}

Tally watch(const std::string& address, const std::vector<Question>& questions, const std::atomic<bool>& stop) {
    Client client(address, 53, false, "");
    Tally tally;
    unsigned newest = 0;
    while (!stop) {
        for (const Question& question : questions) {
            QueryOptions options;
            if (tally.asked % 2 == 1) options.udp_payload = 1232;
            const auto id = static_cast<uint16_t>(++tally.asked);
            judge(client.exchange(make_query(question, options, id), kTimeoutMs), newest, question, tally);
        }
    }
    return tally;
}

void print(const Tally& tally) {
    std::cout << "asked=" << tally.asked << " lost=" << tally.lost << " mixed=" << tally.mixed
              << " backwards=" << tally.backwards << " other_rcode=" << tally.other_rcode
              << " versions=" << tally.versions.size() << '\n';
    for (const std::string& sample : tally.samples) std::cout << "  " << sample << '\n';
}

int run(int argc, char** argv) {
    if (argc < 4) throw std::runtime_error("usage: dns_watch ADDRESS THREADS NAME/TYPE...");
    std::vector<Question> questions;
    for (int i = 3; i < argc; ++i) {
        std::string text = argv[i];
        text[text.rfind('/')] = ' ';
        questions.push_back(parse_question(text));
    }
    std::atomic<bool> stop = false;
    Tally all;
    std::mutex guard;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < std::stoul(argv[2]); ++i) {
        threads.emplace_back([&] {
            Tally tally;
            try {
                tally = watch(argv[1], questions, stop);
            } catch (const std::exception& error) {
                tally.note(tally.mixed, error.what());
            }
            const std::lock_guard lock(guard);
            all.add(tally);
        });
    }
    while (std::cin.get() != EOF) continue;
    stop = true;
    for (std::thread& thread : threads) thread.join();
    print(all);
    return all.good() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "dns_watch: " << error.what() << '\n';
        return 2;
    }
}
