// SPDX-License-Identifier: GPL-3.0-or-later
// Our walk of mmdb files against libmaxminddb's lookups and against the CSV they were written from, on files that
// MaxMind's own writer made of tor-geoipdb.
#include <maxminddb.h>

#include <cstdlib>
#include <set>

#include "line/prefix_builder.h"
#include "unit/line_fixture.h"

namespace splitline::line_test {
namespace {

using Family = Address::Family;

constexpr const char* kCountries[] = {"CN", "HK", "JP", "SG", "TW"};
constexpr const char* kIpv4Csv = "/usr/share/tor/geoip";
constexpr const char* kIpv6Csv = "/usr/share/tor/geoip6";

class MmdbTest : public testing::Test {
  protected:
    static void SetUpTestSuite() { files_ = new TempFiles; }
    static void TearDownTestSuite() {
        delete files_;
        files_ = nullptr;
    }
    void SetUp() override {
        if (!std::filesystem::exists(kIpv4Csv) || !std::filesystem::exists(kIpv6Csv))
            GTEST_SKIP() << "needs tor-geoipdb";
        if (std::system("perl -MMaxMind::DB::Writer::Tree -e1 2>/dev/null") != 0)
            GTEST_SKIP() << "needs libmaxmind-db-writer-perl";
    }

    /// Path of the database written with these arguments; see make_mmdb.pl.
    static std::string make(const std::string& name, const std::string& arguments, bool with_ipv6) {
        const auto path = files_->path(name);
        if (std::filesystem::exists(path)) return path;
        const auto command = std::string("perl " SPLITLINE_TEST_DATA "/geo/make_mmdb.pl ") + path + " " + arguments +
                             " CN,HK,JP,SG,TW " + kIpv4Csv + (with_ipv6 ? std::string(" ") + kIpv6Csv : "");
        if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
        return path;
    }
    static std::string aliased() { return make("aliased.mmdb", "country 6 28 1", true); }
    static std::string plain() { return make("plain.mmdb", "country 6 32 0", true); }
    static std::string ipv4_only() { return make("ipv4.mmdb", "country 4 24 0", false); }
    static std::string asn() { return make("asn.mmdb", "asn 6 24 1", true); }

    static TempFiles* files_;
};

TempFiles* MmdbTest::files_ = nullptr;

/// A line for every key the databases have; the name tells the key.
LineConfig config_for(const std::string& country_mmdb, const std::string& asn_mmdb) {
    LineConfig config;
    for (const std::string country : kCountries) {
        config.lines.push_back(
            own_line("c-" + std::string{static_cast<char>(country[0] + 32), static_cast<char>(country[1] + 32)}, {},
                     LineGroup::kCountry));
        config.lines.back().sources.countries = {country};
    }
    if (!country_mmdb.empty()) config.databases.country_mmdb = {country_mmdb};
    for (const auto* part : {"CN-BJ", "CN-SH", "CN-GD"}) {
        if (country_mmdb.empty()) break;
        config.lines.push_back(
            own_line(std::string("s-") + static_cast<char>(part[3] + 32) + static_cast<char>(part[4] + 32), {},
                     LineGroup::kProvince));
        config.lines.back().sources.subdivisions = {part};
    }
    if (asn_mmdb.empty()) return config;
    config.databases.asn_mmdb = {asn_mmdb};
    for (unsigned number = 64500; number < 64505; ++number) {
        config.lines.push_back(own_line("a-" + std::to_string(number), {}, LineGroup::kIsp));
        config.lines.back().sources.asns = {number};
    }
    return config;
}

/// libmaxminddb's own lookup.
class Oracle {
  public:
    explicit Oracle(const std::string& path) {
        if (MMDB_open(path.c_str(), MMDB_MODE_MMAP, &db_) != MMDB_SUCCESS)
            throw std::runtime_error("cannot open " + path);
    }
    ~Oracle() { MMDB_close(&db_); }
    Oracle(const Oracle&) = delete;
    Oracle& operator=(const Oracle&) = delete;

