// SPDX-License-Identifier: GPL-3.0-or-later
// Addresses: what the configuration may write as one to listen on, and what is read from sockets.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "base/endpoint.h"

namespace splitline {
namespace {

TEST(Endpoint, ParsesEveryForm) {
    const struct {
        const char* text;
        const char* expected;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1:53"},
        {"192.0.2.1:5353", "192.0.2.1:5353"},
        {"0.0.0.0", "0.0.0.0:53"},
        {"2001:db8::1", "[2001:db8::1]:53"},
        {"[2001:db8::1]", "[2001:db8::1]:53"},
        {"[2001:DB8::1]:53", "[2001:db8::1]:53"},
        {"[::]:65535", "[::]:65535"},
        {"::", "[::]:53"},
        {"1.2.3.4:1", "1.2.3.4:1"},
    };
    for (const auto& c : cases) {
        const auto endpoint = Endpoint::parse(c.text);
        ASSERT_TRUE(endpoint) << c.text << ": " << endpoint.error().text();
        EXPECT_EQ(endpoint->text(), c.expected);
        const auto again = Endpoint::parse(endpoint->text());
        ASSERT_TRUE(again) << c.expected;
        EXPECT_EQ(*again, *endpoint);
    }
}

TEST(Endpoint, RefusesWithTheTextInTheMessage) {
    const char* const cases[] = {"",
                                 "192.0.2",
                                 "192.0.2.1:",
                                 "192.0.2.1:0",
                                 "192.0.2.1:65536",
                                 "192.0.2.1:x",
                                 "192.0.2.1:53 ",
                                 "192.0.2.1:-1",
                                 "[192.0.2.1]:53",
                                 "[2001:db8::1",
                                 "[2001:db8::1]53",
                                 "[2001:db8::1]:",
                                 "2001:db8::1:53:",
                                 "host.example:53",
                                 ":53"};
    for (const auto* text : cases) {
        const auto endpoint = Endpoint::parse(text);
        ASSERT_FALSE(endpoint) << text;
        EXPECT_NE(endpoint.error().message.find("'" + std::string(text) + "'"), std::string::npos) << text;
    }
}

TEST(Endpoint, KnowsWildcards) {
    EXPECT_TRUE(Endpoint::parse("0.0.0.0")->is_wildcard());
    EXPECT_TRUE(Endpoint::parse("::")->is_wildcard());
    EXPECT_FALSE(Endpoint::parse("127.0.0.1")->is_wildcard());
    EXPECT_FALSE(Endpoint::parse("::1")->is_wildcard());
}

// inet_pton() makes the socket addresses.
TEST(Address, IsTakenFromSocketAddresses) {
    sockaddr_in ipv4{};
    ipv4.sin_family = AF_INET;
    ASSERT_EQ(inet_pton(AF_INET, "192.0.2.1", &ipv4.sin_addr), 1);
    sockaddr_in6 ipv6{};
    ipv6.sin6_family = AF_INET6;
    ASSERT_EQ(inet_pton(AF_INET6, "2001:db8::1", &ipv6.sin6_addr), 1);
    sockaddr other{};
    other.sa_family = AF_UNIX;
    EXPECT_EQ(Address::from(reinterpret_cast<const sockaddr*>(&ipv4)), *Address::parse("192.0.2.1"));
    EXPECT_EQ(Address::from(reinterpret_cast<const sockaddr*>(&ipv6)), *Address::parse("2001:db8::1"));
    EXPECT_FALSE(Address::from(&other));
    EXPECT_FALSE(Address::from(nullptr));
}

TEST(Address, KnowsTheLoopbackNetwork) {
    for (const auto* text : {"127.0.0.1", "127.255.255.255", "::1"})
        EXPECT_TRUE(Address::parse(text)->is_loopback()) << text;
    for (const auto* text : {"126.255.255.255", "128.0.0.0", "0.0.0.0", "::", "::2", "::ffff:127.0.0.1", "7f00::"})
        EXPECT_FALSE(Address::parse(text)->is_loopback()) << text;
}

}  // namespace
}  // namespace splitline
