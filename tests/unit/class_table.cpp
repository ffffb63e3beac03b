// SPDX-License-Identifier: GPL-3.0-or-later
// The compiled table against a slow reading of the rules, on random prefixes that nest heavily: the class of an
// address, and scopes as the partition that RFC 7871 section 7.3.1 asks for.
#include "line/class_table.h"

#include <map>
#include <set>

#include "line/class_segments.h"
#include "line/prefix_builder.h"
#include "maps/class_table.h"
#include "support/rounds.h"
#include "unit/line_fixture.h"

namespace splitline::line_test {
namespace {

using Family = Address::Family;
using testing_support::rounds;

/// Random lines in some groups, with random prefixes, some of them twice.
struct RandomWorld {
    explicit RandomWorld(unsigned seed) : random(seed) {
        static constexpr LineGroup kGroups[] = {LineGroup::kCustom, LineGroup::kIsp, LineGroup::kCountry};
        const unsigned lines = 1 + random.below(12);
        for (unsigned i = 0; i < lines; ++i)
            config.lines.push_back(own_line("l" + std::to_string(i), {}, kGroups[random.below(3)]));
        const unsigned count = random.below(120);
        for (unsigned i = 0; i < count; ++i) {
            auto& own = config.lines[random.below(lines)].sources.prefixes;
            own.push_back(i > 0 && random.below(4) == 0 ? nearby(all.back()) : any_prefix());
            all.push_back(own.back());
        }
        catalog = build(config);
        Diagnostics findings;
        table = read_prefixes(*catalog, config.databases, findings);
        used = use_all(*catalog);
        for (size_t id = 0; id < used.size(); ++id) used[id] = random.below(4) != 0;
    }

    Prefix any_prefix() {
        static constexpr unsigned kLengths[] = {0, 1, 7, 8, 9, 15, 16, 17, 23, 24, 25, 31, 32};
        const auto family = random.below(2) ? Family::kIpv4 : Family::kIpv6;
        const unsigned length = kLengths[random.below(13)] * (family == Family::kIpv6 ? 1 + random.below(4) : 1);
        return {mask(random.clustered(family), length), static_cast<uint8_t>(length)};
    }
    /// The same prefix, an outer or an inner one, or its sibling.
    Prefix nearby(const Prefix& prefix) {
        const unsigned bits = prefix.address.bits();
        const unsigned choice = random.below(4);
        if (choice == 0) return prefix;
        if (choice == 1 && prefix.length > 0) return {flip(prefix.address, prefix.length - 1U), prefix.length};
        const unsigned length =
            choice == 2 ? random.below(prefix.length + 1U) : prefix.length + random.below(bits - prefix.length + 1U);
        return {mask(prefix.address, length), static_cast<uint8_t>(length)};
    }
    /// Anywhere, or at the edges of a prefix.
    Address client() {
        if (all.empty() || random.below(4) == 0) return random.any(random.below(2) ? Family::kIpv4 : Family::kIpv6);
        const auto& prefix = all[random.below(static_cast<unsigned>(all.size()))];
        const auto last = last_of_block(prefix.address, prefix.length);
        const unsigned choice = random.below(4);
        if (choice == 0) return prefix.address;
        if (choice == 1) return last;
        if (choice == 2) return next(last);
        return flip(prefix.address, random.below(prefix.address.bits()));
    }

