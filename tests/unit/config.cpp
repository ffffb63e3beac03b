// SPDX-License-Identifier: GPL-3.0-or-later
// The configuration file: what each key becomes, and the exact findings for everything that can be wrong with it.
#include "control/config.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "control/nearest.h"

namespace splitline {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Config read(const std::string& text, Diagnostics& diagnostics) {
    return read_config_text(text, "/etc/splitline/splitline.toml", diagnostics);
}

TEST(Config, FullFileBecomesPlainData) {
    Diagnostics diagnostics;
    const auto config = read(R"(
[server]
listen = ["192.0.2.1", "[2001:db8::1]:5353"]
control_socket = "sock"
state_directory = "/srv/state"
log_level = "debug"
version = "Splitline"
identity = "node-1"
[resolver]
udp_workers = 3
tcp_max_connections = 20
tcp_idle_seconds = 7
tcp_fastopen = true
udp_payload = 1400
[ecs]
enabled = false
trust = ["192.0.2.0/24", "2001:db8::/32"]
[xdp]
interfaces = "eth0"
mode = "native"
attach = "libxdp"
af_xdp = "zero-copy"
pin_directory = "/run/splitline/bpf"
max_names = 5
arena_mib = 6
max_zones = 7
stale_after_seconds = 8
udp4_checksum = "zero"
[zones]
files = ["zones/*.zone", "/srv/z"]
directory = "more"
[geo]
country_csv = "geo/country.csv"
country_mmdb = ["/a.mmdb"]
asn_mmdb = []
[lines]
order = ["office", "telecom"]
[[line]]
name = "office"
group = "custom"
prefixes = ["203.0.113.0/24"]
[[line]]
name = "telecom"
countries = ["CN"]
subdivisions = ["CN-BJ"]
asns = [4134, 4294967295]
lists = ["lists/chinanet.txt"]
)",
                             diagnostics);
    ASSERT_EQ(diagnostics.text(), "");
    EXPECT_THAT(config.resolver.listen,
                ElementsAre(*Endpoint::parse("192.0.2.1"), *Endpoint::parse("[2001:db8::1]:5353")));
    EXPECT_EQ(config.control_socket, "/etc/splitline/sock");
    EXPECT_EQ(config.state_directory, "/srv/state");
    EXPECT_EQ(config.log_level, LogLevel::kDebug);
    EXPECT_EQ(config.policy.version, "Splitline");
    EXPECT_EQ(config.policy.identity, "node-1");
    EXPECT_EQ(config.resolver.udp_workers, 3U);
    EXPECT_EQ(config.resolver.tcp.max_connections, 20U);
    EXPECT_EQ(config.resolver.tcp.idle_timeout, std::chrono::seconds(7));
    EXPECT_TRUE(config.resolver.tcp.fastopen);
    EXPECT_EQ(config.policy.udp_payload, 1400);
    EXPECT_FALSE(config.policy.ecs);
    EXPECT_THAT(config.policy.ecs_trust, ElementsAre(*Prefix::parse("192.0.2.0/24"), *Prefix::parse("2001:db8::/32")));
    EXPECT_TRUE(config.xdp_enabled);
    EXPECT_THAT(config.fast_path.interfaces, ElementsAre("eth0"));
    EXPECT_EQ(config.fast_path.mode, XdpMode::kNative);
    EXPECT_EQ(config.fast_path.attach, XdpAttach::kLibxdp);
    EXPECT_EQ(config.fast_path.af_xdp, AfXdp::kZeroCopy);
    EXPECT_EQ(config.fast_path.pin_directory, "/run/splitline/bpf");
    EXPECT_EQ(config.fast_path.max_names, 5U);
    EXPECT_EQ(config.fast_path.arena_mib, 6U);
    EXPECT_EQ(config.fast_path.max_zones, 7U);
    EXPECT_EQ(config.fast_path.stale_after_seconds, 8U);
    EXPECT_TRUE(config.fast_path.udp4_zero_checksum);
    ASSERT_EQ(config.zones.patterns.size(), 3U);
    EXPECT_EQ(config.zones.patterns[0].glob, "/etc/splitline/zones/*.zone");
    EXPECT_EQ(config.zones.patterns[1].glob, "/srv/z");
    EXPECT_EQ(config.zones.patterns[2].glob, "/etc/splitline/more/*.zone");
    EXPECT_THAT(config.lines.databases.country_csv, ElementsAre("/etc/splitline/geo/country.csv"));
    EXPECT_THAT(config.lines.databases.country_mmdb, ElementsAre("/a.mmdb"));
    EXPECT_THAT(config.lines.databases.asn_mmdb, IsEmpty());
    EXPECT_THAT(config.lines.order, ElementsAre("office", "telecom"));
    ASSERT_EQ(config.lines.lines.size(), 2U);
    const auto& office = config.lines.lines[0];
    EXPECT_EQ(office.name, "office");
    EXPECT_EQ(office.group, LineGroup::kCustom);
    EXPECT_EQ(office.place.line, 38U);
    EXPECT_THAT(office.sources.prefixes, ElementsAre(*Prefix::parse("203.0.113.0/24")));
    const auto& telecom = config.lines.lines[1];
    EXPECT_THAT(telecom.sources.countries, ElementsAre("CN"));
    EXPECT_THAT(telecom.sources.subdivisions, ElementsAre("CN-BJ"));
    EXPECT_THAT(telecom.sources.asns, ElementsAre(4134U, 4294967295U));
    EXPECT_THAT(telecom.sources.lists, ElementsAre("/etc/splitline/lists/chinanet.txt"));
}

