// SPDX-License-Identifier: GPL-3.0-or-later
// The two programs as operators run them: exit codes, what goes to which stream, JSON, and a daemon's whole life.
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <nlohmann/json.hpp>

#include "resolver/socket.h"
#include "support/packet_dns.h"
#include "support/programs.h"
#include "support/serving_fixture.h"

namespace splitline {
namespace {

using namespace testing_support;
using Json = nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;

/// A loopback port that is free for UDP and TCP now.
Endpoint free_endpoint() {
    for (;;) {
        const auto udp = open_udp_socket({address("127.0.0.1"), 0});
        if (!udp) throw std::runtime_error(udp.error().text());
        const auto endpoint = bound_endpoint(udp->get());
        if (open_tcp_socket(endpoint, false)) return endpoint;
    }
}

class Programs : public testing::Test {
  protected:
    void SetUp() override {
        if (access(program("splitlined").c_str(), X_OK) != 0 || access(program("splitline").c_str(), X_OK) != 0)
            GTEST_SKIP() << "the programs are not built";
        endpoint_ = free_endpoint();
        configure();
        folder_.write("zones/conf.example.zone", simple_zone("conf.example.", 1, "192.0.2.1"));
    }
    void configure(const std::string& more = "") {
        folder_.write("splitline.toml",
                      "[server]\nlisten = \"" + endpoint_.text() +
                          "\"\ncontrol_socket = \"sock\"\nstate_directory = \"state\"\n[xdp]\nenabled = "
                          "false\n[zones]\ndirectory = \"zones\"\n" +
                          more);
    }
    /// splitline with the daemon's socket.
    [[nodiscard]] Finished control(std::vector<std::string> words) const {
        words.insert(words.begin(), {program("splitline"), "--socket", folder_.path("sock")});
        return run(words);
    }
    [[nodiscard]] Json json(std::vector<std::string> words) const {
        words.insert(words.begin(), "--json");
        const auto done = control(words);
        EXPECT_EQ(done.code, 0) << done.err;
        return Json::parse(done.out);
    }
    [[nodiscard]] std::string ask(const std::string& name) const {
        const auto response = read_response(UdpClient(endpoint_).ask(DnsQuery(name, kA).bytes()));
        return response.answer.empty() ? "rcode " + std::to_string(response.rcode) : response.answer[0];
    }

