// SPDX-License-Identifier: GPL-3.0-or-later
// Every reason code of maps/counters.h, each with the packets that lead to it; a reason nothing leads to fails the
// test.
#include <gmock/gmock.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "maps/control.h"
#include "maps/name_filter.h"
#include "support/broken_record.h"
#include "support/packet_fixture.h"

namespace splitline::testing_support {
namespace {

struct Case {
    std::string name;
    sl_reason reason;
    std::function<void(Frame&, DnsQuery&)> change;
};

const DnsQuery kQuery("a.example.com", kA);

std::vector<Case> link_cases() {
    return {
        {"ARP", SL_REASON_NOT_IP, [](Frame& f, DnsQuery&) { f.ether_type = 0x0806; }},
        {"three VLAN tags", SL_REASON_NOT_IP,
         [](Frame& f, DnsQuery&) {
             f.tags = {{kTagVlan, 1}, {kTagVlan, 2}, {kTagVlan, 3}};
         }},
        {"LLC length instead of a type", SL_REASON_NOT_IP, [](Frame& f, DnsQuery&) { f.ether_type = 46; }},
        {"another port", SL_REASON_NOT_OURS, [](Frame& f, DnsQuery&) { f.destination_port = 54; }},
        {"another address", SL_REASON_NOT_OURS, [](Frame& f, DnsQuery&) { f.destination = address("192.0.2.54"); }},
        {"another IPv6 address", SL_REASON_NOT_OURS,
         [](Frame& f, DnsQuery&) { f.ipv6().destination = address("2001:db8::54"); }},
        {"IPv6 on a port only IPv4 listens on", SL_REASON_NOT_OURS,
         [](Frame& f, DnsQuery&) { f.ipv6().destination_port = 5353; }},
        {"TCP", SL_REASON_NOT_OURS, [](Frame& f, DnsQuery&) { f.protocol = 6; }},
        {"ICMPv6", SL_REASON_NOT_OURS, [](Frame& f, DnsQuery&) { f.ipv6().protocol = 58; }},
        {"MAC of another host", SL_REASON_MAC, [](Frame& f, DnsQuery&) { f.destination_mac[5] = 0x54; }},
        {"broadcast MAC", SL_REASON_MAC,
         [](Frame& f, DnsQuery&) { f.destination_mac = {255, 255, 255, 255, 255, 255}; }},
        {"multicast MAC", SL_REASON_MAC,
         [](Frame& f, DnsQuery&) { f.ipv6().destination_mac = {0x33, 0x33, 0, 0, 0, 1}; }},
    };
}

std::vector<Case> ip_cases() {
    const auto source = [](const char* text) {
        return [text](Frame& f, DnsQuery&) {
            if (std::string_view(text).find(':') != std::string_view::npos) f.ipv6();
            f.source = address(text);
        };
    };
    return {
        {"IPv4 options", SL_REASON_IP_HEADER,
         [](Frame& f, DnsQuery&) {
             f.ip_options = {1, 1, 1, 0};
         }},
        {"IHL 4", SL_REASON_IP_HEADER, [](Frame& f, DnsQuery&) { f.header_words = 4; }},
        {"TCP, IHL 4", SL_REASON_IP_HEADER, [](Frame& f, DnsQuery&) { f.protocol = 6, f.header_words = 4; }},
        {"TCP, version 6", SL_REASON_IP_HEADER, [](Frame& f, DnsQuery&) { f.protocol = 6, f.version = 6; }},
        {"TCP with options", SL_REASON_NOT_OURS,
         [](Frame& f, DnsQuery&) {
             f.protocol = 6, f.ip_options = {1, 1, 1, 0};
         }},
        {"IPv4 type, version 6", SL_REASON_IP_HEADER, [](Frame& f, DnsQuery&) { f.version = 6; }},
        {"IPv6 type, version 4", SL_REASON_IP_HEADER, [](Frame& f, DnsQuery&) { f.ipv6().version = 4; }},
        {"first fragment", SL_REASON_IP_HEADER, [](Frame& f, DnsQuery&) { f.fragment = 0x2000; }},
        {"later fragment", SL_REASON_IP_HEADER, [](Frame& f, DnsQuery&) { f.fragment = 0x0008; }},
        {"evil bit", SL_REASON_IP_HEADER, [](Frame& f, DnsQuery&) { f.fragment = 0xc000; }},
        {"header checksum", SL_REASON_IP_HEADER, [](Frame& f, DnsQuery&) { f.ip_checksum_error = 1; }},
        {"longer than the frame", SL_REASON_IP_HEADER,
         [](Frame& f, DnsQuery& q) { f.ip_length = static_cast<uint16_t>(20 + 8 + q.bytes().size() + 1); }},
        {"IPv6 longer than the frame", SL_REASON_IP_HEADER,
         [](Frame& f, DnsQuery& q) { f.ipv6().ip_length = static_cast<uint16_t>(8 + q.bytes().size() + 1); }},
        {"jumbogram length 0", SL_REASON_UDP_LENGTH, [](Frame& f, DnsQuery&) { f.ipv6().ip_length = 0; }},
        {"hop-by-hop header", SL_REASON_IP_HEADER,
         [](Frame& f, DnsQuery&) { f.ipv6().protocol = 0, f.extension = {17, 0, 1, 4, 0, 0, 0, 0}; }},
        {"routing header", SL_REASON_IP_HEADER,
         [](Frame& f, DnsQuery&) { f.ipv6().protocol = 43, f.extension = {17, 0, 4, 0, 0, 0, 0, 0}; }},
        {"fragment header", SL_REASON_IP_HEADER,
         [](Frame& f, DnsQuery&) { f.ipv6().protocol = 44, f.extension = {17, 0, 0, 0, 0, 0, 0, 1}; }},
        {"destination options", SL_REASON_IP_HEADER,
         [](Frame& f, DnsQuery&) { f.ipv6().protocol = 60, f.extension = {17, 0, 1, 4, 0, 0, 0, 0}; }},
        {"from 0.0.0.0", SL_REASON_SOURCE, source("0.0.0.0")},
        {"from this network", SL_REASON_SOURCE, source("0.1.2.3")},
        {"from loopback", SL_REASON_SOURCE, source("127.0.0.1")},
        {"from multicast", SL_REASON_SOURCE, source("224.0.0.251")},
        {"from class E", SL_REASON_SOURCE, source("240.0.0.1")},
        {"from broadcast", SL_REASON_SOURCE, source("255.255.255.255")},
        {"from the subnet's broadcast", SL_REASON_SOURCE, source("192.0.2.255")},
        {"from ourselves", SL_REASON_SOURCE, source("192.0.2.53")},
        {"from ::", SL_REASON_SOURCE, source("::")},
        {"from ::1", SL_REASON_SOURCE, source("::1")},
        {"from a v4-mapped address", SL_REASON_SOURCE, source("::ffff:198.51.100.7")},
        {"from ff02::1", SL_REASON_SOURCE, source("ff02::1")},
        {"from our IPv6 address", SL_REASON_SOURCE, source("2001:db8::53")},
        {"from port 0", SL_REASON_SOURCE, [](Frame& f, DnsQuery&) { f.source_port = 0; }},
        {"from port 0, IPv6", SL_REASON_SOURCE, [](Frame& f, DnsQuery&) { f.ipv6().source_port = 0; }},
    };
}

std::vector<Case> message_cases() {
    const auto flags = [](uint16_t value) { return [value](Frame&, DnsQuery& q) { q.flags = value; }; };
    const auto type = [](uint16_t value) { return [value](Frame&, DnsQuery& q) { q.type = value; }; };
    return {
        {"UDP shorter than IP says", SL_REASON_UDP_LENGTH,
         [](Frame& f, DnsQuery& q) { f.udp_length = static_cast<uint16_t>(8 + q.bytes().size() - 1); }},
        {"UDP longer than IP says", SL_REASON_UDP_LENGTH,
         [](Frame& f, DnsQuery& q) { f.udp_length = static_cast<uint16_t>(8 + q.bytes().size() + 1); }},
        {"UDP length 0", SL_REASON_UDP_LENGTH, [](Frame& f, DnsQuery&) { f.ipv6().udp_length = 0; }},
        {"a response", SL_REASON_DNS_HEADER, flags(kFlagQr)},
        {"TC", SL_REASON_DNS_HEADER, flags(kFlagTc)},
        {"opcode NOTIFY", SL_REASON_DNS_HEADER, flags(4 << 11)},
        {"opcode UPDATE", SL_REASON_DNS_HEADER, flags(5 << 11)},
        {"no question", SL_REASON_DNS_HEADER, [](Frame&, DnsQuery& q) { q.questions = 0; }},
        {"two questions", SL_REASON_DNS_HEADER, [](Frame&, DnsQuery& q) { q.questions = 2; }},
        {"256 questions", SL_REASON_DNS_HEADER, [](Frame&, DnsQuery& q) { q.questions = 256; }},
        {"an answer record", SL_REASON_DNS_HEADER, [](Frame&, DnsQuery& q) { q.answers = 1; }},
        {"an authority record", SL_REASON_DNS_HEADER, [](Frame&, DnsQuery& q) { q.authorities = 1; }},
        {"two additional records", SL_REASON_DNS_HEADER, [](Frame&, DnsQuery& q) { q.with({}).with({}); }},
        {"256 additional records", SL_REASON_DNS_HEADER, [](Frame&, DnsQuery& q) { q.additionals = 256; }},
        {"256 name bytes without an end", SL_REASON_NAME, [](Frame&, DnsQuery& q) { q.name.assign(300, 1); }},
        {"name ends in the padding", SL_REASON_NAME,
         [](Frame& f, DnsQuery& q) { q.name.assign(1, 60), q.type = 0x3c3c, q.rclass = 0x3c3c, f.padding = 250; }},
        {"class CH", SL_REASON_CLASS, [](Frame&, DnsQuery& q) { q.rclass = 3; }},
        {"class ANY", SL_REASON_CLASS, [](Frame&, DnsQuery& q) { q.rclass = 255; }},
        {"class 0", SL_REASON_CLASS, [](Frame&, DnsQuery& q) { q.rclass = 0; }},
        {"ANY", SL_REASON_QTYPE, type(kAny)},
        {"AXFR", SL_REASON_QTYPE, type(kAxfr)},
        {"IXFR", SL_REASON_QTYPE, type(kIxfr)},
        {"OPT as a question", SL_REASON_QTYPE, type(kOpt)},
        {"TKEY", SL_REASON_QTYPE, type(249)},
        {"a meta type nobody assigned", SL_REASON_QTYPE, type(128)},
        {"type 0", SL_REASON_QTYPE, type(0)},
        {"additional record cut off", SL_REASON_EDNS, [](Frame&, DnsQuery& q) { q.additionals = 1; }},
        {"version 1", SL_REASON_EDNS,
         [](Frame&, DnsQuery& q) {
             Edns e;
             e.version = 1;
             q.with(e);
         }},
        {"malformed ECS", SL_REASON_ECS,
         [](Frame&, DnsQuery& q) {
             Edns e;
             e.options = {{kOptionEcs, {0, 1, 33, 0}, {}}};
             q.with(e);
         }},
        {"bytes behind the question", SL_REASON_TRAILING, [](Frame&, DnsQuery& q) { q.trailing = {0}; }},
        {"bytes behind the OPT", SL_REASON_TRAILING, [](Frame&, DnsQuery& q) { q.with({}).trailing = {0}; }},
    };
}

std::vector<Case> table_cases() {
    const auto ask = [](const char* name, uint16_t type) {
        return [name, type](Frame&, DnsQuery& q) { q.name = wire_name(name), q.type = type; };
    };
    const auto ask_edns = [](const char* name, uint16_t type, uint16_t payload) {
        return [name, type, payload](Frame&, DnsQuery& q) {
            Edns edns;
            edns.payload = payload;
            q.name = wire_name(name), q.type = type;
            q.with(edns);
        };
    };
    return {
        {"an address", SL_REASON_ANSWER, ask("a.example.com", kA)},
        {"no such type", SL_REASON_NODATA, ask("a.example.com", kAaaa)},
        {"alias of a name that is not", SL_REASON_NXDOMAIN, ask("to-gone.example.com", kA)},
        {"no such name", SL_REASON_NXDOMAIN, ask("nowhere.example.com", kA)},
        {"outside all zones", SL_REASON_REFUSED, ask("example.org", kA)},
        {"below a wildcard", SL_REASON_ANSWER, ask("x.wild.example.com", kA)},
        {"above all zones", SL_REASON_UNFIT, ask("com", kA)},
        {"at a delegation", SL_REASON_UNFIT, ask("cut.example.com", kA)},
        {"glue", SL_REASON_DELEGATED, ask("ns.cut.example.com", kA)},
        {"below a DNAME", SL_REASON_DELEGATED, ask("x.dn.example.com", kA)},
        {"alias of a wildcard", SL_REASON_ANSWER, ask("to-wild.example.com", kA)},
        {"alias into a delegation", SL_REASON_UNFIT, ask("to-cut.example.com", kA)},
        {"larger than any fast answer", SL_REASON_UNFIT, ask("huge.example.com", kTxt)},
        {"DS of an apex", SL_REASON_UNFIT, ask("example.com", kDs)},
        {"larger than 512", SL_REASON_SIZE, ask("medium.example.com", kTxt)},
        {"larger than a small EDNS size", SL_REASON_SIZE, ask_edns("medium.example.com", kTxt, 600)},
        {"larger than our limit", SL_REASON_SIZE, ask_edns("large.example.com", kTxt, 4096)},
    };
}

class Reasons : public BpfTest {
  protected:
    // Every reason was reached, if all tests ran at all.
    static void TearDownTestSuite() {
        const auto& all = *::testing::UnitTest::GetInstance();
        if (bed_ != nullptr && all.test_to_run_count() == all.total_test_count()) {
            // TEST_RUN's frames have a page to grow in: bpf/native and the veth tests make frames that cannot.
            reached_.insert(SL_REASON_ROOM);
            for (unsigned i = 0; i < SL_REASON_COUNT; ++i)
                EXPECT_TRUE(reached_.contains(static_cast<sl_reason>(i))) << reason_label(static_cast<sl_reason>(i));
        }
        BpfTest::TearDownTestSuite();
    }

