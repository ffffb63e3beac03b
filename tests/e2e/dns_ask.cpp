// SPDX-License-Identifier: GPL-3.0-or-later
// dns_ask [OPTION...] ADDRESS [PORT]: asks every `NAME TYPE` line of standard input and prints one canonical line for
// each, so that the answers of two servers, or of two paths of one server, can be compared with diff(1).
//
//   --tcp            over TCP               --edns SIZE      with EDNS and that UDP payload size
//   --source ADDR    from that address      --subnet PREFIX  with a client subnet option
//   --dnssec         with the DO bit        --hex            print the message itself, its ID zeroed
//   --no-retry       print truncated answers instead of asking again over TCP
#include <getopt.h>

#include <exception>
#include <iostream>

#include "dns_client.h"

using namespace splitline::e2e;

namespace {

constexpr int kTimeoutMs = 10'000;

struct Options {
    bool tcp = false, hex = false, retry = true;
    std::string source, address;
    uint16_t port = 53;
    QueryOptions query;
};

Options parse_options(int argc, char** argv) {
    static const option kOptions[] = {{"tcp", 0, nullptr, 't'},      {"edns", 1, nullptr, 'e'},
                                      {"source", 1, nullptr, 's'},   {"subnet", 1, nullptr, 'n'},
                                      {"dnssec", 0, nullptr, 'd'},   {"hex", 0, nullptr, 'x'},
                                      {"no-retry", 0, nullptr, 'r'}, {nullptr, 0, nullptr, 0}};
    Options options;
    for (int c = 0; (c = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
        switch (c) {
            case 't':
                options.tcp = true;
                break;
            case 'e':
                options.query.udp_payload = static_cast<uint16_t>(std::stoul(optarg));
                break;
            case 's':
                options.source = optarg;
                break;
            case 'n':
                options.query.subnet = optarg;
                break;
            case 'd':
                options.query.dnssec_ok = true;
                break;
            case 'x':
                options.hex = true;
                break;
            case 'r':
                options.retry = false;
                break;
            default:
                throw std::runtime_error("unknown option; see the head of dns_ask.cpp");
        }
    }
    if (optind == argc) throw std::runtime_error("no server address given");
    options.address = argv[optind];
    if (optind + 1 < argc) options.port = static_cast<uint16_t>(std::stoul(argv[optind + 1]));
    return options;
}

std::string hex(std::vector<uint8_t> message) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    message[0] = message[1] = 0;
    for (const uint8_t byte : message) text += {kDigits[byte >> 4], kDigits[byte & 15]};
    return text;
}

std::string ask(Client& client, Client& tcp, const std::vector<uint8_t>& query, const Options& options) {
    std::vector<uint8_t> message = client.exchange(query, kTimeoutMs);
    if (message.empty()) return "no answer";
    if (options.hex) return hex(std::move(message));
    const Response response(message);
    if (!response.truncated() || !options.retry) return response.text();
    message = tcp.exchange(query, kTimeoutMs);
    return message.empty() ? "no answer over TCP" : Response(message).text();
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const Options options = parse_options(argc, argv);
        Client client(options.address, options.port, options.tcp, options.source);
        Client tcp(options.address, options.port, true, options.source);
        uint16_t id = 0;
        for (std::string line; std::getline(std::cin, line);) {
            const std::vector<uint8_t> query = make_query(parse_question(line), options.query, ++id);
            std::cout << line << ": " << ask(client, tcp, query, options) << '\n';
        }
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "dns_ask: " << error.what() << '\n';
        return 2;
    }
}
