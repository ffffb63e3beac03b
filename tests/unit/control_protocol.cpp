// SPDX-License-Identifier: GPL-3.0-or-later
// The control protocol: whatever a client sends gets one well-formed response line, and every result has its shape.
#include "control/protocol.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <random>

#include "control/api_json.h"
#include "control/commands.h"
#include "support/memory_file.h"
#include "support/serving_fixture.h"

namespace splitline {
namespace {

using namespace testing_support;
using Json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using testing::UnorderedElementsAre;

struct RequestCase {
    const char* name;
    std::string line;
    const char* error;
};

const RequestCase kRequests[] = {
    {"nothing", "", "not JSON"},
    {"no_json", "status", "not JSON"},
    {"half", R"({"command":"status")", "not JSON"},
    {"two", R"({"command":"status"}{})", "not JSON"},
    {"no_utf8", "{\"command\":\"\xff\"}", "not JSON"},
    {"zero", std::string("\0", 1), "not JSON"},
    {"array", R"(["status"])", "not a JSON object"},
    {"no_command", "{}", "command: missing"},
    {"empty_command", R"({"command":""})", "command: missing"},
    {"command_type", R"({"command":1})", "command: must be a string"},
    {"args_type", R"({"command":"status","args":[]})", "args: must be an object"},
    {"arg_type", R"({"command":"stop","args":{"keep_xdp":true}})", "args.keep_xdp: must be a string"},
    {"key", R"({"command":"status","verbose":true})", "'verbose' is no key of a request"},
    {"command_unknown", R"({"command":"statsu"})", "'statsu' is no command; did you mean 'stats'?"},
    {"arg_unknown", R"({"command":"status","args":{"x":"y"}})", "args.x: status has no such argument"},
    {"arg_missing", R"({"command":"zone show"})", "args.zone: missing; zone show needs it"},
    {"arg_value", R"({"command":"stop","args":{"keep_xdp":"maybe"}})", "args.keep_xdp: must be yes or no"},
    {"zone_name", R"({"command":"zone show","args":{"zone":"a..b"}})", "a..b"},
    {"zone_unknown", R"({"command":"zone show","args":{"zone":"x.example"}})", "zone x.example is not served"},
    {"address", R"({"command":"line which","args":{"address":"1.2.3"}})", "address: '1.2.3' is not"},
    {"contents", R"({"command":"zone load","args":{"file":"/x","contents":"text"}})", "args.contents: must be passed"},
    {"no_contents", R"({"command":"zone load","args":{"file":"/x","contents":"passed"}})", "no file came"},
    {"explain_name", R"({"command":"explain","args":{"name":"..","from":"1.2.3.4"}})", "name: "},
    {"explain_type", R"({"command":"explain","args":{"name":"a","type":"NOPE","from":"1.2.3.4"}})", "type: "},
    {"explain_from", R"({"command":"explain","args":{"name":"a","from":"1.2.3.4/8"}})", "from: '1.2.3.4/8' has bits"},
    {"xdp_off", R"({"command":"xdp attach"})", "xdp.enabled is false"},
};

class Protocol : public ServingTest {
  protected:
    void SetUp() override {
        configure("[[line]]\nname = \"internal\"\nprefixes = [\"192.0.2.0/25\"]\n");
        folder_.write("zones/a.example.zone",
                      simple_zone("a.example.", 1, "192.0.2.1", "$LINE internal\nwww A 192.0.2.2\n"));
        serving_ = start();
        commands_ = std::make_unique<Commands>(*serving_, [this](bool keep) {
            stopped_.push_back(keep);
            return stop_result_;
        });
    }
    Json answer(const std::string& line) { return Json::parse(commands_->answer(line, passed_)); }
    /// The result of a command that must succeed.
    Json result(const std::string& command, const std::map<std::string, std::string>& args = {}) {
        const auto response = answer(encode(ControlRequest{command, args}));
        EXPECT_TRUE(response.at("ok").get<bool>()) << response;
        return response.value("result", Json());
    }
    static std::vector<std::string> keys(const Json& object) {
        std::vector<std::string> names;
        for (const auto& [key, value] : object.items()) names.push_back(key);
        return names;
    }