    RandomAddresses random;
    LineConfig config;
    std::vector<Prefix> all;
    std::optional<LineCatalog> catalog;
    PrefixTable table;
    std::vector<bool> used;
};

/// The IPv4 address that an IPv6 one stands for, told from its text form as RFCs 4291, 6052 and 3056 write it.
Address normal(const Address& client) {
    if (client.family == Family::kIpv4) return client;
    Address ipv4;
    const auto starts = [&](const char* text) { return prefix(text).contains(client); };
    const unsigned at = starts("2002::/16") ? 2 : starts("::ffff:0.0.0.0/96") || starts("64:ff9b::/96") ? 12 : 16;
    if (at == 16) return client;
    std::copy_n(client.bytes.begin() + at, 4, ipv4.bytes.begin());
    return ipv4;
}

/// The rule, word by word: per rank the line with the longest covering prefix, of equal ones the line configured first.
std::string expected_chain(const RandomWorld& world, const Address& client) {
    struct Best {
        int length = -1;
        size_t configured = 0;
    };
    const auto& lines = world.config.lines;
    std::map<unsigned, Best> best;
    for (size_t i = 0; i < lines.size(); ++i) {
        auto& rank = best[world.catalog->rank(world.catalog->find(lines[i].name).value())];
        for (const auto& prefix : lines[i].sources.prefixes)
            if (prefix.contains(normal(client)) && prefix.length > rank.length) rank = {prefix.length, i};
    }
    std::string chain;
    for (const auto& [rank, winner] : best)
        if (winner.length >= 0 && world.used[world.catalog->find(lines[winner.configured].name).value()])
            chain += lines[winner.configured].name + " > ";
    return chain + "default";
}

TEST(ClassTable, AgreesWithTheRulesOnRandomPrefixes) {
    for (unsigned seed = 0; seed < rounds(400); ++seed) {
        RandomWorld world(seed);
        const auto table = compile(*world.catalog, world.table, world.used);
        for (unsigned i = 0; i < 150; ++i) {
            const auto client = world.client();
            ASSERT_EQ(chain_of(*world.catalog, table, client), expected_chain(world, client))
                << "seed " << seed << ", client " << client.text();
        }
    }
}

TEST(ClassTable, LinesOfAgreesWithTheTable) {
    for (unsigned seed = 400; seed < 400 + rounds(200); ++seed) {
        RandomWorld world(seed);
        world.used = use_all(*world.catalog);
        const auto table = compile(*world.catalog, world.table, world.used);
        for (unsigned i = 0; i < 50; ++i) {
            const auto client = world.client();
            std::vector<LineId> winners;
            for (const auto& match : lines_of(client, *world.catalog, world.table)) {
                EXPECT_TRUE(match.prefix.contains(normal(client)));
                if (match.in_chain) winners.push_back(match.line);
            }
            winners.push_back(kDefaultLine);
            ASSERT_EQ(chain_text(*world.catalog, winners), chain_of(*world.catalog, table, client))
                << "seed " << seed << ", client " << client.text();
        }
    }
}

/// The bits at which an address becomes an embedded IPv4 one; 0 for others. Blocks do not grow beyond it.
unsigned embedding(const Address& client) {
    if (client.family == Family::kIpv4 || normal(client).family == Family::kIpv6) return 0;
    return prefix("2002::/16").contains(client) ? 16 : 96;
}

bool same(const ClassHit& left, const ClassHit& right) {
    return left.class_id == right.class_id && left.length == right.length;
}

/// Checks the block round `client`: all of it alike, and no larger block alike.
void check_block(const ClassTable& table, const Address& client, RandomAddresses& random) {
    const auto hit = table.lookup(client);
    const auto block = mask(client, hit.length);
    ASSERT_LE(hit.length, client.bits());
    ASSERT_TRUE(same(table.lookup(block), hit));
    ASSERT_TRUE(same(table.lookup(last_of_block(block, hit.length)), hit));
    for (unsigned i = 0; i < 8 && hit.length < client.bits(); ++i) {
        auto inside = client;
        const auto noise = random.any(client.family);
        for (unsigned bit = hit.length; bit < client.bits(); ++bit)
            if ((noise.bytes[bit / 8] & (0x80U >> (bit % 8))) != 0) inside = flip(inside, bit);
        ASSERT_TRUE(same(table.lookup(inside), hit)) << inside.text() << " in " << block.text() << "/" << +hit.length;
    }
    if (hit.length == embedding(client)) return;
    // Were the sibling one block of this class too, both should have been one block; but embedded IPv4 stands apart.
    const auto beside = flip(block, hit.length - 1U);
    const auto sibling = table.lookup(beside);
    ASSERT_GE(sibling.length, hit.length) << "blocks overlap";
    ASSERT_FALSE(same(sibling, hit) && embedding(beside) == embedding(client))
        << block.text() << "/" << +hit.length << " could be larger";
}

TEST(ClassTable, ScopesArePartitionOfLargestBlocks) {
    for (unsigned seed = 600; seed < 600 + rounds(300); ++seed) {
        RandomWorld world(seed);
        const auto table = compile(*world.catalog, world.table, world.used);
        for (unsigned i = 0; i < 100; ++i) {
            const auto client = world.client();
            check_block(table, client, world.random);
            if (HasFatalFailure()) FAIL() << "seed " << seed << ", client " << client.text();
        }
        const auto inside = [](const Address& block, unsigned length) { return mask(block, length); };
        for (unsigned i = 0; i < 100; ++i) {
            const auto one = world.client();
            const auto two = world.client();
            if (one.family != two.family) continue;
            const auto hit1 = table.lookup(one);
            const auto hit2 = table.lookup(two);
            const unsigned shorter = std::min(hit1.length, hit2.length);
            const bool overlap = inside(one, shorter) == inside(two, shorter);
            ASSERT_TRUE(!overlap || same(hit1, hit2)) << one.text() << " and " << two.text() << ", seed " << seed;
        }
    }
}

TEST(ClassTable, BlocksTileTheWholeSpace) {
    for (unsigned seed = 900; seed < 900 + rounds(100); ++seed) {
        RandomWorld world(seed);
        const auto table = compile(*world.catalog, world.table, world.used);
        for (const auto family : {Family::kIpv4, Family::kIpv6}) {
            Address at{family, {}};
            do {
                const auto hit = table.lookup(at);
                ASSERT_EQ(mask(at, hit.length), at) << "seed " << seed;
                ASSERT_EQ(table.chains[hit.class_id].back(), kDefaultLine);
                check_block(table, at, world.random);
                if (HasFatalFailure()) FAIL() << "seed " << seed << ", block " << at.text();
                at = next(last_of_block(at, hit.length));
            } while (at != Address{family, {}});
        }
    }
}

TEST(ClassTable, CellsAreWholeNodesInsideTheTableAndKeptOnce) {
    RandomWorld world(77);
    const auto table = compile(*world.catalog, world.table, world.used);
    ASSERT_EQ(table.cells.size() % SL_NODE_CELLS, 0U);
    const size_t nodes = table.cells.size() / SL_NODE_CELLS;
    std::set<uint32_t> reached;
    for (const auto cell : table.cells) {
        if ((cell & SL_CELL_NODE) == 0) continue;
        ASSERT_LT(cell & ~SL_CELL_NODE, nodes);
        ASSERT_GE(cell & ~SL_CELL_NODE, uint32_t{SL_FIRST_NODE});
        reached.insert(cell & ~SL_CELL_NODE);
    }
    EXPECT_EQ(reached.size(), nodes - SL_FIRST_NODE) << "nodes that nothing points to";
    std::set<std::vector<uint32_t>> distinct;
    for (size_t node = SL_FIRST_NODE; node < nodes; ++node) {
        const auto first = table.cells.begin() + static_cast<ptrdiff_t>(node * SL_NODE_CELLS);
        EXPECT_TRUE(distinct.emplace(first, first + SL_NODE_CELLS).second) << "node " << node << " is there twice";
    }
}

TEST(ClassTable, CompilesTheSameTwice) {
    RandomWorld world(78);
    const auto one = compile(*world.catalog, world.table, world.used);
    const auto two = compile(*world.catalog, world.table, world.used);
    EXPECT_EQ(one.cells, two.cells);
    EXPECT_EQ(one.chains, two.chains);
}

// The lower half of IPv4 becomes the upper one: the same classes are met in another order.
TEST(ClassTable, ClassesKeepTheirNumbersWhenPrefixesMove) {
    unsigned kept = 0, otherwise = 0;
    for (unsigned seed = 0; seed < rounds(200); ++seed) {
        RandomWorld world(seed);
        const auto before = compile(*world.catalog, world.table, world.used);
        auto moved = world.table;
        for (auto& prefix : moved.ipv4)
            if (prefix.length > 0) prefix.address ^= 0x80000000;
        const auto fresh = compile(*world.catalog, moved, world.used);
        const auto table = compile_classes(*world.catalog, moved, world.used, &before).value();
        const bool same =
            std::is_permutation(fresh.chains.begin(), fresh.chains.end(), before.chains.begin(), before.chains.end());
        ASSERT_EQ(table.chains, same ? before.chains : fresh.chains) << "seed " << seed;
        kept += same ? 1 : 0;
        otherwise += same && fresh.chains != before.chains ? 1 : 0;
        for (unsigned i = 0; i < 50; ++i) {
            const auto client = world.client();
            ASSERT_EQ(chain_of(*world.catalog, table, client), chain_of(*world.catalog, fresh, client))
                << "seed " << seed << ", client " << client.text();
            ASSERT_EQ(table.lookup(client).length, fresh.lookup(client).length);
        }
    }
    EXPECT_GT(kept, otherwise);
    EXPECT_GT(otherwise, 20U) << "then nothing was renumbered";
}

TEST(ClassSegments, StartAtZeroAndDifferFromTheirNeighbours) {
    LineConfig config;
    config.lines = {own_line("a", {"0.0.0.0/9", "0.128.0.0/9", "255.0.0.0/8"}), own_line("b", {"1.0.0.0/8"})};
    const auto catalog = build(config);
    Diagnostics findings;
    const auto prefixes = read_prefixes(catalog, config.databases, findings);
    ChainInterner chains(10);
    const auto segments = cut_segments(catalog, find_changes(catalog, prefixes.ipv4, use_all(catalog)), chains).value();
    std::vector<std::pair<uint32_t, ClassId>> found;
    for (const auto& segment : segments) found.emplace_back(segment.start, segment.class_id);
    EXPECT_EQ(found,
              (std::vector<std::pair<uint32_t, ClassId>>{{0, 1}, {0x01000000, 2}, {0x02000000, 0}, {0xff000000, 1}}));
}

TEST(ClassTable, TooManyClassesIsAnError) {
    LineConfig config;
    for (unsigned i = 0; i < 4; ++i)
        config.lines.push_back(own_line("l" + std::to_string(i), {"10." + std::to_string(i) + ".0.0/16"}));
    const auto catalog = build(config);
    Diagnostics findings;
    const auto prefixes = read_prefixes(catalog, config.databases, findings);
    ChainInterner enough(4);
    EXPECT_TRUE(cut_segments(catalog, find_changes(catalog, prefixes.ipv4, use_all(catalog)), enough));
    ChainInterner too_few(3);
    const auto segments = cut_segments(catalog, find_changes(catalog, prefixes.ipv4, use_all(catalog)), too_few);
    ASSERT_FALSE(segments);
    EXPECT_EQ(segments.error().text(),
              "the lines in use make too many different classes of clients; put fewer lines to use, or lines that "
              "overlap less");
}

}  // namespace
}  // namespace splitline::line_test
