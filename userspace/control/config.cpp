// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/config.h"

#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "control/nearest.h"
#include "control/toml_table.h"
#include "maps/dns.h"

namespace splitline {
namespace {

constexpr int64_t kLargestAsn = 0xffffffff;

class ConfigReader {
  public:
    ConfigReader(const std::string& path, Diagnostics& diagnostics)
        : folder_(std::filesystem::absolute(path).parent_path()), diagnostics_(diagnostics) {
        config_.path = path;
    }

    Config read(TomlTable root) {
        read_server(root.table("server"));
        read_resolver(root.table("resolver"));
        read_ecs(root.table("ecs"));
        read_xdp(root.table("xdp"));
        read_zones(root.table("zones"));
        read_geo(root.table("geo"));
        read_order(root.table("lines"));
        for (auto& line : root.tables("line")) read_line(line);
        root.report_unknown();
        return std::move(config_);
    }

  private:
    void read_server(TomlTable server);
    void read_listen(TomlTable& server);
    void read_resolver(TomlTable resolver);
    void read_ecs(TomlTable ecs);
    void read_xdp(TomlTable xdp);
    void read_interfaces(TomlTable& xdp);
    void read_zones(TomlTable zones);
    void read_geo(TomlTable geo);
    void read_order(TomlTable lines);
    void read_line(TomlTable& table);

    [[nodiscard]] std::string absolute(const std::string& path) const {
        return (folder_ / path).lexically_normal().string();
    }
    void read_path(TomlTable& table, const std::string& key, std::string& value) {
        table.read(key, value);
        if (!value.empty()) value = absolute(value);
    }
    /// Paths to read from; an absent key leaves none.
    std::vector<std::string> read_paths(TomlTable& table, const std::string& key) {
        std::vector<std::string> paths;
        for (const auto& [text, place] : table.texts(key).value_or(std::vector<TomlTable::Text>{})) {
            if (text.empty()) diagnostics_.error(place, key + ": a path must not be empty");
            paths.push_back(absolute(text));
        }
        return paths;
    }
    static std::vector<std::string> read_words(TomlTable& table, const std::string& key) {
        std::vector<std::string> words;
        for (auto& [text, place] : table.texts(key).value_or(std::vector<TomlTable::Text>{})) words.push_back(text);
        return words;
    }
    std::vector<Prefix> read_prefixes(TomlTable& table, const std::string& key, const std::string& field) {
        std::vector<Prefix> prefixes;
        for (const auto& [text, place] : table.texts(key).value_or(std::vector<TomlTable::Text>{})) {
            const auto prefix = Prefix::parse(text);
            if (prefix)
                prefixes.push_back(*prefix);
            else
                diagnostics_.error(place, field + ": " + prefix.error().message);
        }
        return prefixes;
    }

