// SPDX-License-Identifier: GPL-3.0-or-later
// Reading ahead must bear every message there can be, and change no answer.
#include "compile/lookup_ahead.h"

#include <gmock/gmock.h>

#include <random>

#include "resolver/answerer.h"
#include "support/respond_fixture.h"

namespace splitline {
namespace {

using namespace testing_support;

constexpr int kNames = 17'000;

std::shared_ptr<const Image> large_image() {
    std::string zone = "$ORIGIN example.com.\n$TTL 600\n@ SOA ns1 h 1 4h 1h 2w 300\n@ NS ns1\nns1 A 192.0.2.53\n";
    for (int i = 0; i < kNames; ++i)
        zone += "w" + std::to_string(i) + " A 10.1." + std::to_string(i / 256) + "." + std::to_string(i % 256) + "\n";
    zone += "a.b.c TXT text\n$LINE internal\nonly A 192.0.2.1\n";
    for (int i = 0; i < kNames; i += 2) zone += "w" + std::to_string(i) + " A 10.2.0.1\n";
    return ImageBuilder().line("internal", {"198.51.100.0/24"}).zone(zone, "example.com.zone").build();
}

std::vector<Bytes> all_kinds_of_messages() {
    std::vector<Bytes> messages;
    std::mt19937 random(7);
    for (int i = 0; i < 400; ++i)
        messages.push_back(DnsQuery("W" + std::to_string(random() % (kNames + 99)) + ".example.com", kA).bytes());
    for (const char* name : {"example.com", "b.c.example.com", "only.example.com", "x.only.example.com", "com", "test"})
        messages.push_back(DnsQuery(name, kA).bytes());
    messages.push_back(DnsQuery().bytes());  // the root
    const Bytes query = DnsQuery("w1.example.com", kA).bytes();
    for (size_t size = 0; size <= query.size(); ++size)
        messages.emplace_back(query.begin(), query.begin() + static_cast<std::ptrdiff_t>(size));
    Bytes pointer = query;
    pointer[12] = 0xc0;
    messages.push_back(pointer);
    for (int i = 0; i < 400; ++i) {
        Bytes noise(random() % 300);
        for (auto& byte : noise) byte = static_cast<uint8_t>(random());
        messages.push_back(noise);
    }
    std::shuffle(messages.begin(), messages.end(), random);
    return messages;
}

TEST(LookupAhead, PaysForManyNamesOnly) {
    EXPECT_FALSE(LookupAhead::pays(*small_image()));
    EXPECT_TRUE(LookupAhead::pays(*large_image()));
}

TEST(LookupAhead, ChangesNoAnswer) {
    const auto image = large_image();
    const ImageSlot slot(std::make_shared<Served>(Served{image, {}}));
    const std::vector<Bytes> messages = all_kinds_of_messages();
    for (const size_t batch : {size_t{1}, size_t{3}, LookupAhead::kMax, LookupAhead::kMax + 8}) {
        Answerer ahead(slot);
        Responder alone;
        Bytes out(1400), expected(1400);
        for (size_t first = 0; first < messages.size(); first += batch) {
            std::vector<std::span<const uint8_t>> queries;
            for (size_t i = first; i < std::min(first + batch, messages.size()); ++i) queries.emplace_back(messages[i]);
            ahead.begin_batch(queries);
            for (const auto query : queries)
                for (const auto client : {kInternalClient, kOtherClient}) {
                    const size_t size = ahead.answer(address(client), query, out);
                    const auto due = alone.respond(*image, {}, Transport::kUdp, address(client), query, expected);
                    ASSERT_EQ(hex(std::span(out).first(size)), hex(std::span(expected).first(due.size)));
                }
        }
    }
}

// A changed image is read ahead of by itself, not by what was thought of the one before.
TEST(LookupAhead, FollowsTheImage) {
    ImageSlot slot(std::make_shared<Served>(Served{large_image(), {}}));
    Answerer answerer(slot);
    const Bytes query = DnsQuery("www.example.com", kA).bytes();
    const std::vector<std::span<const uint8_t>> queries(4, query);
    Bytes out(1400);
    for (const unsigned rcode : {3U, 0U, 3U}) {
        answerer.begin_batch(queries);
        EXPECT_EQ(read_response(std::span(out).first(answerer.answer(address(kOtherClient), query, out))).rcode, rcode);
        answerer.rest();
        slot.store(std::make_shared<Served>(Served{rcode == 3 ? small_image() : large_image(), {}}));
    }
}

}  // namespace
}  // namespace splitline
