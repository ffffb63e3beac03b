// SPDX-License-Identifier: GPL-3.0-or-later
// The TCP server on real sockets over loopback: framing, order, back-pressure, limits, ends.
#include <gmock/gmock.h>

#include <ctime>
#include <thread>

#include "resolver/tcp_server.h"
#include "support/respond_fixture.h"
#include "support/socket_client.h"

namespace splitline {
namespace {

using namespace testing_support;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

class TcpServerTest : public ::testing::Test {
  protected:
    const Endpoint& start(TcpSettings settings = {}) {
        auto server = TcpServer::start({{address("127.0.0.1"), 0}}, settings, slot_);
        if (!server) throw std::runtime_error(server.error().text());
        server_ = std::move(*server);
        return server_->endpoints()[0];
    }

    [[nodiscard]] ResolverCounters counters() const {
        ResolverCounters sum;
        server_->add_to(sum);
        return sum;
    }

    static Bytes query(uint16_t id, const char* name = "www.example.com", uint16_t type = kA) {
        DnsQuery query(name, type);
        query.id = id;
        return query.bytes();
    }

    static uint16_t id_of(const std::optional<Bytes>& response) {
        return response ? static_cast<uint16_t>(response->at(0) << 8 | response->at(1)) : 0xffff;
    }