    std::unique_ptr<Serving> serving_;
    std::unique_ptr<Commands> commands_;
    std::vector<bool> stopped_;
    Fd passed_;
    Result<void> stop_result_;
};

TEST_F(Protocol, RefusesWhatItDoesNotUnderstandByName) {
    for (const auto& [name, line, error] : kRequests) {
        const auto response = answer(line);
        EXPECT_THAT(keys(response), UnorderedElementsAre("ok", "error", "findings")) << name;
        EXPECT_EQ(response.at("ok"), false) << name;
        EXPECT_THAT(response.at("error").get<std::string>(), HasSubstr(error)) << name;
    }
    EXPECT_THAT(stopped_, ElementsAre());
}

TEST_F(Protocol, SurvivesDeepAndRandomInput) {
    for (const char* open : {"[", "{\"args\":", "{\"command\":[{\"a\":"}) {
        std::string deep;
        for (int i = 0; i < 200'000; ++i) deep += open;
        EXPECT_EQ(answer(deep).at("ok"), false);
    }
    std::mt19937 random(20261121);
    const std::string good = encode(ControlRequest{"explain", {{"name", "www.a.example"}, {"from", "192.0.2.1"}}});
    for (int i = 0; i < 5'000; ++i) {
        auto line = good;
        for (auto changes = random() % 4; changes > 0; --changes) {
            const auto at = random() % line.size();
            if (random() % 3 == 0)
                line.erase(at, 1 + random() % 3);
            else
                line[at] = static_cast<char>(random());
            if (line.empty()) break;
        }
        ASSERT_TRUE(answer(line).at("ok").is_boolean());
    }
}

TEST_F(Protocol, StatusHasItsShape) {
    const auto status = result("status");
    EXPECT_EQ(status.at("version"), SPLITLINE_VERSION);
    EXPECT_EQ(status.at("pid"), getpid());
    EXPECT_GE(status.at("uptime_seconds"), 0);
    EXPECT_EQ(status.at("generation"), 1);
    EXPECT_EQ(status.at("zones"), 1);
    EXPECT_EQ(status.at("records"), 7);
    EXPECT_EQ(status.at("lines_in_use"), 1);
    EXPECT_EQ(status.at("classes"), 2);
    EXPECT_EQ(status.at("prefixes"), 1);
    EXPECT_EQ(status.at("line_order"), Json({"alibaba"}));
    EXPECT_THAT(status.at("listen").at(0).get<std::string>(), StartsWith("127.0.0.1:"));
    EXPECT_EQ(status.at("problems"), Json::array());
    EXPECT_EQ(status.at("xdp").at("enabled"), false);
    // Every field of the struct is there, and the decoder takes the text back unchanged.
    const auto report = from_json_text<StatusReport>(status.dump());
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_EQ(Json::parse(to_json_text(*report)), status);
    EXPECT_FALSE(from_json_text<StatusReport>("{}"));
    EXPECT_FALSE(from_json_text<StatusReport>("[]"));
    EXPECT_FALSE(from_json_text<StatusReport>("{"));
}

TEST_F(Protocol, StatsCountWhatWasAsked) {
    ask(*serving_, "www.a.example");
    ask(*serving_, "none.a.example");
    ask(*serving_, "www.elsewhere.example");
    const auto stats = result("stats");
    EXPECT_EQ(stats.at("paths"), Json::parse(R"([{"path":"resolver","answered":3}])"));
    EXPECT_EQ(stats.at("rcodes"), Json::parse(R"([{"path":"resolver","rcode":"NOERROR","count":1},
        {"path":"resolver","rcode":"NXDOMAIN","count":1},{"path":"resolver","rcode":"REFUSED","count":1}])"));
    EXPECT_EQ(stats.at("lines"), Json::parse(R"([{"path":"resolver","line":"default","count":2}])"));
    EXPECT_EQ(stats.at("reasons"), Json::array()) << "there is no XDP program";
    EXPECT_EQ(stats.at("udp_queries"), 3);
    EXPECT_EQ(stats.at("tcp_queries"), 0);
}

TEST_F(Protocol, ZonesComeAndGo) {
    passed_ = memory_file(simple_zone("b.example.", 4, "192.0.2.3"));
    const auto loaded = result("zone load", {{"file", "/x/b.zone"}, {"contents", "passed"}});
    EXPECT_LT(passed_.get(), 0) << "not taken";
    EXPECT_EQ(loaded, Json::parse(R"({"zone":"b.example.","action":"loaded","serial":4,"records":6,"generation":2})"));
    const auto zones = result("zone list").at("zones");
    ASSERT_EQ(zones.size(), 2U);
    EXPECT_EQ(zones[0].at("lines"), Json({"default", "internal"}));
    EXPECT_EQ(zones[0].at("origin"), "configuration");
    EXPECT_EQ(zones[1].at("zone"), "b.example.");
    EXPECT_EQ(zones[1].at("origin"), "command");
    EXPECT_EQ(zones[1].at("file"), "/x/b.zone");
    const auto shown = result("zone show", {{"zone", "a.example"}});
    EXPECT_EQ(shown.at("zone"), "a.example.");
    EXPECT_THAT(shown.at("text").get<std::string>(), HasSubstr("$LINE internal"));
    EXPECT_EQ(result("zone drop", {{"zone", "b.example"}}).at("action"), "dropped");
    EXPECT_EQ(result("reload"), Json::parse(R"({"generation":4,"zones":1,"restart_needed":["server.listen"]})"));
}

TEST_F(Protocol, AFileThatCameIsForTheRequestAboutIt) {
    folder_.write("b.zone", simple_zone("b.example.", 4, "192.0.2.3"));
    passed_ = memory_file(simple_zone("c.example.", 5, "192.0.2.3"));
    result("status");
    EXPECT_EQ(result("zone load", {{"file", folder_.path("b.zone")}}).at("zone"), "b.example.");
    ASSERT_GE(passed_.get(), 0) << "taken by a request that says nothing of it";
    EXPECT_EQ(result("zone load", {{"file", folder_.path("b.zone")}, {"contents", "passed"}}).at("zone"), "c.example.");
    passed_ = Fd(open(folder_.path().c_str(), O_RDONLY | O_CLOEXEC));
    const auto response = answer(encode(ControlRequest{"zone load", {{"file", "/x"}, {"contents", "passed"}}}));
    EXPECT_THAT(response.dump(), HasSubstr("not a regular file"));
}

TEST_F(Protocol, FindingsSayWhere) {
    passed_ = memory_file(simple_zone("b.example.", 4, "192.0.2.3", "x A 1\ny A 2\n"));
    const auto response = answer(encode(ControlRequest{"zone load", {{"file", "/x/b.zone"}, {"contents", "passed"}}}));
    EXPECT_EQ(response.at("error"), "the zone has errors; nothing was changed");
    ASSERT_EQ(response.at("findings").size(), 2U) << response;
    EXPECT_EQ(response.at("findings")[1].at("severity"), "error");
    EXPECT_EQ(response.at("findings")[1].at("file"), "/x/b.zone");
    EXPECT_EQ(response.at("findings")[1].at("line"), 10);
}

TEST_F(Protocol, LinesAndExplanations) {
    const auto list = result("line list");
    ASSERT_EQ(list.at("lines").size(), 2U);
    EXPECT_EQ(list.at("lines")[0].at("line"), "internal");
    EXPECT_EQ(list.at("lines")[0].at("ipv4_prefixes"), 1);
    const auto which = result("line which", {{"address", "192.0.2.7"}});
    EXPECT_EQ(which.at("winner"), "internal");
    EXPECT_EQ(which.at("chain"), Json({"internal", "default"}));
    EXPECT_EQ(which.at("lines")[0].at("prefix"), "192.0.2.0/25");
    const auto why = result("explain", {{"name", "WWW.a.example"}, {"from", "192.0.2.0/24"}});
    EXPECT_EQ(why.at("line"), "internal");
    EXPECT_EQ(why.at("type"), "A");
    EXPECT_EQ(why.at("scope"), 25);
    EXPECT_EQ(why.at("answer"), Json({"www.a.example. 60 IN A 192.0.2.2"}));
    EXPECT_EQ(why.at("path"), "resolver");
    EXPECT_EQ(why.at("reason"), "xdp_off");
}

TEST_F(Protocol, StopSaysWhatBecameOfIt) {
    EXPECT_EQ(result("stop"), Json::parse(R"({"keep_xdp":false})"));
    EXPECT_EQ(result("stop", {{"keep_xdp", "yes"}}), Json::parse(R"({"keep_xdp":true})"));
    EXPECT_THAT(stopped_, ElementsAre(false, true));
    stop_result_ = Error{"eth9: cannot detach"};
    EXPECT_EQ(answer(R"({"command":"stop"})").at("error"), "eth9: cannot detach");
}

TEST(ProtocolText, CarriesAnyUtf8AndQuotes) {
    const std::string text = "a\"b\\c\n\t\x01 \xe4\xb8\xad";
    const auto request = decode_request(encode(ControlRequest{"x", {{"text", text}}}));
    ASSERT_TRUE(request);
    EXPECT_EQ(request->args.at("text"), text);
    ControlResponse response;
    response.ok = true;
    response.result = R"({"a":1})";
    response.findings = {{"warning", "m", "f", 3}};
    const auto line = encode(response);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto back = decode_response(line);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->result, response.result);
    EXPECT_EQ(text_of(back->findings.at(0)), "f:3: warning: m");
    // A TXT record may hold any byte; the response stays JSON.
    EXPECT_TRUE(Json::accept(to_json_text(ZoneText{"a.", "\xff\xfe"})));
    for (const char* bad : {"", "{}", R"({"ok":true,"findings":[]})", R"({"ok":1,"findings":[],"result":{}})"})
        EXPECT_FALSE(decode_response(bad)) << bad;
}

}  // namespace
}  // namespace splitline