    /// The names of the lines of config_for() that the address is on.
    std::set<std::string> lines(const Address& client) {
        int address_error = 0;
        int error = 0;
        auto found = MMDB_lookup_string(&db_, client.text().c_str(), &address_error, &error);
        EXPECT_EQ(address_error, 0);
        EXPECT_TRUE(error == MMDB_SUCCESS || error == MMDB_IPV6_LOOKUP_IN_IPV4_DATABASE_ERROR) << MMDB_strerror(error);
        std::set<std::string> names;
        if (error != MMDB_SUCCESS || !found.found_entry) return names;
        MMDB_entry_data_s data;
        const auto add = [&](const char* before) {
            std::string text(data.utf8_string, data.data_size);
            for (auto& c : text) c = static_cast<char>(c + 32);
            names.insert(before + text);
        };
        if (MMDB_get_value(&found.entry, &data, "country", "iso_code", nullptr) == MMDB_SUCCESS && data.has_data)
            add("c-");
        if (MMDB_get_value(&found.entry, &data, "registered_country", "iso_code", nullptr) == MMDB_SUCCESS &&
            data.has_data)
            add("c-");
        for (const auto* index : {"0", "1"})
            if (MMDB_get_value(&found.entry, &data, "subdivisions", index, "iso_code", nullptr) == MMDB_SUCCESS &&
                data.has_data)
                add("s-");
        if (MMDB_get_value(&found.entry, &data, "autonomous_system_number", nullptr) == MMDB_SUCCESS && data.has_data)
            names.insert("a-" + std::to_string(data.uint32));
        return names;
    }