    std::filesystem::path folder_;
    Diagnostics& diagnostics_;
    Config config_;
};

void ConfigReader::read_server(TomlTable server) {
    read_listen(server);
    read_path(server, "control_socket", config_.control_socket);
    if (config_.control_socket.size() >= sizeof(sockaddr_un::sun_path))
        diagnostics_.error(server.place("control_socket"), "server.control_socket: '" + config_.control_socket +
                                                               "' is longer than a Unix socket's name may be (107)");
    read_path(server, "state_directory", config_.state_directory);
    static const LogLevel kLevels[] = {LogLevel::kError, LogLevel::kWarning, LogLevel::kInfo, LogLevel::kDebug};
    size_t level = 2;
    server.read("log_level", {"error", "warning", "info", "debug"}, level);
    config_.log_level = kLevels[level];
    server.read("version", config_.policy.version);
    server.read("identity", config_.policy.identity);
    for (const auto& [field, text] :
         {std::pair{"version", &config_.policy.version}, std::pair{"identity", &config_.policy.identity}}) {
        if (*text && (*text)->size() > 255)
            diagnostics_.error(server.place(field),
                               std::string("server.") + field + ": at most 255 bytes fit a TXT string");
    }
    server.report_unknown();
}

void ConfigReader::read_listen(TomlTable& server) {
    auto& listen = config_.resolver.listen;
    const auto texts = server.texts("listen");
    if (!texts) {
        listen = {*Endpoint::parse("0.0.0.0"), *Endpoint::parse("[::]:53")};
        return;
    }
    if (texts->empty()) diagnostics_.error(server.place("listen"), "server.listen: name at least one address");
    for (const auto& [text, place] : *texts) {
        const auto endpoint = Endpoint::parse(text);
        if (!endpoint)
            diagnostics_.error(place, "server.listen: " + endpoint.error().message);
        else if (std::find(listen.begin(), listen.end(), *endpoint) != listen.end())
            diagnostics_.error(place, "server.listen: " + endpoint->text() + " is listed twice; remove one");
        else
            listen.push_back(*endpoint);
    }
}

void ConfigReader::read_resolver(TomlTable resolver) {
    auto& settings = config_.resolver;
    uint32_t workers = std::clamp(std::thread::hardware_concurrency(), 1U, 64U);
    resolver.read("udp_workers", 1, 256, workers);
    settings.udp_workers = workers;
    uint32_t connections = settings.tcp.max_connections;
    resolver.read("tcp_max_connections", 1, 1'000'000, connections);
    settings.tcp.max_connections = connections;
    auto idle = static_cast<uint32_t>(settings.tcp.idle_timeout.count() / 1000);
    resolver.read("tcp_idle_seconds", 1, 3600, idle);
    settings.tcp.idle_timeout = std::chrono::seconds(idle);
    resolver.read("tcp_fastopen", settings.tcp.fastopen);
    resolver.read("udp_payload", SL_UDP_PLAIN_MAX, SL_UDP_PAYLOAD_MAX, config_.policy.udp_payload);
    resolver.report_unknown();
}

void ConfigReader::read_ecs(TomlTable ecs) {
    ecs.read("enabled", config_.policy.ecs);
    config_.policy.ecs_trust = read_prefixes(ecs, "trust", "ecs.trust");
    ecs.report_unknown();
}

void ConfigReader::read_xdp(TomlTable xdp) {
    auto& settings = config_.fast_path;
    xdp.read("enabled", config_.xdp_enabled);
    read_interfaces(xdp);
    xdp.read("mode", {"auto", "native", "generic"}, settings.mode);
    xdp.read("attach", {"link", "libxdp"}, settings.attach);
    xdp.read("af_xdp", {"off", "copy", "zero-copy"}, settings.af_xdp);
    read_path(xdp, "pin_directory", settings.pin_directory);
    xdp.read("max_names", 1, 64'000'000, settings.max_names);
    xdp.read("arena_mib", 1, 65'536, settings.arena_mib);
    xdp.read("max_zones", 1, 1'000'000, settings.max_zones);
    xdp.read("stale_after_seconds", 0, 86'400, settings.stale_after_seconds);
    xdp.read("udp4_checksum", {"full", "zero"}, settings.udp4_zero_checksum);
    xdp.report_unknown();
}

void ConfigReader::read_interfaces(TomlTable& xdp) {
    auto& interfaces = config_.fast_path.interfaces;
    const auto texts = xdp.texts("interfaces");
    for (const auto& [text, place] : texts.value_or(std::vector<TomlTable::Text>{})) {
        if (text.empty() || text.size() > 15)
            diagnostics_.error(place, "xdp.interfaces: '" + text + "' is no interface name (1 to 15 characters)");
        else if (std::find(interfaces.begin(), interfaces.end(), text) != interfaces.end())
            diagnostics_.error(place, "xdp.interfaces: '" + text + "' is listed twice; remove one");
        else
            interfaces.push_back(text);
    }
    if (config_.xdp_enabled && (!texts || texts->empty()))
        diagnostics_.error(xdp.place("interfaces"),
                           "xdp.interfaces: name at least one interface, or set xdp.enabled = false");
}

void ConfigReader::read_zones(TomlTable zones) {
    const auto files = zones.texts("files").value_or(std::vector<TomlTable::Text>{});
    for (const auto& [text, place] : files) {
        if (text.empty()) diagnostics_.error(place, "zones.files: a path must not be empty");
        config_.zones.patterns.push_back({absolute(text), place});
    }
    std::string directory;
    read_path(zones, "directory", directory);
    if (!directory.empty()) config_.zones.patterns.push_back({directory + "/*.zone", zones.place("directory")});
    zones.report_unknown();
}

void ConfigReader::read_geo(TomlTable geo) {
    auto& databases = config_.lines.databases;
    databases.country_csv = read_paths(geo, "country_csv");
    databases.country_mmdb = read_paths(geo, "country_mmdb");
    databases.asn_mmdb = read_paths(geo, "asn_mmdb");
    geo.report_unknown();
}

void ConfigReader::read_order(TomlTable lines) {
    config_.lines.order_place = lines.place("order");
    if (const auto order = lines.texts("order")) {
        config_.lines.order.clear();
        for (const auto& [text, place] : *order) config_.lines.order.push_back(text);
        if (order->empty())
            diagnostics_.error(lines.place("order"),
                               "lines.order: name a preset (alibaba, dnspod, huawei) or list line names");
    }
    lines.report_unknown();
}

void ConfigReader::read_line(TomlTable& table) {
    Line line;
    line.place = table.place();
    table.read("name", line.name);
    if (line.name.empty()) diagnostics_.error(table.place("name"), "line: a [[line]] needs a name");
    std::string group;
    table.read("group", group);
    if (!group.empty()) {
        if (const auto known = line_group_from_name(group)) {
            line.group = *known;
        } else {
            std::vector<std::string> names;
            for (auto i = 0U; i <= static_cast<unsigned>(LineGroup::kDefault); ++i)
                names.emplace_back(line_group_name(static_cast<LineGroup>(i)));
            std::string message = "line.group: '" + group + "' is no group" + did_you_mean(group, names) + " known:";
            for (const auto& name : names) message += " " + name;
            diagnostics_.error(table.place("group"), message);
        }
    }
    line.sources.countries = read_words(table, "countries");
    line.sources.subdivisions = read_words(table, "subdivisions");
    table.read("asns", 1, kLargestAsn, line.sources.asns);
    line.sources.lists = read_paths(table, "lists");
    line.sources.prefixes = read_prefixes(table, "prefixes", "line.prefixes");
    table.report_unknown();
    config_.lines.lines.push_back(std::move(line));
}

/// In file order, whatever order the tables were read in.
Diagnostics by_line(const Diagnostics& diagnostics) {
    auto all = diagnostics.all();
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.place.line < b.place.line; });
    Diagnostics sorted;
    for (auto& finding : all) {
        if (finding.severity == Diagnostic::Severity::kError)
            sorted.error(finding.place, finding.message);
        else
            sorted.warning(finding.place, finding.message);
    }
    return sorted;
}

}  // namespace

Config read_config_text(std::string_view text, const std::string& path, Diagnostics& diagnostics) {
    Diagnostics found;
    ConfigReader reader(path, found);
    Config config;
    config.path = path;
    if (auto root = TomlTable::parse(text, path, found)) config = reader.read(*root);
    diagnostics.append(by_line(found));
    return config;
}

Config read_config_file(const std::string& path, Diagnostics& diagnostics) {
    std::ifstream file(path);
    std::stringstream text;
    // Opening a folder succeeds; only reading it fails.
    if (file.is_open()) text << file.rdbuf();
    if (!file.is_open() || file.bad() || std::filesystem::is_directory(path)) {
        diagnostics.error({path, 0}, std::string("cannot read the configuration: ") +
                                         std::strerror(std::filesystem::is_directory(path) ? EISDIR : errno));
        Config config;
        config.path = path;
        return config;
    }
    return read_config_text(text.str(), path, diagnostics);
}

std::vector<std::string> restart_only_changes(const Config& running, const Config& wanted) {
    const auto& a = running;
    const auto& b = wanted;
    std::vector<std::string> changes;
    const auto add = [&](bool differs, const char* field) {
        if (differs) changes.emplace_back(field);
    };
    add(a.resolver.listen != b.resolver.listen, "server.listen");
    add(a.control_socket != b.control_socket, "server.control_socket");
    add(a.state_directory != b.state_directory, "server.state_directory");
    add(a.resolver.udp_workers != b.resolver.udp_workers, "resolver.udp_workers");
    add(a.resolver.tcp.max_connections != b.resolver.tcp.max_connections, "resolver.tcp_max_connections");
    add(a.resolver.tcp.idle_timeout != b.resolver.tcp.idle_timeout, "resolver.tcp_idle_seconds");
    add(a.resolver.tcp.fastopen != b.resolver.tcp.fastopen, "resolver.tcp_fastopen");
    // The program is loaded with these as constants, and both paths must say the same.
    add(a.policy.udp_payload != b.policy.udp_payload, "resolver.udp_payload");
    add(a.policy.ecs != b.policy.ecs, "ecs.enabled");
    add(a.policy.ecs_trust != b.policy.ecs_trust, "ecs.trust");
    add(a.xdp_enabled != b.xdp_enabled, "xdp.enabled");
    const auto &x = a.fast_path, &y = b.fast_path;
    add(x.interfaces != y.interfaces, "xdp.interfaces");
    add(x.mode != y.mode, "xdp.mode");
    add(x.attach != y.attach, "xdp.attach");
    add(x.af_xdp != y.af_xdp, "xdp.af_xdp");
    add(x.pin_directory != y.pin_directory, "xdp.pin_directory");
    add(x.max_names != y.max_names, "xdp.max_names");
    add(x.arena_mib != y.arena_mib, "xdp.arena_mib");
    add(x.max_zones != y.max_zones, "xdp.max_zones");
    add(x.stale_after_seconds != y.stale_after_seconds, "xdp.stale_after_seconds");
    add(x.udp4_zero_checksum != y.udp4_zero_checksum, "xdp.udp4_checksum");
    return changes;
}

}  // namespace splitline
