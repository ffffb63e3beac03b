// SPDX-License-Identifier: GPL-3.0-or-later
// What is answered: every record type, alias chains, negative answers, and the line each client gets. Expected records
// are written out here and compared with what libknot reads from the reply.
#include <fmt/core.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "support/packet_fixture.h"

namespace splitline::testing_support {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAreArray;

const std::string kSoaText =
    "example.com. 300 IN SOA ns1.example.com. hostmaster.example.com. 2024010101 7200 900 1209600 300";

struct Case {
    const char* name;
    uint16_t type;
    std::vector<std::string> answer;
    bool negative = false;
    unsigned rcode = 0;
};

const std::vector<Case> kCases = {
    {"a", kA, {"a.example.com. 300 IN A 192.0.2.10"}},
    {"both", kA, {"both.example.com. 60 IN A 192.0.2.11"}},
    {"both", kAaaa, {"both.example.com. 60 IN AAAA 2001:db8::11"}},
    {"multi",
     kA,
     {"multi.example.com. 600 IN A 192.0.2.20", "multi.example.com. 600 IN A 192.0.2.21",
      "multi.example.com. 600 IN A 192.0.2.22", "multi.example.com. 600 IN A 192.0.2.23"}},
    {"mx", kMx, {"mx.example.com. 600 IN MX 5 mail.example.com.", "mx.example.com. 600 IN MX 10 mx.Example.NET."}},
    {"txt", kTxt, {"txt.example.com. 600 IN TXT \"one\" \"two three\" \"semi;colon\""}},
    {"srv", kSrv, {"srv.example.com. 600 IN SRV 1 2 5060 mail.example.com."}},
    {"caa", kCaa, {"caa.example.com. 600 IN CAA 0 issue \"ca.example.net\""}},
    {"https", kHttps, {"https.example.com. 600 IN HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.80"}},
    {"svcb", 64, {"svcb.example.com. 600 IN SVCB 2 mail.example.com. port=8443"}},
    {"unknown", 65280, {"unknown.example.com. 600 IN TYPE65280 \\# 5 0102030405"}},
    {"@", kSoa, {"example.com. 600 IN SOA ns1.example.com. hostmaster.example.com. 2024010101 7200 900 1209600 300"}},
    {"@", kNs, {"example.com. 600 IN NS ns1.example.com.", "example.com. 600 IN NS ns2.example.net."}},
    {"@", kMx, {"example.com. 600 IN MX 10 mail.example.com."}},
    {"@", kTxt, {"example.com. 600 IN TXT \"v=spf1 -all\""}},
    {"@", kAaaa, {}, true},
    {"a", kAaaa, {}, true},
    {"a", kCname, {}, true},
    {"a", 65280, {}, true},
    {"ent.empty", kA, {}, true},
    {"empty", kTxt, {}, true},
    {"deep.ent.empty", kA, {"deep.ent.empty.example.com. 600 IN A 192.0.2.31"}},
    {"to-outside", kA, {"to-outside.example.com. 600 IN CNAME target.example.org."}},
    {"to-outside", kCname, {"to-outside.example.com. 600 IN CNAME target.example.org."}},
    {"to-outside", 65280, {"to-outside.example.com. 600 IN CNAME target.example.org."}},
    {"to-a", kA, {"to-a.example.com. 600 IN CNAME a.example.com.", "a.example.com. 300 IN A 192.0.2.10"}},
    {"to-a", kCname, {"to-a.example.com. 600 IN CNAME a.example.com."}},
    {"to-a", kMx, {"to-a.example.com. 600 IN CNAME a.example.com."}, true},
    {"to-mixed", kA, {"to-mixed.example.com. 600 IN CNAME BoTh.Example.COM.", "BoTh.Example.COM. 60 IN A 192.0.2.11"}},
    {"c1",
     kAaaa,
     {"c1.example.com. 600 IN CNAME c2.example.com.", "c2.example.com. 600 IN CNAME c3.example.com.",
      "c3.example.com. 600 IN CNAME c4.example.com.", "c4.example.com. 600 IN CNAME c5.example.com.",
      "c5.example.com. 600 IN CNAME c6.example.com.", "c6.example.com. 600 IN CNAME both.example.com.",
      "both.example.com. 60 IN AAAA 2001:db8::11"}},
    {"to-gone", kA, {"to-gone.example.com. 600 IN CNAME gone.example.com."}, true, 3},
    {"to-gone", kTxt, {"to-gone.example.com. 600 IN CNAME gone.example.com."}, true, 3},
    {"to-ent", kA, {"to-ent.example.com. 600 IN CNAME ent.empty.example.com."}, true},
    {"to-wild",
     kA,
     {"to-wild.example.com. 600 IN CNAME x.wild.example.com.", "x.wild.example.com. 600 IN A 192.0.2.40"}},
};

class Answers : public BpfTest {
  protected:
    static std::string absolute(const std::string& name) { return name == "@" ? "example.com" : name + ".example.com"; }