    ImageSlot slot_{std::make_shared<Served>(Served{small_image(), {}})};
    std::unique_ptr<TcpServer> server_;
};

TEST_F(TcpServerTest, AnswersMoreThanAnyDatagram) {
    const TcpClient client(start());
    const auto response = client.ask(query(1, "huge.example.com", kTxt));
    ASSERT_TRUE(response);
    EXPECT_EQ(read_response(*response).answer.size(), 100U);
    EXPECT_EQ(id_of(client.ask(query(2))), 2) << "the connection stays open";
}

TEST_F(TcpServerTest, AnswersPipelinedQueriesInOrder) {
    const TcpClient client(start());
    Bytes stream;
    for (uint16_t id = 0; id < 2000; ++id) {
        const Bytes frame = framed(query(id, id % 7 == 0 ? "big.example.com" : "www.example.com"));
        stream.insert(stream.end(), frame.begin(), frame.end());
    }
    std::thread sender([&] { client.send(stream); });
    for (uint16_t id = 0; id < 2000; ++id) EXPECT_EQ(id_of(client.receive()), id);
    sender.join();
    server_->stop();
    EXPECT_EQ(counters().tcp_queries, 2000U);
    EXPECT_EQ(counters().rcodes[0], 2000U);
}

TEST_F(TcpServerTest, TakesQueriesInAnyPieces) {
    const TcpClient client(start());
    Bytes stream = framed(query(7));
    const Bytes second = framed(query(8, "big.example.com"));
    stream.insert(stream.end(), second.begin(), second.end());
    const int now = 1;
    need(setsockopt(client.fd(), IPPROTO_TCP, 1 /* TCP_NODELAY */, &now, sizeof now) == 0, "TCP_NODELAY");
    for (const uint8_t byte : stream) client.send({&byte, 1});
    EXPECT_EQ(id_of(client.receive()), 7);
    EXPECT_EQ(id_of(client.receive()), 8);
    for (size_t cut = 1; cut < stream.size(); ++cut) {
        client.send(std::span(stream).first(cut));
        client.send(std::span(stream).subspan(cut));
        ASSERT_EQ(id_of(client.receive()), 7) << cut;
        ASSERT_EQ(id_of(client.receive()), 8) << cut;
    }
}

TEST_F(TcpServerTest, TakesTheLargestMessage) {
    const TcpClient client(start());
    DnsQuery large("www.example.com", kA);
    Edns edns;
    const size_t room = 65535 - large.bytes().size() - 11 - 4;
    edns.options = {{kOptionPadding, Bytes(room), {}}};
    large.with(edns);
    ASSERT_EQ(large.bytes().size(), 65535U);
    for (int i = 0; i < 3; ++i) {
        const auto response = client.ask(large.bytes());
        ASSERT_TRUE(response);
        EXPECT_EQ(read_response(*response).rcode, 0U);
    }
}

TEST_F(TcpServerTest, AnswersAHalfClosedClientAndEnds) {
    const TcpClient client(start());
    for (uint16_t id = 0; id < 200; ++id) client.send(framed(query(id, "huge.example.com", kTxt)));
    client.send(Bytes{0, 30, 1});  // and a beginning that will never be whole
    client.finish_sending();
    for (uint16_t id = 0; id < 200; ++id) ASSERT_EQ(id_of(client.receive()), id);
    EXPECT_FALSE(client.receive());
}

TEST_F(TcpServerTest, BytesThatAreNoQueryEndTheConnection) {
    const Endpoint& server = start();
    Bytes response = query(9);
    response[2] |= 0x80;
    for (const Bytes& scrap : {response, Bytes{}, Bytes(11)}) {
        const TcpClient client(server);
        Bytes stream = framed(query(5));
        const Bytes bad = framed(scrap);
        stream.insert(stream.end(), bad.begin(), bad.end());
        client.send(stream);
        EXPECT_EQ(id_of(client.receive()), 5) << "what came before is answered";
        EXPECT_TRUE(client.ended());
    }
    EXPECT_EQ(counters().unanswered, 3U);
}

TEST_F(TcpServerTest, StopsReadingFromAClientThatDoesNotRead) {
    const TcpClient client(start());
    const Bytes frame = framed(query(1, "huge.example.com", kTxt));
    // 21 kB of response for 36 bytes of query: without back-pressure the server would take all of these into memory.
    size_t taken = 0;
    bool blocked = false;
    timeval patience{1, 0};
    need(setsockopt(client.fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0, "SO_SNDTIMEO");
    Bytes block;
    for (int i = 0; i < 1000; ++i) block.insert(block.end(), frame.begin(), frame.end());
    while (!blocked && taken < (size_t{64} << 20)) {
        const ssize_t sent =
            ::send(client.fd(), block.data() + taken % block.size(), block.size() - taken % block.size(), 0);
        blocked = sent < 0;
        if (sent > 0) taken += static_cast<size_t>(sent);
    }
    EXPECT_TRUE(blocked) << "64 MiB of queries were taken";
    const auto cpu = std::clock();
    std::this_thread::sleep_for(milliseconds(500));
    EXPECT_LT(std::clock() - cpu, CLOCKS_PER_SEC / 20) << "the server waits busily";
    const uint64_t answered = counters().tcp_queries;
    EXPECT_LT(answered * 21'000, size_t{64} << 20) << "answered far more than the sockets hold";
    for (size_t i = 0; i < taken / frame.size(); ++i) ASSERT_EQ(id_of(client.receive()), 1);
}

TEST_F(TcpServerTest, IdleConnectionsEnd) {
    TcpSettings settings;
    settings.idle_timeout = milliseconds(1000);
    const Endpoint& server = start(settings);
    const TcpClient silent(server), active(server), dribbling(server);
    EXPECT_EQ(id_of(active.ask(query(3))), 3);
    std::thread dribble([&] {
        // A byte now and then is no activity, or one client could hold all connections with nothing.
        const uint8_t byte = 0xff;  // of a message of 65535
        try {
            for (;;) {
                dribbling.send({&byte, 1});
                std::this_thread::sleep_for(milliseconds(20));
            }
        } catch (const std::system_error&) {  // closed
        }
    });
    EXPECT_TRUE(silent.ended());
    EXPECT_TRUE(active.ended());
    EXPECT_TRUE(dribbling.ended());
    dribble.join();
    EXPECT_EQ(counters().tcp_timed_out, 3U);
    EXPECT_EQ(counters().tcp_open, 0U);
    EXPECT_EQ(counters().tcp_accepted, 3U);
}

TEST_F(TcpServerTest, AtTheLimitTheLongestIdleMakesRoom) {
    TcpSettings settings;
    settings.max_connections = 3;
    settings.idle_timeout = std::chrono::hours(1);
    const Endpoint& server = start(settings);
    const TcpClient first(server), second(server), third(server);
    for (const auto* client : {&first, &second, &third}) EXPECT_EQ(id_of(client->ask(query(1))), 1);
    EXPECT_EQ(id_of(first.ask(query(2))), 2);  // now the second is the longest idle
    const TcpClient fourth(server);
    EXPECT_EQ(id_of(fourth.ask(query(3))), 3);
    EXPECT_TRUE(second.ended());
    EXPECT_EQ(id_of(first.ask(query(4))), 4);
    EXPECT_EQ(id_of(third.ask(query(5))), 5);
    EXPECT_EQ(counters().tcp_evicted, 1U);
    EXPECT_EQ(counters().tcp_open, 3U);
}

TEST_F(TcpServerTest, ResetsDoNoHarm) {
    const Endpoint& server = start();
    for (int i = 0; i < 50; ++i) {
        const TcpClient client(server);
        client.send(framed(query(1, "huge.example.com", kTxt)));
        const linger reset{1, 0};
        need(setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0, "SO_LINGER");
    }
    EXPECT_EQ(id_of(TcpClient(server).ask(query(6))), 6);
}

TEST_F(TcpServerTest, FastopenIsOptional) {
    TcpSettings settings;
    settings.fastopen = true;
    EXPECT_EQ(id_of(TcpClient(start(settings)).ask(query(6))), 6);
}

TEST_F(TcpServerTest, StopsWithConnectionsOpenAndLeavesNothing) {
    const size_t before = open_descriptors();
    {
        const Endpoint& server = start();
        std::vector<TcpClient> clients;
        clients.reserve(20);
        for (int i = 0; i < 20; ++i) clients.emplace_back(server);
        for (const auto& client : clients) client.send(framed(query(1, "huge.example.com", kTxt)));
        EXPECT_EQ(id_of(clients.back().receive()), 1);
        server_->stop();
        server_->stop();
        EXPECT_TRUE(clients.back().ended());
        EXPECT_EQ(counters().tcp_open, 0U);
        server_.reset();
    }
    EXPECT_EQ(open_descriptors(), before);
}

TEST_F(TcpServerTest, BindErrorsNameTheEndpointAndTheFix) {
    const Endpoint taken = start();
    const auto second = TcpServer::start({taken}, {}, slot_);
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().message, HasSubstr(taken.text() + " over TCP"));
    EXPECT_THAT(second.error().message, HasSubstr("ss -tlnp 'sport = :" + std::to_string(taken.port)));
}

}  // namespace
}  // namespace splitline
