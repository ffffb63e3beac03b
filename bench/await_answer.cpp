// SPDX-License-Identifier: GPL-3.0-or-later
// bench_await_answer: asks a server for a name's address until it is the one awaited, and prints the seconds since a
// moment.
//
//   bench_await_answer SERVER CLIENT NAME ADDRESS SINCE    asks from address CLIENT; SINCE: seconds since the epoch, as
//                                                          bash's $EPOCHREALTIME
//
// It asks again as soon as the last answer is there, or after a millisecond without one; so what it prints is late by
// no more than that. It gives up after three minutes.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstring>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#include "base/fd.h"
#include "support/packet_dns.h"

namespace splitline::bench {
namespace {

namespace ts = testing_support;
using Clock = std::chrono::system_clock;

constexpr auto kPatience = std::chrono::minutes(3);
constexpr auto kPause = std::chrono::microseconds(100);

in_addr address_of(const std::string& text) {
    in_addr address{};
    if (inet_pton(AF_INET, text.c_str(), &address) != 1) throw std::runtime_error("not an IPv4 address: " + text);
    return address;
}

sockaddr_in endpoint(const std::string& address, uint16_t port) {
    sockaddr_in end{};
    end.sin_family = AF_INET;
    end.sin_port = htons(port);
    end.sin_addr = address_of(address);
    return end;
}

Fd connect_to(const std::string& server, const std::string& client) {
    Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const sockaddr_in from = endpoint(client, 0), to = endpoint(server, 53);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0 ||
        ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
        throw std::system_error(errno, std::generic_category(), "connect " + client + " to " + server);
    return fd;
}

/// Whether the response's first record, right behind the question, is an A record with this address.
bool holds(std::span<const uint8_t> response, size_t question_end, in_addr address) {
    constexpr size_t kRdata = 12;  // a pointer to the name, type, class, TTL, length
    const size_t at = question_end + kRdata;
    return response.size() >= at + sizeof address && response[7] >= 1 &&
           std::memcmp(response.data() + at, &address, sizeof address) == 0;
}

bool ask(const Fd& fd, const ts::Bytes& query, in_addr address) {
    std::array<uint8_t, 1500> response{};
    if (::send(fd.get(), query.data(), query.size(), 0) < 0) return false;
    pollfd readable{fd.get(), POLLIN, 0};
    if (::poll(&readable, 1, 1) <= 0) return false;
    const ssize_t size = ::recv(fd.get(), response.data(), response.size(), 0);
    return size > 0 && holds({response.data(), static_cast<size_t>(size)}, query.size(), address);
}

int run(std::span<char*> arguments) {
    if (arguments.size() != 6) {
        std::cerr << "usage: bench_await_answer SERVER CLIENT NAME ADDRESS SINCE\n";
        return 2;
    }
    const Fd fd = connect_to(arguments[1], arguments[2]);
    const ts::Bytes query = ts::DnsQuery(arguments[3], ts::kA).bytes();
    const in_addr address = address_of(arguments[4]);
    const double since = std::stod(arguments[5]);
    const auto end = Clock::now() + kPatience;
    while (!ask(fd, query, address)) {
        if (Clock::now() > end) throw std::runtime_error("the answer awaited did not come");
        std::this_thread::sleep_for(kPause);
    }
    const double now = std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
    std::cout << now - since << '\n';
    return 0;
}

}  // namespace
}  // namespace splitline::bench

int main(int argc, char** argv) {
    try {
        return splitline::bench::run({argv, static_cast<size_t>(argc)});
    } catch (const std::exception& error) {
        std::cerr << "bench_await_answer: " << error.what() << '\n';
        return 1;
    }
}