    static std::vector<std::string> from(const char* client, const char* name, uint16_t type = kA) {
        const Address source = address(client);
        Frame frame = frame_of(DnsQuery(absolute(name), type), source.family == Address::Family::kIpv6);
        frame.source = source;
        return expect_answer(frame.bytes()).answer;
    }
};

TEST_F(Answers, EveryTypeAndShape) {
    for (const Case& one : kCases) {
        SCOPED_TRACE(absolute(one.name) + " type " + std::to_string(one.type));
        for (const bool edns : {false, true}) {
            DnsQuery query(absolute(one.name), one.type);
            if (edns) query.with({});
            const DnsResponse response = expect_answer(query);
            EXPECT_THAT(response.answer, UnorderedElementsAreArray(one.answer));
            EXPECT_EQ(response.rcode, one.rcode);
            EXPECT_EQ(response.authority,
                      one.negative ? std::vector<std::string>{kSoaText} : std::vector<std::string>{});
            EXPECT_TRUE(response.additional.empty());
        }
    }
}

// Which line's records each client gets, IPv4 and IPv6.
TEST_F(Answers, LinesOfClients) {
    struct LineCase {
        const char* client;
        const char* address;
    };
    const std::vector<LineCase> cases = {
        {kTelecomClient, "192.0.2.140"},  {kInternalClient, "192.0.2.110"},      {kOverseaClient, "192.0.2.130"},
        {kDefaultClient, "192.0.2.100"},  {kTelecomClient6, "192.0.2.140"},      {kDefaultClient6, "192.0.2.100"},
        {"1.2.3.4", "192.0.2.110"},       {"1.1.0.31", "192.0.2.120"},           {"1.1.1.1", "192.0.2.140"},
        {"1.1.1.31", "192.0.2.140"},      {"1.1.1.32", "192.0.2.120"},           {"203.0.113.15", "192.0.2.140"},
        {"203.0.113.16", "192.0.2.120"},  {"203.0.113.63", "192.0.2.120"},       {"203.0.113.64", "192.0.2.110"},
        {"9.255.255.255", "192.0.2.130"}, {"10.0.0.0", "192.0.2.100"},           {"2a0f:ffff::1", "192.0.2.130"},
        {"2a10::1", "192.0.2.100"},       {"240e:1:2:3:4:5:6:7", "192.0.2.140"}, {"240e:1:2:3:4:5:6:8", "192.0.2.120"},
    };
    for (const LineCase& one : cases) {
        SCOPED_TRACE(one.client);
        ASSERT_FALSE(from(one.client, "split").empty());
        EXPECT_EQ(from(one.client, "split").at(0), std::string("split.example.com. 600 IN A ") + one.address);
    }
}

TEST_F(Answers, NameChoosesTheLineThenTheType) {
    // TXT is on default only; a client of telecom gets telecom's records of the name, which have none.
    EXPECT_TRUE(from(kTelecomClient, "split", kTxt).empty());
    EXPECT_THAT(from(kDefaultClient, "split", kTxt), ElementsAre("split.example.com. 600 IN TXT \"default\""));
    EXPECT_TRUE(from(kOverseaClient, "only-a", kA).empty());
    EXPECT_THAT(from(kOverseaClient, "only-a", kAaaa), ElementsAre("only-a.example.com. 600 IN AAAA 2001:db8::131"));
    EXPECT_THAT(from(kTelecomClient, "only-a", kA), ElementsAre("only-a.example.com. 600 IN A 192.0.2.102"));
}

TEST_F(Answers, AliasesOfLines) {
    EXPECT_THAT(from(kOfficeClient, "split"), ElementsAre("split.example.com. 600 IN CNAME both.example.com.",
                                                          "both.example.com. 60 IN A 192.0.2.11"));
    EXPECT_THAT(from(kInternalClient, "cname-split"),
                ElementsAre("cname-split.example.com. 600 IN CNAME in.cdn.example.net."));
    EXPECT_THAT(from(kTelecomClient, "cname-split"), ElementsAre("cname-split.example.com. 600 IN CNAME a.example.com.",
                                                                 "a.example.com. 300 IN A 192.0.2.10"));
    EXPECT_THAT(from(kDefaultClient, "cname-split"), ElementsAre("cname-split.example.com. 600 IN A 192.0.2.103"));
    // The alias itself is the same for all; the name it leads to chooses by its own lines.
    EXPECT_THAT(from(kTelecomClient, "to-split"), ElementsAre("to-split.example.com. 600 IN CNAME split.example.com.",
                                                              "split.example.com. 600 IN A 192.0.2.140"));
    EXPECT_THAT(from(kOverseaClient, "to-split"), ElementsAre("to-split.example.com. 600 IN CNAME split.example.com.",
                                                              "split.example.com. 600 IN A 192.0.2.130"));
}

TEST_F(Answers, NoMatchingLineIsNodata) {
    EXPECT_THAT(from(kInternalClient, "no-default"), ElementsAre("no-default.example.com. 600 IN A 192.0.2.112"));
    EXPECT_TRUE(from(kOverseaClient, "no-default").empty());
}

TEST_F(Answers, TheLineIsCounted) {
    const auto& catalog = image_->lines->catalog;
    const auto counted = [&](const char* client, const char* name) {
        Frame frame = frame_of(DnsQuery(absolute(name), kA));
        frame.source = address(client);
        const auto line = run(frame.bytes()).line;
        return line ? catalog.name(*line) : "none";
    };
    EXPECT_EQ(counted(kTelecomClient, "split"), "cn_telecom_beijing");
    EXPECT_EQ(counted(kInternalClient, "split"), "internal");
    EXPECT_EQ(counted(kOfficeClient, "split"), "office");
    EXPECT_EQ(counted(kDefaultClient, "split"), "default");
    EXPECT_EQ(counted(kTelecomClient, "a"), "default");
}

TEST_F(Answers, TwoZonesHaveTheirOwnSoa) {
    const DnsResponse response = expect_answer(DnsQuery("ns.example.net", kAaaa));
    EXPECT_THAT(response.authority, ElementsAre("example.net. 30 IN SOA ns.example.net. h.example.net. 7 1 1 1 30"));
}

// Bodies are copied by blocks, of one size or another, that overlap.
TEST_F(Answers, EveryLengthOfBody) {
    std::string zone = "$ORIGIN example.com.\n@ 60 SOA ns host 1 1 1 1 30\n@ 60 NS ns\nns 60 A 192.0.2.1\n";
    constexpr size_t kRecord = 2 + 10 + 1;  // owner, header, the string's length
    for (size_t text = 0; text <= 136 - kRecord; ++text) {
        std::string bytes;
        for (size_t at = 0; at < text; ++at) bytes += static_cast<char>('a' + (at + text) % 26);
        zone += fmt::format("t{} 60 TXT \"{}\"\n", text, bytes);
    }
    serve(ImageBuilder().zone(zone).build());
    for (size_t text = 0; text <= 136 - kRecord; ++text) {
        const DnsQuery query(fmt::format("t{}.example.com", text), kTxt);
        EXPECT_EQ(expect_answer(query).size, query.bytes().size() + kRecord + text);
        expect_answer(DnsQuery(query).with({}));
    }
    bed_.reset();
}

// Odd and even lengths of name, body, SOA and option in every mix: the sums are put together from parts.
TEST_F(Answers, ChecksumsOfEveryParity) {
    std::string zone = "$ORIGIN example.com.\n@ 60 SOA ns host 1 1 1 1 30\n@ 60 NS ns\nns 60 A 192.0.2.1\n";
    for (int name = 1; name <= 16; ++name)
        for (int text = 1; text <= 16; ++text)
            zone += std::string(static_cast<size_t>(name), 'n') + "-" + std::string(static_cast<size_t>(text), 't') +
                    " 60 TXT \"" + std::string(static_cast<size_t>(text * 7), 'x') + "\"\n";
    serve(ImageBuilder().zone(zone).build());
    for (int name = 1; name <= 16; ++name)
        for (int text = 1; text <= 16; ++text) {
            const std::string asked = std::string(static_cast<size_t>(name), 'N') + "-" +
                                      std::string(static_cast<size_t>(text), 't') + ".example.com";
            SCOPED_TRACE(asked);
            expect_answer(DnsQuery(asked, kTxt));
            expect_answer(DnsQuery(asked, kA));
            Edns edns;
            edns.flags = 0x8000;
            edns.options = {ecs(address("203.0.113.255"), static_cast<unsigned>(name * 2))};
            expect_answer(DnsQuery(asked, kTxt).with(edns));
            expect_answer(DnsQuery(asked, kA).with(edns));
        }
    bed_.reset();
}

}  // namespace
}  // namespace splitline::testing_support