    static void check(const std::vector<Case>& cases) {
        for (const Case& one : cases) {
            SCOPED_TRACE(one.name);
            Frame frame;
            DnsQuery query = kQuery;
            one.change(frame, query);
            frame.payload = query.bytes();
            const Outcome outcome = run(frame.bytes());
            EXPECT_STREQ(label(outcome.reason), reason_label(one.reason));
            EXPECT_EQ(outcome.verdict, sl_is_answer(one.reason) != 0 ? uint32_t{XDP_TX} : uint32_t{XDP_PASS});
            if (outcome.reason == one.reason) reached_.insert(one.reason);
        }
    }

    // The record was made to say that the name is gone; the image, and so judge(), knows better.
    static void expect_absent() {
        const Outcome outcome = bed_->run(frame_of(kQuery).bytes());
        EXPECT_EQ(verdict_name(outcome.verdict), "XDP_TX");
        EXPECT_STREQ(label(outcome.reason), reason_label(SL_REASON_NXDOMAIN));
    }

    static void expect_once(sl_reason reason) {
        expect_pass(frame_of(kQuery).bytes(), reason);
        reached_.insert(reason);
    }

    static inline std::set<sl_reason> reached_;
};

TEST_F(Reasons, Link) {
    check(link_cases());
}
TEST_F(Reasons, Ip) {
    check(ip_cases());
}
TEST_F(Reasons, Message) {
    check(message_cases());
}
TEST_F(Reasons, Table) {
    check(table_cases());
}

// What no packet can bring about is brought about by writing into the maps.
TEST_F(Reasons, NothingServedOrStale) {
    const ProgramMap control(bed_->program_fd(), "control");
    sl_control saved{};
    control.read(0, &saved);
    sl_control state = saved;
    state.word = 0;
    control.write(0, &state);
    expect_once(SL_REASON_NO_IMAGE);
    state = saved;
    state.stale = 1;
    control.write(0, &state);
    expect_once(SL_REASON_NO_IMAGE);
    DnsQuery chaos("www.example.com", kA);
    chaos.rclass = 3;
    expect_pass(chaos, SL_REASON_NO_IMAGE);  // what is asked is not looked at before there is an image
    control.write(0, &saved);
    expect_answer(kQuery);
    expect_pass(chaos, SL_REASON_CLASS);
}

// What the table lacks is denied only if the filter has never heard of it.
TEST_F(Reasons, LeftOut) {
    ProgramMap control(bed_->program_fd(), "control"), arena(bed_->program_fd(), "arena");
    sl_control saved{};
    control.read(0, &saved);
    sl_control state = saved;  // the middle page is in use neither for records nor for tables
    const uint32_t page = (bed_->fast_path().usage().max_arena_bytes >> SL_PAGE_SHIFT) / 2;
    for (sl_epoch& epoch : state.epoch) epoch.filter_page = page, epoch.filter_words = SL_FILTER_PAGE_WORDS;
    control.write(0, &state);
    expect_denied(DnsQuery("nowhere.example.com", kA));
    arena.write(page, Bytes(SL_PAGE_SIZE, 0xff).data());
    for (const char* name : {"nowhere.example.com", "x.wild.example.com", "example.org"})
        expect_pass(DnsQuery(name, kA), SL_REASON_LEFT_OUT);
    expect_answer(kQuery);
    reached_.insert(SL_REASON_LEFT_OUT);
    control.write(0, &saved);
}

TEST_F(Reasons, VersionsNewerThanThePacket) {
    BrokenRecord broken(bed_->program_fd(), kQuery.name);
    broken.record().begin = ~uint64_t{0};
    broken.record().prev = broken.ref();
    broken.write();
    expect_once(SL_REASON_CHANGING);
    broken.record().prev = 0;  // the name came with the newer generation
    broken.write();
    expect_absent();
}

TEST_F(Reasons, NameGone) {
    BrokenRecord broken(bed_->program_fd(), kQuery.name);
    broken.record().variant_count = 0;
    broken.write();
    expect_absent();
}

TEST_F(Reasons, BrokenLists) {
    BrokenRecord broken(bed_->program_fd(), kQuery.name);
    broken.clear_lists();
    broken.write();
    expect_once(SL_REASON_BUG);
}

TEST_F(Reasons, BrokenLength) {
    for (const uint16_t length : {uint16_t{SL_UDP_PAYLOAD_MAX + 1}, uint16_t{UINT16_MAX}}) {
        BrokenRecord broken(bed_->program_fd(), kQuery.name);
        broken.set_lengths(length);
        broken.write();
        expect_once(SL_REASON_BUG);
    }
}

// Whatever a wrong offset makes the program read, it leaves the packet alone or sends no more than the client takes.
TEST_F(Reasons, BrokenDirectory) {
    const Bytes query = frame_of(kQuery).bytes();
    for (const uint16_t offset : {0xfff0, 0xffff, 0x8000, 0x0001, 0x0003}) {
        BrokenRecord broken(bed_->program_fd(), kQuery.name);
        broken.set_directory(offset);
        broken.write();
        const Outcome outcome = bed_->run(query);
        EXPECT_TRUE(outcome.reason.has_value());
        if (outcome.verdict == XDP_PASS)
            EXPECT_EQ(outcome.bytes, query);
        else
            EXPECT_LE(outcome.bytes.size(), frame_of(kQuery).payload_offset() + 512);
    }
}

}  // namespace
}  // namespace splitline::testing_support