TEST(Config, DefaultsWhereNothingIsSaid) {
    Diagnostics diagnostics;
    const auto config = read("[xdp]\nenabled = false\n", diagnostics);
    ASSERT_EQ(diagnostics.text(), "");
    EXPECT_THAT(config.resolver.listen, ElementsAre(*Endpoint::parse("0.0.0.0:53"), *Endpoint::parse("[::]:53")));
    EXPECT_EQ(config.control_socket, kDefaultControlSocket);
    EXPECT_GE(config.resolver.udp_workers, 1U);
    EXPECT_EQ(config.policy.udp_payload, 1232);
    EXPECT_EQ(config.fast_path.af_xdp, AfXdp::kOff);
    EXPECT_TRUE(config.policy.ecs);
    EXPECT_FALSE(config.policy.version.has_value());
    EXPECT_FALSE(config.policy.identity.has_value());
    EXPECT_FALSE(config.xdp_enabled);
    EXPECT_THAT(config.lines.order, ElementsAre("alibaba"));
    EXPECT_THAT(config.zones.patterns, IsEmpty());
}

struct ErrorCase {
    const char* name;
    const char* text;
    const char* findings;  // without the path in front
};

// XDP stays enabled by default, so most texts switch it off on their last lines.
const ErrorCase kErrors[] = {
    {"syntax", "[server\n", "1: error: Error while parsing table header: expected ']', saw '\\n'"},
    {"unknown_table", "[servr]\nx = 1\n[xdp]\nenabled = false\n",
     "1: error: servr: unknown table; did you mean 'server'?"},
    {"unknown_key", "[xdp]\nenabled = false\nmax_name = 1\n",
     "3: error: xdp.max_name: unknown key; did you mean 'max_names'?"},
    {"unknown_key_like_none", "[xdp]\nenabled = false\nfrobnicate = 1\n", "3: error: xdp.frobnicate: unknown key"},
    {"table_wanted", "xdp = 3\n",
     "1: error: xdp: must be a table: write [xdp]\n1: error: xdp.interfaces: name at least one"},
    {"no_interface", "[xdp]\nmode = \"auto\"\n",
     "1: error: xdp.interfaces: name at least one interface, or set xdp.enabled = false"},
    {"boolean", "[xdp]\nenabled = false\n[ecs]\nenabled = \"yes\"\n",
     "4: error: ecs.enabled: must be true or false, not a string"},
    {"string", "[xdp]\nenabled = false\n[server]\nstate_directory = 3\n",
     "4: error: server.state_directory: must be a string, not an integer"},
    {"integer", "[xdp]\nenabled = false\nmax_names = 1.5\n",
     "3: error: xdp.max_names: must be an integer of 1 to 64000000, not a fraction"},
    {"range_low", "[xdp]\nenabled = false\n[resolver]\nudp_payload = 511\n",
     "4: error: resolver.udp_payload: must be 512 to 1400, not 511"},
    {"range_high", "[xdp]\nenabled = false\n[resolver]\nudp_payload = 1401\n",
     "4: error: resolver.udp_payload: must be 512 to 1400, not 1401"},
    {"range_beyond_32_bits", "[xdp]\nenabled = false\nmax_zones = 4294967297\n",
     "3: error: xdp.max_zones: must be 1 to 1000000, not 4294967297"},
    {"choice", "[xdp]\nenabled = false\nmode = \"nativ\"\n",
     "3: error: xdp.mode: must be one of auto, native, generic, not 'nativ'; did you mean 'native'?"},
    {"BadAfXdp", "[xdp]\nenabled = false\naf_xdp = \"zerocopy\"\n",
     "3: error: xdp.af_xdp: must be one of off, copy, zero-copy, not 'zerocopy'; did you mean 'zero-copy'?"},
    {"list", "[xdp]\nenabled = false\n[zones]\nfiles = true\n",
     "4: error: zones.files: must be a list of strings, not a boolean"},
    {"list_element", "[xdp]\nenabled = false\n[zones]\nfiles = [\n\"a\",\n7]\n",
     "6: error: zones.files: must be a list of strings, but holds an integer"},
    {"empty_path", "[xdp]\nenabled = false\n[zones]\nfiles = \"\"\n",
     "4: error: zones.files: a path must not be empty"},
    {"listen_text", "[xdp]\nenabled = false\n[server]\nlisten = [\"here\"]\n",
     "4: error: server.listen: 'here' is not an address to listen on (want 192.0.2.1, 192.0.2.1:53, 2001:db8::1 or "
     "[2001:db8::1]:53)"},
    {"listen_port", "[xdp]\nenabled = false\n[server]\nlisten = [\"192.0.2.1:65536\"]\n",
     "4: error: server.listen: '192.0.2.1:65536': the port must be 1 to 65535"},
    {"listen_twice", "[xdp]\nenabled = false\n[server]\nlisten = [\"192.0.2.1\", \"192.0.2.1:53\"]\n",
     "4: error: server.listen: 192.0.2.1:53 is listed twice; remove one"},
    {"listen_nowhere", "[xdp]\nenabled = false\n[server]\nlisten = []\n",
     "4: error: server.listen: name at least one address"},
    {"interface_name", "[xdp]\ninterfaces = [\"a_name_far_too_long\"]\n",
     "2: error: xdp.interfaces: 'a_name_far_too_long' is no interface name (1 to 15 characters)"},
    {"interface_twice", "[xdp]\ninterfaces = [\"a\", \"a\"]\n",
     "2: error: xdp.interfaces: 'a' is listed twice; remove one"},
    {"prefix", "[xdp]\nenabled = false\n[ecs]\ntrust = [\"192.0.2.1/24\"]\n",
     "4: error: ecs.trust: '192.0.2.1/24' has bits behind its length; did you mean 192.0.2.0/24?"},
    {"line_prefix", "[xdp]\nenabled = false\n[[line]]\nname = \"a\"\nprefixes = [\"10/8\"]\n",
     "5: error: line.prefixes: '10/8' is not an IPv4 or IPv6 prefix (want ADDRESS/LENGTH)"},
    {"line_without_name", "[xdp]\nenabled = false\n[[line]]\nprefixes = [\"10.0.0.0/8\"]\n",
     "3: error: line: a [[line]] needs a name"},
    {"line_key", "[xdp]\nenabled = false\n[[line]]\nname = \"a\"\n[[line]]\nname = \"b\"\nprefix = \"10.0.0.0/8\"\n",
     "7: error: line[2].prefix: unknown key; did you mean 'prefixes'?"},
    {"line_as_table", "[xdp]\nenabled = false\n[line]\nname = \"a\"\n",
     "3: error: line: must be a list of tables: write [[line]] before each"},
    {"asn", "[xdp]\nenabled = false\n[[line]]\nname = \"a\"\nasns = [0, \"AS1\"]\n",
     "5: error: line[1].asns: must be 1 to 4294967295, not 0\n5: error: line[1].asns: must be a list of integers, but "
     "holds a string"},
    {"order", "[xdp]\nenabled = false\n[lines]\norder = []\n",
     "4: error: lines.order: name a preset (alibaba, dnspod, huawei) or list line names"},
    {"all_at_once_in_file_order",
     "[zones]\nfile = \"a\"\n[server]\nlog_level = \"loud\"\n[xdp]\nenabled = 1\nmax_names = 0\n",
     "2: error: zones.file: unknown key; did you mean 'files'?\n"
     "4: error: server.log_level: must be one of error, warning, info, debug, not 'loud'\n"
     "5: error: xdp.interfaces: name at least one interface, or set xdp.enabled = false\n"
     "6: error: xdp.enabled: must be true or false, not an integer\n"
     "7: error: xdp.max_names: must be 1 to 64000000, not 0"},
};

