// SPDX-License-Identifier: GPL-3.0-or-later
// The UDP server on real sockets over loopback.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "resolver/udp_server.h"
#include "support/respond_fixture.h"
#include "support/socket_client.h"

namespace splitline {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class UdpServerTest : public ::testing::Test {
  protected:
    static Endpoint endpoint(std::string_view text, uint16_t port = 0) { return {address(text), port}; }

    UdpServer& start(const std::vector<std::string_view>& addresses, unsigned workers = 1) {
        std::vector<Endpoint> listen;
        listen.reserve(addresses.size());
        for (const auto text : addresses) listen.push_back(endpoint(text));
        auto server = UdpServer::start(listen, workers, slot_);
        if (!server) throw std::runtime_error(server.error().text());
        server_ = std::move(*server);
        return *server_;
    }

    [[nodiscard]] uint16_t port(size_t i = 0) const { return server_->endpoints()[i].port; }
    [[nodiscard]] ResolverCounters counters() const {
        ResolverCounters sum;
        server_->add_to(sum);
        return sum;
    }

    static bool has_ipv6() { return open_udp_socket({address("::1"), 0}).has_value(); }

    ImageSlot slot_{std::make_shared<Served>(Served{small_image(), {}})};
    std::unique_ptr<UdpServer> server_;
    const Bytes query_ = DnsQuery("www.example.com", kA).bytes();
};

TEST_F(UdpServerTest, AnswersFromTheAddressAsked) {
    start({"0.0.0.0"});
    for (const char* asked : {"127.0.0.1", "127.0.0.2", "127.9.8.7"}) {
        const UdpClient client(endpoint(asked, port()));
        EXPECT_THAT(read_response(client.ask(query_)).answer, ElementsAre("www.example.com. 600 IN A 192.0.2.10"))
            << asked;
    }
}

TEST_F(UdpServerTest, AnswersOnEveryEndpoint) {
    if (!has_ipv6()) GTEST_SKIP() << "no IPv6 on this host";
    start({"127.0.0.1", "127.0.0.3", "::1"}, 2);
    for (const Endpoint& served : server_->endpoints())
        EXPECT_EQ(read_response(UdpClient(served).ask(query_)).fault, "") << served.text();
}

TEST_F(UdpServerTest, TheIpv6WildcardIsIpv6Only) {
    if (!has_ipv6()) GTEST_SKIP() << "no IPv6 on this host";
    start({"::"});
    EXPECT_EQ(read_response(UdpClient(endpoint("::1", port())).ask(query_)).fault, "");
    const UdpClient ipv4(endpoint("127.0.0.1", port()));
    EXPECT_THROW((void)ipv4.ask(query_), std::system_error) << "an answer to an IPv4 client";
}

TEST_F(UdpServerTest, ServesManyClientsAndCountsThem) {
    start({"127.0.0.1"}, 4);
    constexpr unsigned kClients = 64, kQueries = 100;
    std::vector<UdpClient> clients;
    for (unsigned i = 0; i < kClients; ++i) clients.emplace_back(server_->endpoints()[0]);
    DnsQuery query("www.example.com", kA);
    for (unsigned round = 0; round < kQueries; ++round) {
        for (unsigned i = 0; i < kClients; ++i) {
            query.id = static_cast<uint16_t>(round * kClients + i);
            clients[i].send(query.bytes());
        }
        for (unsigned i = 0; i < kClients; ++i)
            ASSERT_EQ(read_response(clients[i].receive()).id, static_cast<uint16_t>(round * kClients + i));
    }
    server_->stop();
    const auto sum = counters();
    EXPECT_EQ(sum.udp_queries, kClients * kQueries);
    EXPECT_EQ(sum.tcp_queries, 0U);
    EXPECT_EQ(sum.rcodes[0], kClients * kQueries);
    EXPECT_EQ(sum.lines.at(kDefaultLine), kClients * kQueries);
    EXPECT_EQ(sum.unanswered + sum.lost + sum.truncated, 0U);
}

TEST_F(UdpServerTest, OddDatagramsDoNoHarm) {
    start({"127.0.0.1"});
    const UdpClient client(server_->endpoints()[0]);
    client.send({});
    client.send(Bytes(11));
    Bytes response = query_;
    response[2] |= 0x80;
    client.send(response);
    Bytes large = query_;
    large.resize(65507);
    EXPECT_EQ(read_response(client.ask(large)).rcode, 1U);
    EXPECT_EQ(read_response(client.ask(query_)).rcode, 0U);
    EXPECT_EQ(read_response(client.ask(DnsQuery("big.example.com", kA).bytes())).flags & kFlagTc, kFlagTc);
    server_->stop();
    const auto sum = counters();
    EXPECT_EQ(sum.udp_queries, 6U);
    EXPECT_EQ(sum.unanswered, 3U);
    EXPECT_EQ(sum.truncated, 1U);
    EXPECT_EQ(sum.rcodes[0], 2U);
    EXPECT_EQ(sum.rcodes[1], 1U);
}

TEST_F(UdpServerTest, UnreachableClientsDoNotStopAWorker) {
    start({"127.0.0.1"});
    for (int i = 0; i < 200; ++i) UdpClient(server_->endpoints()[0]).send(query_);  // gone before the reply comes
    EXPECT_EQ(read_response(UdpClient(server_->endpoints()[0]).ask(query_)).rcode, 0U);
}

TEST_F(UdpServerTest, EveryQueryAfterACommitSeesIt) {
    start({"127.0.0.1"}, 2);
    const UdpClient client(server_->endpoints()[0]);
    for (unsigned generation = 0; generation < 100; ++generation) {
        const std::string a = "192.0.2." + std::to_string(generation);
        slot_.store(std::make_shared<Served>(
            Served{ImageBuilder()
                       .zone("$ORIGIN example.com.\n@ 600 SOA ns h 1 2h 1h 2w 300\n@ 600 NS ns.test.\nwww 600 A " + a)
                       .build(),
                   {}}));
        ASSERT_THAT(read_response(client.ask(query_)).answer, ElementsAre("www.example.com. 600 IN A " + a));
    }
}

TEST_F(UdpServerTest, AnIdleServerKeepsNoOldImage) {
    start({"127.0.0.1"}, 4);
    for (int i = 0; i < 16; ++i) (void)UdpClient(server_->endpoints()[0]).ask(query_);
    const std::weak_ptr<const Served> old = slot_.load();
    slot_.store(std::make_shared<Served>(Served{small_image(), {}}));
    while (!old.expired()) std::this_thread::yield();  // a worker may be on its way to sleep
}

TEST_F(UdpServerTest, StopsUnderLoadAndLeavesNothing) {
    const size_t before = open_descriptors();
    for (int round = 0; round < 5; ++round) {
        start({"127.0.0.1", "127.0.0.1"}, 3);
        std::atomic<bool> done{false};
        std::vector<std::thread> floods;
        floods.reserve(2);
        for (int i = 0; i < 2; ++i) {
            floods.emplace_back([&] {
                const UdpClient client(server_->endpoints()[0]);
                while (!done) client.try_send(query_);
            });
        }
        while (counters().udp_queries < 2000) std::this_thread::yield();
        server_->stop();
        server_->stop();
        const auto stopped = counters();
        EXPECT_EQ(counters().udp_queries, stopped.udp_queries);
        done = true;
        for (auto& flood : floods) flood.join();
        server_.reset();
    }
    EXPECT_EQ(open_descriptors(), before);
}

TEST_F(UdpServerTest, BindErrorsNameTheEndpointAndTheFix) {
    const Fd holder(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto [storage, size] = socket_address(endpoint("127.0.0.1"));
    ASSERT_EQ(bind(holder.get(), reinterpret_cast<const sockaddr*>(&storage), size), 0);
    const Endpoint taken = bound_endpoint(holder.get());
    const size_t before = open_descriptors();
    const auto in_use = UdpServer::start({endpoint("127.0.0.2"), taken}, 2, slot_);
    ASSERT_FALSE(in_use);
    EXPECT_THAT(in_use.error().message, HasSubstr(taken.text() + " over UDP"));
    EXPECT_THAT(in_use.error().message, HasSubstr("ss -ulnp 'sport = :" + std::to_string(taken.port)));
    const auto nowhere = UdpServer::start({endpoint("192.0.2.1", 5353)}, 1, slot_);
    ASSERT_FALSE(nowhere);
    EXPECT_THAT(nowhere.error().message, HasSubstr("192.0.2.1:5353 over UDP"));
    EXPECT_THAT(nowhere.error().message, HasSubstr("no interface has this address"));
    EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace splitline
