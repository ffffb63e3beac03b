// SPDX-License-Identifier: GPL-3.0-or-later
// The whole resolver: both transports on one port, one image for both, one sum of counters.
#include <gmock/gmock.h>

#include "resolver/resolver.h"
#include "support/respond_fixture.h"
#include "support/socket_client.h"

namespace splitline {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::shared_ptr<const Served> served(const std::string& www) {
    const std::string zone = "$ORIGIN example.com.\n@ 600 SOA ns h 1 2h 1h 2w 300\n@ 600 NS ns.test.\nwww 600 A " + www;
    return std::make_shared<Served>(Served{ImageBuilder().zone(zone).build(), {}});
}

// UDP takes a free port and TCP the same one; another process may hold that one, which is not this test's subject.
std::unique_ptr<Resolver> start(const std::vector<std::string_view>& addresses) {
    ResolverSettings settings;
    for (const auto text : addresses) settings.listen.push_back({address(text), 0});
    settings.udp_workers = 2;
    std::string error;
    for (int attempt = 0; attempt < 20; ++attempt) {
        auto resolver = Resolver::start(settings, served("192.0.2.1"));
        if (resolver) return std::move(*resolver);
        error = resolver.error().text();
    }
    throw std::runtime_error(error);
}

TEST(Resolver, ServesBothTransportsFromOneImage) {
    const auto resolver = start({"127.0.0.1", "127.0.0.2"});
    const Bytes query = DnsQuery("www.example.com", kA).with({}).bytes();
    for (const char* www : {"192.0.2.1", "192.0.2.2", "192.0.2.3"}) {
        resolver->publish(served(www));
        for (const Endpoint& endpoint : resolver->endpoints()) {
            const Bytes udp = UdpClient(endpoint).ask(query);
            const auto tcp = TcpClient(endpoint).ask(query);
            ASSERT_TRUE(tcp);
            EXPECT_EQ(hex(udp), hex(*tcp));
            EXPECT_THAT(read_response(udp).answer, ElementsAre("www.example.com. 600 IN A " + std::string(www)));
        }
    }
    (void)UdpClient(resolver->endpoints()[0]).ask(DnsQuery("no.example.com", kA).bytes());
    resolver->stop();
    const auto counters = resolver->counters();
    EXPECT_EQ(counters.udp_queries, 7U);
    EXPECT_EQ(counters.tcp_queries, 6U);
    EXPECT_EQ(counters.rcodes[0], 12U);
    EXPECT_EQ(counters.rcodes[3], 1U);
    EXPECT_EQ(counters.lines.at(kDefaultLine), 13U);
    EXPECT_EQ(counters.tcp_accepted, 6U);
}

TEST(ImageSlot, AReaderSeesEachStoreAndKeepsNoOldImage) {
    ImageSlot slot(served("192.0.2.1"));
    ImageSlot::Reader reader(slot);
    for (int round = 0; round < 3; ++round) {
        const std::weak_ptr<const Served> old = slot.load();
        EXPECT_EQ(&reader.current(), old.lock().get());
        slot.store(served("192.0.2.2"));
        EXPECT_FALSE(old.expired()) << "what a batch is answered from stays";
        EXPECT_EQ(&reader.current(), slot.load().get());
        EXPECT_TRUE(old.expired());
    }
    const std::weak_ptr<const Served> last = slot.load();
    reader.release();
    slot.store(served("192.0.2.3"));
    EXPECT_TRUE(last.expired());
}

TEST(Resolver, StartsWhollyOrNotAtAll) {
    const size_t before = open_descriptors();
    {
        auto holder = open_tcp_socket({address("127.0.0.1"), 0}, false);
        ASSERT_TRUE(holder);
        ResolverSettings settings;
        settings.listen = {bound_endpoint(holder->get())};
        const auto resolver = Resolver::start(settings, served("192.0.2.1"));
        ASSERT_FALSE(resolver);
        EXPECT_THAT(resolver.error().message, HasSubstr(settings.listen[0].text()));
    }
    EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace splitline