    TempFolder folder_;
    Endpoint endpoint_;
};

struct UsageCase {
    std::vector<std::string> words;
    int code;
    const char* err;
};

TEST_F(Programs, ExitCodesWithoutADaemon) {
    const std::string nowhere = folder_.path("nothing");
    const auto zone = folder_.path("zones/conf.example.zone");
    const auto config = folder_.path("splitline.toml");
    const auto broken = folder_.write("broken.example.zone", simple_zone("broken.example.", 1, "x"));
    const UsageCase cases[] = {
        {{}, 2, "name a verb"},
        {{"statsu"}, 2, "'statsu' is no verb; did you mean 'stats'?"},
        {{"zone"}, 2, "'zone' alone is no verb"},
        {{"zone", "laod", "x"}, 2, "did you mean 'zone load'?"},
        {{"zone", "load"}, 2, "use: splitline zone load FILE"},
        {{"status", "now"}, 2, "use: splitline status"},
        {{"status", "--from", "1.2.3.4"}, 2, "--from does not go with status"},
        {{"explain", "a.example"}, 2, "explain needs --from"},
        {{"--frobnicate"}, 2, "frobnicate"},
        {{"--socket"}, 2, "socket"},
        {{"record", "del", "example.com", "www", "A", ""}, 2, "an empty argument"},
        {{"record", "del", "example.com", "www", " "}, 2, "an empty argument"},
        {{"record", "del", "--line=", "example.com", "www"}, 2, "line"},
        {{"record", "del", "--line", "", "example.com", "www"}, 2, "line"},
        {{"status"}, 3, "cannot reach the daemon: No such file or directory; is splitlined running?"},
        {{"zone", "load", zone}, 3, "cannot reach the daemon"},
        {{"zone", "load", nowhere}, 1, "cannot read"},
        {{"zone", "load", folder_.path()}, 1, "cannot read"},
        {{"zone", "check", zone, "--config", config}, 0, ""},
        {{"zone", "check", broken, "--config", config}, 1, "broken.example.zone:8: error: "},
        {{"zone", "check", zone, broken, "--config", config}, 1, "broken.example.zone:8: error: "},
        {{"zone", "check", nowhere, "--config", config}, 1, "nothing"},
        {{"zone", "check", zone, "--config", nowhere}, 1, "cannot read the configuration"},
        {{"check", "--config", config}, 0, ""},
        {{"check", "--config", nowhere}, 1, "cannot read the configuration"},
        {{"--help"}, 0, ""},
        {{"--version"}, 0, ""},
    };
    for (auto [words, code, err] : cases) {
        const auto what = testing::PrintToString(words);
        words.insert(words.begin(), {program("splitline"), "--socket=" + nowhere});
        if (words.back() == "--socket") words[1] = "--json";
        const auto done = run(words);
        EXPECT_EQ(done.code, code) << what << done.err;
        EXPECT_THAT(done.err, HasSubstr(err)) << what;
        EXPECT_EQ(done.err.empty(), code == 0) << what << done.err;
    }
}

TEST_F(Programs, TheDaemonsOwnOptions) {
    const auto daemon = program("splitlined");
    EXPECT_THAT(run({daemon, "--version"}).out, MatchesRegex("splitlined [0-9.]+\n"));
    EXPECT_THAT(run({daemon, "--help"}).out, HasSubstr("--check"));
    EXPECT_EQ(run({daemon, "--nonsense"}).code, 2);
    EXPECT_EQ(run({daemon, "word"}).code, 2);
    const auto config = folder_.path("splitline.toml");
    EXPECT_EQ(run({daemon, "--check", "--config", config}).code, 0);
    folder_.write("zones/bad.example.zone", simple_zone("bad.example.", 1, "x"));
    folder_.write("zones/worse.example.zone", simple_zone("worse.example.", 1, "y"));
    const auto refused = run({daemon, "--check", "--config", config});
    EXPECT_EQ(refused.code, 1);
    EXPECT_THAT(refused.err, AllOf(HasSubstr("bad.example.zone:8: error"), HasSubstr("worse.example.zone:8: error")));
    EXPECT_EQ(refused.out, config + ": refused\n");
    configure("[oops]\n");
    EXPECT_THAT(run({daemon, "--config", config}).err, HasSubstr("oops: unknown table"));
    EXPECT_EQ(run({daemon, "--config", config}).code, 1);
}

TEST_F(Programs, CheckWithoutAConfigurationKnowsTheBuiltInLines) {
    // The default configuration is that of this host, if it has one; any other must exist.
    if (access(kDefaultConfigPath, R_OK) == 0) GTEST_SKIP() << "this host has a configuration";
    const auto file = folder_.write(
        "z.example.zone", simple_zone("z.example.", 1, "192.0.2.1", "$LINE cn_telecom_beijing\nwww A 192.0.2.2\n"));
    const auto done = run({program("splitline"), "--json", "zone", "check", file});
    EXPECT_EQ(done.code, 0) << done.err;
    const auto check = Json::parse(done.out);
    EXPECT_EQ(check.at("lines"), "built-in");
    EXPECT_EQ(check.at("files")[0].at("zone"), "z.example.");
    EXPECT_EQ(check.at("files")[0].at("ok"), true);
}

TEST_F(Programs, ADaemonsDay) {
    DaemonProcess daemon(folder_);
    daemon.wait_until_ready();
    struct stat info {};
    ASSERT_EQ(stat(folder_.path("sock").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0660U);

    EXPECT_EQ(json({"status"}).at("zones"), 1);
    EXPECT_EQ(ask("www.conf.example"), "www.conf.example. 60 IN A 192.0.2.1");
    // The file goes along, so that the daemon need not see it.
    const auto file =
        folder_.write("new.zone", simple_zone("new.example.", 3, "192.0.2.2", "u TXT \"\\228\" ; \xe4\xb8\xad\n"));
    const auto loaded = control({"zone", "load", file});
    EXPECT_EQ(loaded.code, 0) << loaded.err;
    EXPECT_EQ(loaded.out, "loaded new.example.: serial 3, 7 records, generation 2\n");
    EXPECT_EQ(ask("www.new.example"), "www.new.example. 60 IN A 192.0.2.2");
    EXPECT_THAT(control({"zone", "show", "new.example"}).out, HasSubstr("\\228"));
    EXPECT_THAT(control({"zone", "list"}).out,
                AllOf(HasSubstr("conf.example."), HasSubstr("configuration"), HasSubstr("command")));

    // Refused: nothing on stdout, where and why on stderr, the old zone stays.
    folder_.write("new.zone", simple_zone("new.example.", 4, "192.0.2.300"));
    const auto refused = control({"zone", "load", file});
    EXPECT_EQ(refused.code, 1);
    EXPECT_EQ(refused.out, "");
    EXPECT_THAT(refused.err, AllOf(HasSubstr(file + ":8: error: "), HasSubstr("nothing was changed")));
    const auto refused_json = control({"--json", "zone", "load", file});
    EXPECT_EQ(refused_json.code, 1);
    EXPECT_EQ(Json::parse(refused_json.out).at("findings")[0].at("line"), 8);
    EXPECT_EQ(ask("www.new.example"), "www.new.example. 60 IN A 192.0.2.2");
    EXPECT_EQ(control({"zone", "drop", "conf.example"}).code, 1);

    EXPECT_THAT(control({"explain", "www.new.example", "--from", "1.2.3.4"}).out, HasSubstr("192.0.2.2"));
    EXPECT_EQ(control({"explain", "www.new.example", "--from", "1.2.3"}).code, 1);
    EXPECT_EQ(json({"explain", "www.new.example", "AAAA", "--from", "2001:db8::/32"}).at("rcode"), "NOERROR");
    EXPECT_EQ(json({"line", "which", "1.2.3.4"}).at("winner"), "default");
    EXPECT_THAT(control({"line", "list"}).out, HasSubstr("default"));
    EXPECT_EQ(json({"xdp", "status"}).at("enabled"), false);
    EXPECT_EQ(control({"xdp", "attach"}).code, 1);
    EXPECT_GE(json({"stats"}).at("udp_queries"), 3);
    EXPECT_THAT(control({"stats"}).out, HasSubstr("NOERROR"));

    const auto stopped = control({"stop"});
    EXPECT_EQ(stopped.code, 0) << stopped.err;
    EXPECT_EQ(stopped.out, "stopped\n");
    EXPECT_EQ(daemon.wait(), 0) << folder_.read("log");
    EXPECT_NE(access(folder_.path("sock").c_str(), F_OK), 0) << "the socket is gone";

    // Started again it serves what was loaded.
    DaemonProcess again(folder_);
    again.wait_until_ready();
    EXPECT_EQ(ask("www.new.example"), "www.new.example. 60 IN A 192.0.2.2");
    EXPECT_EQ(control({"zone", "drop", "new.example"}).out,
              "dropped new.example.: serial 3, 7 records, generation 2\n");
    EXPECT_EQ(again.end(SIGTERM), 0) << folder_.read("log");
}

TEST_F(Programs, ReloadByCommandAndBySignal) {
    DaemonProcess daemon(folder_);
    daemon.wait_until_ready();
    folder_.write("zones/conf.example.zone", simple_zone("conf.example.", 2, "192.0.2.2"));
    EXPECT_EQ(control({"reload"}).out, "reloaded: generation 2, 1 zone\n");
    EXPECT_EQ(ask("www.conf.example"), "www.conf.example. 60 IN A 192.0.2.2");
    folder_.write("zones/conf.example.zone", simple_zone("conf.example.", 3, "broken"));
    const auto refused = control({"reload"});
    EXPECT_EQ(refused.code, 1);
    EXPECT_THAT(refused.err, HasSubstr("conf.example.zone:8: error"));
    EXPECT_EQ(ask("www.conf.example"), "www.conf.example. 60 IN A 192.0.2.2");

    daemon.send(SIGHUP);
    while (folder_.read("log").find("reload: some zones have errors") == std::string::npos) usleep(10'000);
    folder_.write("zones/conf.example.zone", simple_zone("conf.example.", 4, "192.0.2.4"));
    daemon.send(SIGHUP);
    while (ask("www.conf.example") != "www.conf.example. 60 IN A 192.0.2.4") usleep(10'000);

    configure("[resolver]\nudp_workers = 7\n");
    EXPECT_THAT(control({"reload"}).out, HasSubstr("needs a restart to take effect: resolver.udp_workers"));
    EXPECT_EQ(daemon.end(SIGINT), 0) << folder_.read("log");
}

TEST_F(Programs, TwoDaemonsNeverShareASocketOrAStore) {
    DaemonProcess daemon(folder_);
    daemon.wait_until_ready();
    const auto same = run({program("splitlined"), "--config", folder_.path("splitline.toml")});
    EXPECT_EQ(same.code, 1);
    EXPECT_THAT(same.err, HasSubstr("another splitlined answers here"));
    folder_.write("other.toml",
                  "[server]\nlisten = \"" + free_endpoint().text() +
                      "\"\ncontrol_socket = \"other.sock\"\nstate_directory = \"state\"\n[xdp]\nenabled = false\n");
    const auto other = run({program("splitlined"), "--config", folder_.path("other.toml")});
    EXPECT_EQ(other.code, 1);
    EXPECT_THAT(other.err, HasSubstr("in use by another splitlined"));
    EXPECT_EQ(control({"status"}).code, 0) << "the first one is untouched";
    // A port that is taken is named.
    folder_.write("third.toml",
                  "[server]\nlisten = \"" + endpoint_.text() +
                      "\"\ncontrol_socket = \"third.sock\"\nstate_directory = \"third\"\n[xdp]\nenabled = false\n");
    const auto third = run({program("splitlined"), "--config", folder_.path("third.toml")});
    EXPECT_EQ(third.code, 1);
    EXPECT_THAT(third.err, HasSubstr(endpoint_.text()));
}

TEST_F(Programs, AKilledDaemonsSocketIsTakenOver) {
    {
        DaemonProcess daemon(folder_);
        daemon.wait_until_ready();
        EXPECT_EQ(daemon.end(SIGKILL), 128 + SIGKILL);
    }
    EXPECT_EQ(access(folder_.path("sock").c_str(), F_OK), 0) << "it had no time to remove it";
    EXPECT_EQ(control({"status"}).code, 3);
    DaemonProcess daemon(folder_);
    daemon.wait_until_ready();
    EXPECT_EQ(daemon.end(SIGTERM), 0);
}

/// A raw connection to the control socket.
class RawControl {
  public:
    explicit RawControl(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un to{};
        to.sun_family = AF_UNIX;
        std::memcpy(to.sun_path, path.c_str(), path.size());
        need(connect(fd_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0, "connect");
    }
    void send(const std::string& text) const { (void)::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL); }
    void finish() const { shutdown(fd_.get(), SHUT_WR); }
    [[nodiscard]] std::string line() const {
        std::string text;
        for (char c = 0; recv(fd_.get(), &c, 1, 0) == 1 && c != '\n';) text += c;
        return text;
    }

  private:
    Fd fd_;
};

TEST_F(Programs, TheSocketSurvivesItsClients) {
    DaemonProcess daemon(folder_);
    daemon.wait_until_ready();
    const auto path = folder_.path("sock");
    {
        // Garbage, then a request, then two at once: each line its answer, in order.
        const RawControl raw(path);
        raw.send("\xff\xfe{{{\n");
        EXPECT_EQ(Json::parse(raw.line()).at("ok"), false);
        raw.send("{\"command\":\"status\"}\n");
        EXPECT_EQ(Json::parse(raw.line()).at("ok"), true);
        raw.send("{\"command\":\"zone list\"}\n{\"command\":\"xdp status\"}\n");
        EXPECT_TRUE(Json::parse(raw.line()).at("result").contains("zones"));
        EXPECT_TRUE(Json::parse(raw.line()).at("result").contains("enabled"));
        // A request in pieces.
        raw.send("{\"command\":");
        usleep(10'000);
        raw.send("\"stats\"}\n");
        EXPECT_EQ(Json::parse(raw.line()).at("ok"), true);
        // Half a line at the end is no request.
        raw.send("{\"command\":\"stop\"}");
        raw.finish();
        EXPECT_EQ(raw.line(), "");
    }
    {
        // Clients that hang up before their answer.
        for (int i = 0; i < 50; ++i) RawControl(path).send("{\"command\":\"status\"}\n");
    }
    {
        // More clients than it takes: each gets an answer all the same.
        std::vector<std::unique_ptr<RawControl>> many;
        for (int i = 0; i < 70; ++i) many.push_back(std::make_unique<RawControl>(path));
        unsigned refused = 0;
        for (const auto& raw : many) {
            raw->send("{\"command\":\"status\"}\n");
            refused += Json::parse(raw->line()).at("ok") == false ? 1 : 0;
        }
        EXPECT_GT(refused, 0U);
        EXPECT_LT(refused, 70U);
    }
    EXPECT_EQ(control({"status"}).code, 0);
    EXPECT_EQ(ask("www.conf.example"), "www.conf.example. 60 IN A 192.0.2.1");
    EXPECT_EQ(daemon.end(SIGTERM), 0) << folder_.read("log");
}

TEST_F(Programs, AServiceManagerHearsOfEveryStep) {
    const auto notify = folder_.path("notify");
    const Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un own{};
    own.sun_family = AF_UNIX;
    std::memcpy(own.sun_path, notify.c_str(), notify.size());
    need(bind(fd.get(), reinterpret_cast<sockaddr*>(&own), sizeof own) == 0, "bind");
    const auto next = [&] {
        char text[256];
        const ssize_t size = recv(fd.get(), text, sizeof text, 0);
        return std::string(text, size > 0 ? static_cast<size_t>(size) : 0);
    };
    setenv("NOTIFY_SOCKET", notify.c_str(), 1);
    DaemonProcess daemon(folder_);
    unsetenv("NOTIFY_SOCKET");
    EXPECT_EQ(next(), "READY=1");
    EXPECT_EQ(control({"reload"}).code, 0);
    EXPECT_THAT(next(), MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
    EXPECT_EQ(next(), "READY=1");
    EXPECT_EQ(daemon.end(SIGTERM), 0);
    EXPECT_EQ(next(), "STOPPING=1");
}

TEST_F(Programs, WhatIsShippedPassesItsOwnCheck) {
    const std::string share = std::string(SPLITLINE_TEST_DATA) + "/../../userspace/share";
    auto config = TempFolder();
    std::filesystem::copy(share, config.path("share"), std::filesystem::copy_options::recursive);
    const auto checked =
        run({program("splitline"), "--json", "check", "--config", config.path("share/splitline.toml")});
    if (access("/usr/share/tor/geoip", R_OK) != 0) GTEST_SKIP() << "needs the package tor-geoipdb";
    EXPECT_EQ(checked.code, 0) << checked.err;
    EXPECT_EQ(checked.err, "") << "not even a warning";
    EXPECT_EQ(Json::parse(checked.out).at("zones"), 1);
}

}  // namespace
}  // namespace splitline