class ConfigErrors : public testing::TestWithParam<ErrorCase> {};

TEST_P(ConfigErrors, AreReportedWithLineFieldAndRange) {
    Diagnostics diagnostics;
    read(GetParam().text, diagnostics);
    auto text = diagnostics.text();
    const std::string path = "/etc/splitline/splitline.toml:";
    for (size_t at; (at = text.find(path)) != std::string::npos;) text.erase(at, path.size());
    EXPECT_TRUE(diagnostics.has_errors());
    EXPECT_EQ(text.substr(0, std::string(GetParam().findings).size()), GetParam().findings);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'),
              std::count(GetParam().findings, GetParam().findings + std::strlen(GetParam().findings), '\n'));
}

INSTANTIATE_TEST_SUITE_P(Table, ConfigErrors, testing::ValuesIn(kErrors),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(Config, AnUnreadableFileIsAnError) {
    for (const char* path : {"/nonexistent/splitline.toml", "/"}) {
        Diagnostics diagnostics;
        read_config_file(path, diagnostics);
        ASSERT_EQ(diagnostics.all().size(), 1U) << path;
        EXPECT_THAT(diagnostics.text(),
                    testing::StartsWith(std::string(path) + ": error: cannot read the configuration: "));
    }
}

TEST(Config, PathsAreRelativeToTheFileNotToTheProcess) {
    const std::string folder = testing::TempDir() + "/config_relative";
    std::filesystem::create_directories(folder);
    std::ofstream(folder + "/s.toml") << "[xdp]\nenabled=false\n[zones]\nfiles=\"../z/*.zone\"\n";
    Diagnostics diagnostics;
    const auto config = read_config_file(folder + "/s.toml", diagnostics);
    ASSERT_EQ(diagnostics.text(), "");
    EXPECT_EQ(config.zones.patterns.at(0).glob,
              std::filesystem::path(testing::TempDir() + "/z/*.zone").lexically_normal().string());
    std::filesystem::remove_all(folder);
}

TEST(Config, RestartOnlyChangesNameTheFields) {
    Diagnostics diagnostics;
    const auto a = read("[xdp]\ninterfaces=\"eth0\"\n[server]\nversion=\"1\"\n", diagnostics);
    const auto b = read(
        "[xdp]\ninterfaces=\"eth1\"\nmode=\"native\"\n[server]\nversion=\"2\"\nlisten=\"192.0.2.1\"\n"
        "[lines]\norder=\"dnspod\"\n",
        diagnostics);
    ASSERT_EQ(diagnostics.text(), "");
    EXPECT_THAT(restart_only_changes(a, a), IsEmpty());
    EXPECT_THAT(restart_only_changes(a, b), ElementsAre("server.listen", "xdp.interfaces", "xdp.mode"));
}

TEST(Nearest, EditDistance) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("abc", ""), 3U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_EQ(edit_distance("flaw", "lawn"), 2U);
}

}  // namespace
}  // namespace splitline