  private:
    MMDB_s db_{};
};

/// Random addresses, and the edges of random prefixes of the table.
std::vector<Address> probes(const PrefixTable& table, unsigned count) {
    RandomAddresses random(5);
    std::vector<Address> result;
    const auto add_edges = [&](const Prefix& prefix) {
        const auto last = last_of_block(prefix.address, prefix.length);
        result.insert(result.end(),
                      {prefix.address, last, next(last), flip(prefix.address, random.below(prefix.address.bits()))});
    };
    for (unsigned i = 0; i < count; ++i) {
        const auto& ipv4 = table.ipv4[(i * size_t{7919}) % table.ipv4.size()];
        add_edges({to_address(ipv4.address), ipv4.length});
        result.push_back(random.any(Family::kIpv4));
        if (table.ipv6.empty()) continue;
        const auto& ipv6 = table.ipv6[(i * size_t{7919}) % table.ipv6.size()];
        add_edges({to_address(ipv6.address), ipv6.length});
        result.push_back(random.any(Family::kIpv6));
    }
    return result;
}

struct Database {
    std::string country;
    std::string asn;
    bool has_aliases = false;
    std::vector<std::string> more_clients;
};

/// Where we and libmaxminddb differ on purpose. IPv4 to it, nothing to us: IPv4-compatible addresses (deprecated) and
/// Teredo (the IPv4 in it is the server's). IPv4 to us, to it only by aliases: mapped and 6to4.
bool is_ours_alone(const Address& client, bool has_aliases) {
    if (prefix("::/96").contains(client) || prefix("2001::/32").contains(client)) return true;
    return !has_aliases && (prefix("::ffff:0:0/96").contains(client) || prefix("2002::/16").contains(client));
}

void check_against_libmaxminddb(const Database& database) {
    const auto config = config_for(database.country, database.asn);
    const auto catalog = build(config);
    Diagnostics findings;
    const auto table = read_prefixes(catalog, config.databases, findings);
    ASSERT_EQ(findings.text(), "");
    ASSERT_FALSE(table.ipv4.empty());
    Oracle country(database.country);
    std::optional<Oracle> asn;
    if (!database.asn.empty()) asn.emplace(database.asn);
    auto clients = probes(table, 200);
    for (const auto& text : database.more_clients) clients.push_back(address(text));
    size_t on_a_line = 0;
    for (const auto& client : clients) {
        if (is_ours_alone(client, database.has_aliases)) continue;
        auto expected = country.lines(client);
        if (asn) expected.merge(asn->lines(client));
        std::set<std::string> found;
        for (const auto& match : lines_of(client, catalog, table)) {
            // The built-in lines have their countries from the databases too.
            if (match.line >= builtin_lines().size()) found.insert(catalog.name(match.line));
        }
        ASSERT_EQ(found, expected) << client.text();
        on_a_line += found.empty() ? 0 : 1;
    }
    EXPECT_GT(on_a_line, clients.size() / 4) << "the probes probe nothing";
}

TEST_F(MmdbTest, WalkAgreesWithLibmaxminddb) {
    check_against_libmaxminddb(
        {aliased(), asn(), true, {"::ffff:1.0.1.1", "2002:100:101::1", "2002:e000:1::", "::ffff:224.0.0.1"}});
    check_against_libmaxminddb({plain(), "", false, {}});
    check_against_libmaxminddb({ipv4_only(), "", false, {"2001:250::1"}});
}

ClassTable compile_countries(const GeoDatabases& databases) {
    auto config = config_for("", "");
    config.databases = databases;
    const auto catalog = build(config);
    Diagnostics findings;
    const auto table = read_prefixes(catalog, config.databases, findings);
    EXPECT_EQ(findings.text(), "");
    std::vector<bool> used(catalog.size());
    std::fill(used.begin() + static_cast<ptrdiff_t>(builtin_lines().size()), used.end(), true);
    return compile(catalog, table, used);
}

TEST_F(MmdbTest, GivesTheSameClassesAsTheCsv) {
    const auto csv = compile_countries({{kIpv4Csv, kIpv6Csv}, {}, {}});
    EXPECT_EQ(csv.chains.size(), std::size(kCountries) + 1);
    for (const auto& path : {aliased(), plain()}) {
        const auto mmdb = compile_countries({{}, {path}, {}});
        EXPECT_EQ(mmdb.chains, csv.chains) << path;
        EXPECT_TRUE(mmdb.cells == csv.cells) << path;
    }
    EXPECT_TRUE(compile_countries({{}, {ipv4_only()}, {}}).cells == compile_countries({{kIpv4Csv}, {}, {}}).cells);
}

TEST_F(MmdbTest, AliasesAreSkippedAndSourcesNameFileAndKey) {
    const auto config = config_for(aliased(), asn());
    const auto catalog = build(config);
    Diagnostics findings;
    const auto table = read_prefixes(catalog, config.databases, findings);
    std::set<std::pair<uint64_t, std::pair<uint8_t, LineId>>> once;
    for (const auto& ipv4 : table.ipv4)
        EXPECT_TRUE(once.insert({ipv4.address, {ipv4.length, ipv4.line}}).second) << "twice";
    for (const auto& ipv6 : table.ipv6)
        for (const auto* block : {"::ffff:0:0/96", "2002::/16", "2001::/32", "::/96"})
            EXPECT_FALSE(prefix(block).contains(to_address(ipv6.address))) << to_address(ipv6.address).text();
    const std::set<std::string> sources(table.sources.begin(), table.sources.end());
    EXPECT_TRUE(sources.contains(aliased() + ": country CN"));
    EXPECT_TRUE(sources.contains(aliased() + ": subdivision CN-BJ"));
    EXPECT_TRUE(sources.contains(asn() + ": AS64500"));
    EXPECT_EQ(sources.size(), 5U + 3 + 5);
}

TEST_F(MmdbTest, ReportsKeysThatNoDatabaseHas) {
    auto config = config_for(aliased(), asn());
    config.lines = {own_line("a"), own_line("b")};
    config.lines[0].sources.subdivisions = {"CN-BJ", "CN-XZ"};
    config.lines[1].sources.asns = {64500, 4134};
    Diagnostics findings;
    read_prefixes(build(config), config.databases, findings);
    EXPECT_EQ(findings.text(),
              "warning: line 'a': subdivision CN-XZ is in none of the databases; check the spelling\n"
              "warning: line 'b': AS4134 is in none of the databases; check the spelling");
}

/// The file with its first nodes (of 24-bit records) replaced.
std::string with_nodes(const TempFiles& files, const std::string& original, const std::vector<uint32_t>& nodes) {
    std::ifstream in(original, std::ios::binary);
    std::string content((std::istreambuf_iterator<char>(in)), {});
    for (size_t i = 0; i < nodes.size(); ++i)
        for (unsigned record = 0; record < 2; ++record)
            for (unsigned byte = 0; byte < 3; ++byte)
                content[i * 6 + record * 3 + byte] = static_cast<char>(nodes[i] >> (16 - 8 * byte));
    return files.write("damaged.mmdb", content);
}

TEST_F(MmdbTest, DamagedTreesAreErrorsNotEndlessWalks) {
    std::vector<uint32_t> ladder;  // both records of node i are node i + 1: 2^100 paths
    for (uint32_t i = 1; i <= 100; ++i) ladder.push_back(i);
    struct Case {
        std::string what;
        std::string original;
        std::vector<uint32_t> nodes;
    };
    const Case cases[] = {{"loop", ipv4_only(), {0}}, {"ladder", asn(), ladder}};
    for (const auto& [what, original, nodes] : cases) {
        LineConfig config = config_for("", "");
        config.lines = {own_line("own")};
        config.lines[0].sources.asns = {64500};
        config.databases.asn_mmdb = {with_nodes(*files_, original, nodes)};
        Diagnostics findings;
        read_prefixes(build(config), config.databases, findings);
        EXPECT_EQ(findings.text(),
                  files_->path("damaged.mmdb") +
                      ": error: is not a sound mmdb database: The MaxMind DB file's search tree is corrupt; "
                      "fetch it again")
            << what;
    }
}

}  // namespace
}  // namespace splitline::line_test
