// SPDX-License-Identifier: GPL-3.0-or-later
// The compiled table on the real world: tor-geoipdb's country ranges, read here a second time and in another way.
#include <arpa/inet.h>

#include <algorithm>
#include <sstream>

#include "line/prefix_builder.h"
#include "support/rounds.h"
#include "unit/line_fixture.h"

namespace splitline::line_test {
namespace {

using Family = Address::Family;
using testing_support::rounds;

constexpr const char* kIpv4Csv = "/usr/share/tor/geoip";
constexpr const char* kIpv6Csv = "/usr/share/tor/geoip6";

/// One family's ranges as points where the answer changes; both lines have disjoint ranges, so nothing nests.
class World {
  public:
    /// `name_of` maps a country to what is expected of its addresses.
    template <typename NameOf>
    World(Family family, NameOf name_of) : family_(family) {
        std::ifstream in(family == Family::kIpv4 ? kIpv4Csv : kIpv6Csv);
        points_.push_back({Address{family, {}}, "default"});
        for (std::string row; std::getline(in, row);) {
            if (row[0] == '#') continue;
            std::istringstream fields(row);
            std::string first;
            std::string last;
            std::string country;
            std::getline(fields, first, ',');
            std::getline(fields, last, ',');
            std::getline(fields, country);
            add(parse(first), parse(last), name_of(country));
        }
    }

    struct Point {
        Address at;
        std::string expected;
    };
    [[nodiscard]] const std::vector<Point>& points() const { return points_; }
    /// Index of the stretch of equal answers that the address is in.
    [[nodiscard]] size_t stretch(const Address& client) const {
        const auto behind = std::upper_bound(points_.begin(), points_.end(), client,
                                             [](const Address& value, const Point& point) { return value < point.at; });
        return static_cast<size_t>(behind - points_.begin()) - 1;
    }

  private:
    [[nodiscard]] Address parse(const std::string& text) const {
        Address result{family_, {}};
        if (family_ == Family::kIpv6) {
            EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), result.bytes.data()), 1) << text;
        } else {
            const uint32_t number = htonl(static_cast<uint32_t>(std::stoul(text)));
            std::copy_n(reinterpret_cast<const uint8_t*>(&number), 4, result.bytes.begin());
        }
        return result;
    }
    void add(const Address& first, const Address& last, const std::string& expected) {
        if (points_.back().at == first) points_.pop_back();
        if (points_.empty() || points_.back().expected != expected) points_.push_back({first, expected});
        if (expected != "default" && next(last) != Address{family_, {}}) points_.push_back({next(last), "default"});
    }

    Family family_;
    std::vector<Point> points_;
};

/// tor-geoipdb writes "??", and CLDR's "ZZ" where its own source has that.
bool unknown(const std::string& country) {
    return country == "??" || country == "ZZ";
}

bool embeds_ipv4(const Address& client) {
    for (const auto* block : {"::ffff:0:0/96", "64:ff9b::/96", "2002::/16"})
        if (prefix(block).contains(client)) return true;
    return false;
}

struct Compiled {
    LineCatalog catalog;
    PrefixTable prefixes;
    ClassTable table;
};

Compiled compile_world(LineConfig config, const std::vector<std::string>& in_use) {
    config.databases.country_csv = {kIpv4Csv, kIpv6Csv};
    auto catalog = build(config);
    Diagnostics findings;
    auto prefixes = read_prefixes(catalog, config.databases, findings);
    EXPECT_EQ(findings.text(), "");
    auto table = compile(catalog, prefixes, use(catalog, in_use));
    return {std::move(catalog), std::move(prefixes), std::move(table)};
}

std::vector<std::string> class_names(const Compiled& world) {
    std::vector<std::string> names;
    for (const auto& chain : world.table.chains) names.push_back(chain_text(world.catalog, chain));
    return names;
}

