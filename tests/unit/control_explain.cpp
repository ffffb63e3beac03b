// SPDX-License-Identifier: GPL-3.0-or-later
// Explanations: which line, why, what answer, which path.
#include "control/explain.h"

#include <gmock/gmock.h>

#include "support/image_builder.h"

namespace splitline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::shared_ptr<const Image> image() {
    return testing_support::ImageBuilder()
        .line("office", {"192.0.2.0/28"})
        .line("telecom", {"192.0.2.0/25", "2001:db8:1::/64"})
        .line("internal", {"192.0.2.0/24", "2001:db8:1::/48"})
        .line("lab", {"192.0.2.0/26"})
        .zone(
            "$ORIGIN example.com.\n$TTL 60\n@ SOA ns1 h 1 2h 1h 2w 300\n@ NS ns1\nns1 A 192.0.2.53\n"
            "www A 192.0.2.1\nplain A 192.0.2.3\n*.wild A 192.0.2.4\ndev NS ns.dev\nns.dev A 192.0.2.5\n"
            "big TXT \"" +
            std::string(250, 'x') + "\" \"" + std::string(250, 'y') +
            "\"\n"
            "big TXT \"" +
            std::string(250, 'z') + "\" \"" + std::string(250, 'w') +
            "\"\n"
            "$LINE internal\nwww CNAME cdn.example.\nonly A 192.0.2.6\n$LINE telecom\nwww A 192.0.2.2\n$LINE "
            "office\ndesk A 192.0.2.7\n")
        .build();
}

Explanation explain_text(const char* name, const char* type, const char* from, bool attached = true,
                         uint16_t udp_payload = 1232) {
    const auto query = parse_explain_query(name, type, from);
    if (!query) throw std::runtime_error(query.error().text());
    return explain(*image(), *query, {attached, false}, udp_payload);
}

struct Case {
    const char* name;
    const char* type;
    const char* from;
    const char* line;
    const char* prefix;
    const char* answer;  // first record, or the RCODE
    unsigned scope;
    const char* path;
    const char* reason;
};

const Case kCases[] = {
    {"www.example.com", "A", "192.0.2.200", "internal", "192.0.2.0/24", "www.example.com. 60 IN CNAME cdn.example.", 25,
     "xdp", "answer"},
    {"www.example.com", "AAAA", "192.0.2.200", "internal", "192.0.2.0/24", "www.example.com. 60 IN CNAME cdn.example.",
     25, "xdp", "answer"},
    {"www.example.com", "A", "192.0.2.0/25", "telecom", "192.0.2.0/25", "www.example.com. 60 IN A 192.0.2.2", 28, "xdp",
     "answer"},
    {"WWW.Example.COM.", "", "2001:db8:1::7", "telecom", "2001:db8:1::/64", "www.example.com. 60 IN A 192.0.2.2", 64,
     "xdp", "answer"},
    {"www.example.com", "TXT", "2001:db8:1::7", "telecom", "2001:db8:1::/64", "NOERROR", 64, "xdp", "nodata"},
    {"plain.example.com", "A", "192.0.2.1", "default", "", "plain.example.com. 60 IN A 192.0.2.3", 0, "xdp", "answer"},
    {"a.wild.example.com", "A", "192.0.2.1", "default", "", "a.wild.example.com. 60 IN A 192.0.2.4", 0, "xdp",
     "answer"},
    {"a.dev.example.com", "A", "192.0.2.1", "default", "", "NOERROR", 0, "resolver", "delegated"},
    {"no.example.com", "A", "192.0.2.1", "default", "", "NXDOMAIN", 0, "xdp", "nxdomain"},
    {"elsewhere.example", "A", "192.0.2.1", "", "", "REFUSED", 0, "xdp", "refused"},
    {"www.example.com", "AXFR", "192.0.2.1", "", "", "REFUSED", 0, "resolver", "qtype"},
    {"desk.example.com", "A", "192.0.2.1", "office", "192.0.2.0/28", "desk.example.com. 60 IN A 192.0.2.7", 28, "xdp",
     "answer"},
};