/// Every edge of every range, and random addresses.
void check_lookups(const Compiled& world, const World& expected, Family family) {
    const auto names = class_names(world);
    const auto check = [&](const Address& client) {
        if (embeds_ipv4(client)) return;
        const auto& found = names[world.table.lookup(client).class_id];
        ASSERT_EQ(found, expected.points()[expected.stretch(client)].expected) << client.text();
    };
    for (const auto& point : expected.points()) {
        check(point.at);
        check(next(point.at));
        check(flip(point.at, point.at.bits() - 1));
        if (testing::Test::HasFatalFailure()) return;
    }
    RandomAddresses random(9);
    for (unsigned i = 0; i < rounds(100'000); ++i) {
        auto client = random.any(family);
        if (family == Family::kIpv6 && i % 2 == 0)
            client.bytes[0] = 0x20 | (client.bytes[0] & 0x0f);  // where the data is
        check(client);
        if (testing::Test::HasFatalFailure()) return;
    }
}

/// Steps from block to block through the whole space, so no address is left out. Blocks must touch, lie in one stretch,
/// be of its class, and not be halves of a larger one.
void check_partition(const Compiled& world, const World& expected, Family family) {
    const auto names = class_names(world);
    Address at{family, {}};
    ClassHit before;
    size_t blocks = 0;
    do {
        const auto hit = world.table.lookup(at);
        const auto last = last_of_block(at, hit.length);
        ASSERT_EQ(mask(at, hit.length), at) << at.text() << "/" << +hit.length;
        if (!embeds_ipv4(at)) {
            ASSERT_EQ(names[hit.class_id], expected.points()[expected.stretch(at)].expected) << at.text();
            ASSERT_EQ(expected.stretch(at), expected.stretch(last)) << at.text() << "/" << +hit.length;
            const auto inside = world.table.lookup(last);
            ASSERT_TRUE(inside.class_id == hit.class_id && inside.length == hit.length) << last.text();
            const bool right_half = blocks > 0 && hit.length > 0 && mask(at, hit.length - 1U) != at;
            ASSERT_FALSE(right_half && before.class_id == hit.class_id && before.length == hit.length &&
                         !embeds_ipv4(flip(at, hit.length - 1U)))
                << at.text() << "/" << +hit.length << " could be larger";
        }
        before = hit;
        at = next(last);
        ++blocks;
    } while (at != Address{family, {}});
    EXPECT_GT(blocks, 10000U);
}

class ClassTableWorld : public testing::Test {
  protected:
    void SetUp() override {
        if (!std::filesystem::exists(kIpv4Csv) || !std::filesystem::exists(kIpv6Csv))
            GTEST_SKIP() << "needs tor-geoipdb";
    }
};

TEST_F(ClassTableWorld, MainlandAndOversea) {
    const auto world = compile_world({}, {"internal", "oversea"});
    EXPECT_EQ(world.table.chains.size(), 3U);
    const auto name_of = [](const std::string& country) {
        return country == "CN" ? "internal > default" : unknown(country) ? "default" : "oversea > default";
    };
    for (const auto family : {Family::kIpv4, Family::kIpv6}) {
        const World expected(family, name_of);
        check_lookups(world, expected, family);
        check_partition(world, expected, family);
    }
}

TEST_F(ClassTableWorld, CountryLinesBesideThem) {
    LineConfig config;
    for (const auto* country : {"CN", "HK", "JP", "US", "DE"}) {
        config.lines.push_back(
            own_line(std::string("c") + static_cast<char>(country[0] + 32) + static_cast<char>(country[1] + 32), {},
                     LineGroup::kCountry));
        config.lines.back().sources.countries = {country};
    }
    const auto world = compile_world(config, {"oversea", "ccn", "chk", "cjp", "cus", "cde"});
    const auto name_of = [](const std::string& country) -> std::string {
        if (country == "CN") return "ccn > default";
        if (country == "HK") return "chk > oversea > default";
        if (country == "JP") return "cjp > oversea > default";
        if (country == "US") return "cus > oversea > default";
        if (country == "DE") return "cde > oversea > default";
        return unknown(country) ? "default" : "oversea > default";
    };
    for (const auto family : {Family::kIpv4, Family::kIpv6}) {
        const World expected(family, name_of);
        check_lookups(world, expected, family);
        check_partition(world, expected, family);
    }
}

TEST_F(ClassTableWorld, EmbeddedAddressesAreInTheClassOfTheirIpv4) {
    const auto world = compile_world({}, {"internal", "oversea"});
    RandomAddresses random(11);
    for (unsigned i = 0; i < rounds(100'000); ++i) {
        const auto ipv4 = random.any(Family::kIpv4);
        const auto plain = world.table.lookup(ipv4);
        for (const auto* block : {"::ffff:0:0/96", "64:ff9b::/96", "2002::/16"}) {
            const auto outer = prefix(block);
            auto client = outer.address;
            if (outer.length == 16) client = mask(random.any(Family::kIpv6), 128);
            std::copy_n(outer.address.bytes.begin(), outer.length / 8, client.bytes.begin());
            std::copy_n(ipv4.bytes.begin(), 4, client.bytes.begin() + outer.length / 8);
            const auto hit = world.table.lookup(client);
            ASSERT_EQ(hit.class_id, plain.class_id) << client.text();
            ASSERT_EQ(hit.length, plain.length + outer.length) << client.text();
        }
    }
}

}  // namespace
}  // namespace splitline::line_test