TEST(Explain, SaysWhatAClientGetsAndWhy) {
    for (const auto& each : kCases) {
        const auto why = explain_text(each.name, each.type, each.from);
        const std::string what = std::string(each.name) + " " + each.type + " from " + each.from;
        EXPECT_EQ(why.line, each.line) << what;
        EXPECT_EQ(why.prefix, each.prefix) << what;
        EXPECT_EQ(why.answer.empty() ? why.rcode : why.answer[0], each.answer) << what;
        EXPECT_EQ(why.scope, each.scope) << what;
        EXPECT_EQ(why.path, each.path) << what;
        EXPECT_EQ(why.reason, each.reason) << what;
        EXPECT_NE(why.reason_text, "") << what;
        EXPECT_EQ(why.source.empty(), why.prefix.empty()) << what;
    }
}

TEST(Explain, ShowsTheWholeResponse) {
    const auto referral = explain_text("a.dev.example.com", "A", "192.0.2.1");
    EXPECT_FALSE(referral.authoritative);
    EXPECT_THAT(referral.authority, ElementsAre("dev.example.com. 60 IN NS ns.dev.example.com."));
    EXPECT_THAT(referral.additional, ElementsAre("ns.dev.example.com. 60 IN A 192.0.2.5"));
    const auto negative = explain_text("no.example.com", "A", "192.0.2.1");
    EXPECT_TRUE(negative.authoritative);
    EXPECT_THAT(negative.authority,
                ElementsAre(HasSubstr("SOA ns1.example.com. h.example.com. 1 7200 3600 1209600 300")));
    EXPECT_EQ(negative.zone, "example.com.");
    EXPECT_THAT(negative.chain, ElementsAre("office", "telecom", "internal", "default"));
}

TEST(Explain, LargeAnswersAreWholeAndTheResolvers) {
    const auto big = explain_text("big.example.com", "TXT", "192.0.2.1", true, 512);
    EXPECT_THAT(big.answer, SizeIs(2)) << "as over TCP: nothing is cut off";
    EXPECT_EQ(big.path, "resolver");
    EXPECT_EQ(big.reason, "size");
    EXPECT_EQ(explain_text("big.example.com", "TXT", "192.0.2.1", true, 1232).path, "xdp");
}

TEST(Explain, WithoutXdpTheResolverAnswers) {
    const auto why = explain_text("plain.example.com", "A", "192.0.2.1", false);
    EXPECT_EQ(why.path, "resolver");
    EXPECT_EQ(why.reason, "xdp_off");
    EXPECT_EQ(explain_text("a.dev.example.com", "A", "192.0.2.1", false).reason, "delegated");
}

TEST(Which, ListsEveryLineWinnerFirst) {
    const auto which = which_lines(*image(), *Address::parse("192.0.2.3"));
    EXPECT_EQ(which.winner, "office");
    EXPECT_THAT(which.chain, ElementsAre("office", "telecom", "internal", "default"));
    ASSERT_EQ(which.lines.size(), 4U);
    const char* expected[][2] = {
        {"office", "192.0.2.0/28"}, {"lab", "192.0.2.0/26"}, {"telecom", "192.0.2.0/25"}, {"internal", "192.0.2.0/24"}};
    for (size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(which.lines[i].line, expected[i][0]);
        EXPECT_EQ(which.lines[i].prefix, expected[i][1]);
        EXPECT_EQ(which.lines[i].wins_group, which.lines[i].line != "lab");
        EXPECT_EQ(which.lines[i].in_use, which.lines[i].line != "lab");
        EXPECT_THAT(which.lines[i].source, HasSubstr("test.toml"));
    }
    EXPECT_EQ(which_lines(*image(), *Address::parse("::ffff:192.0.2.3")).winner, "office");
    const auto none = which_lines(*image(), *Address::parse("203.0.113.1"));
    EXPECT_EQ(none.winner, "default");
    EXPECT_THAT(none.lines, IsEmpty());
}

}  // namespace
}  // namespace splitline
