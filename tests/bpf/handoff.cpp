// SPDX-License-Identifier: GPL-3.0-or-later
// Which packets the program hands to the resolver's AF_XDP sockets: datagrams to us that it does not answer, unchanged;
// everything else is the stack's, and all is where a slot is empty. The sockets are real, the packets are test runs.
#include <bpf/bpf.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <thread>

#include "base/fd.h"
#include "maps/control.h"
#include "support/packet_fixture.h"

namespace splitline::testing_support {
namespace {

constexpr std::string_view kRedirect = "XDP_REDIRECT", kPass = "XDP_PASS", kTx = "XDP_TX";

struct Row {
    const char* name;
    std::string_view verdict;
    std::function<void(Frame&, DnsQuery&)> change;
};

Edns edns_version(uint8_t version) {
    Edns edns;
    edns.version = version;
    return edns;
}

Edns edns_option(EdnsOption option) {
    Edns edns;
    edns.options = {std::move(option)};
    return edns;
}

// The query is for a name that has an address: what the row changes decides.
const std::vector<Row>& rows() {
    static const std::vector<Row> all = {
        {"answered", kTx, [](Frame&, DnsQuery&) {}},
        {"ARP", kPass, [](Frame& f, DnsQuery&) { f.ether_type = 0x0806; }},
        {"TCP", kPass, [](Frame& f, DnsQuery&) { f.protocol = 6; }},
        {"another port", kPass, [](Frame& f, DnsQuery&) { f.destination_port = 54; }},
        {"another host's MAC", kPass, [](Frame& f, DnsQuery&) { f.destination_mac[5] = 0x54; }},
        {"another address", kPass, [](Frame& f, DnsQuery&) { f.destination = address("192.0.2.54"); }},
        {"first fragment", kPass, [](Frame& f, DnsQuery&) { f.fragment = 0x2000; }},
        {"later fragment", kPass, [](Frame& f, DnsQuery&) { f.fragment = 0x0008; }},
        {"IPv4 options", kPass,
         [](Frame& f, DnsQuery&) {
             f.ip_options = {1, 1, 1, 0};
         }},
        {"header checksum", kPass, [](Frame& f, DnsQuery&) { f.ip_checksum_error = 1; }},
        {"from loopback", kPass, [](Frame& f, DnsQuery&) { f.source = address("127.0.0.1"); }},
        {"from port 0", kPass, [](Frame& f, DnsQuery&) { f.source_port = 0; }},
        {"UDP length", kPass, [](Frame& f, DnsQuery&) { f.udp_length = 20; }},
        {"fragment header", kPass,
         [](Frame& f, DnsQuery&) { f.ipv6().protocol = 44, f.extension = {17, 0, 0, 0, 0, 0, 0, 1}; }},
        {"IPv6 without checksum", kPass, [](Frame& f, DnsQuery&) { f.ipv6().udp_checksum = 0; }},
        {"a response", kRedirect, [](Frame&, DnsQuery& q) { q.flags = kFlagQr; }},
        {"opcode NOTIFY", kRedirect, [](Frame&, DnsQuery& q) { q.flags = 4 << 11; }},
        {"no question", kRedirect, [](Frame&, DnsQuery& q) { q.questions = 0; }},
        {"a name without an end", kRedirect, [](Frame&, DnsQuery& q) { q.name.assign(300, 1); }},
        {"class CH", kRedirect, [](Frame&, DnsQuery& q) { q.rclass = 3; }},
        {"ANY", kRedirect, [](Frame&, DnsQuery& q) { q.type = kAny; }},
        {"ANY over IPv6", kRedirect, [](Frame& f, DnsQuery& q) { f.ipv6(), q.type = kAny; }},
        {"ANY in QinQ", kRedirect,
         [](Frame& f, DnsQuery& q) {
             f.tags = {{kTagQinQ, 7}, {kTagVlan, 42}};
             q.type = kAny;
         }},
        {"ANY to the second port", kRedirect, [](Frame& f, DnsQuery& q) { f.destination_port = 5353, q.type = kAny; }},
        {"EDNS version 1", kRedirect, [](Frame&, DnsQuery& q) { q.with(edns_version(1)); }},
        {"malformed ECS", kRedirect,
         [](Frame&, DnsQuery& q) {
             q.with(edns_option({kOptionEcs, {0, 1, 33, 0}, {}}));
         }},
        {"bytes behind the message", kRedirect, [](Frame&, DnsQuery& q) { q.trailing = {0}; }},
    };
    return all;
}

class HandoffTest : public BpfTest {
  protected:
    static void SetUpTestSuite() {
        if (PrivateNetwork::missing().empty())
            serve_with({}, [](FastPathSettings& settings) { settings.af_xdp = AfXdp::kCopy; });
    }

    void SetUp() override {
        BpfTest::SetUp();
        if (IsSkipped()) return;
        ASSERT_NO_FATAL_FAILURE(open_all(1));
        admit_all();
    }

    /// The verdict on a frame that must come out as it went in, if it comes out at all.
    static std::string verdict_of(const Frame& frame) {
        const Bytes in = frame.bytes();
        const Outcome outcome = bed_->run(in);
        EXPECT_TRUE(outcome.reason);
        EXPECT_TRUE(outcome.verdict == XDP_TX || outcome.bytes == in) << hex(outcome.bytes);
        return verdict_name(outcome.verdict);
    }

    static std::string handoffs() {
        std::string all;
        for (const auto& interface : bed_->fast_path().interfaces()) all += interface.handoff + "\n";
        return all;
    }

    /// Waits for queues that are held, be it by sockets that the kernel has not cleared up yet.
    void open_late() {
        while (handoffs().find("Device or resource busy") != std::string::npos) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            std::ranges::move(bed_->fast_path().open_late_ports(), std::back_inserter(ports_));
        }
    }

    void open_all(size_t count) {
        ports_ = bed_->fast_path().open_ports();
        open_late();
        ASSERT_EQ(ports_.size(), count) << handoffs();
    }

    void admit_all() {
        for (auto& port : ports_) EXPECT_TRUE(port->admit());
    }

    std::vector<std::unique_ptr<FramePort>> ports_;
};

TEST_F(HandoffTest, TakesDatagramsToUsAndNothingElse) {
    for (const Row& row : rows()) {
        Frame frame;
        DnsQuery query("a.example.com", kA);
        row.change(frame, query);
        frame.payload = query.bytes();
        EXPECT_EQ(verdict_of(frame), row.verdict) << row.name;
    }
}

TEST_F(HandoffTest, LeavesAllToTheStackWithoutASocket) {
    const auto expect_none = [] {
        for (const Row& row : rows()) {
            Frame frame;
            DnsQuery query("a.example.com", kA);
            row.change(frame, query);
            frame.payload = query.bytes();
            EXPECT_EQ(verdict_of(frame), row.verdict == kTx ? kTx : kPass) << row.name;
        }
    };
    ports_[0]->shut();
    expect_none();
    ports_.clear();
    ASSERT_NO_FATAL_FAILURE(open_all(1));
    expect_none();  // before somebody serves it
    admit_all();
    EXPECT_EQ(verdict_of(frame_of(DnsQuery("a.example.com", kAny))), kRedirect);
    ports_.clear();
    expect_none();
}

TEST_F(HandoffTest, OpensLaterWhatAnotherHolds) {
    FastPath& fast_path = bed_->fast_path();
    auto held = std::move(ports_);  // for the fast path another's
    ports_ = fast_path.open_ports();
    EXPECT_TRUE(ports_.empty());
    EXPECT_EQ(fast_path.interfaces().at(0).handoff,
              "sockets: sl0 queue 0: Device or resource busy (another program has a socket on that queue)");
    EXPECT_TRUE(fast_path.open_late_ports().empty());
    held[0]->shut();
    EXPECT_EQ(verdict_of(frame_of(DnsQuery("a.example.com", kAny))), kPass);
    held.clear();
    open_late();
    ASSERT_EQ(ports_.size(), 1U) << handoffs();
    EXPECT_EQ(fast_path.interfaces().at(0).handoff, "AF_XDP by copy on 1 queue");
    EXPECT_TRUE(fast_path.open_late_ports().empty());
    admit_all();
    EXPECT_EQ(verdict_of(frame_of(DnsQuery("a.example.com", kAny))), kRedirect);
}

TEST_F(HandoffTest, LeavesFramesToTheStackThatNoBufferHolds) {
    Frame frame = frame_of(DnsQuery("a.example.com", kAny));
    const size_t size = frame.bytes().size();
    frame.padding = SL_HANDOFF_FRAME_MAX - size;
    EXPECT_EQ(verdict_of(frame), kRedirect);
    ++frame.padding;
    EXPECT_EQ(verdict_of(frame), kPass);
}

// Each has slots of its own, so that queue 0 of one is not queue 0 of the other.
TEST_F(HandoffTest, KeepsInterfacesApart) {
    ports_.clear();
    serve_with({}, [](FastPathSettings& settings) {
        settings.af_xdp = AfXdp::kCopy;
        settings.interfaces = {kInterface, kPeer};
    });
    ASSERT_NO_FATAL_FAILURE(open_all(2));
    admit_all();
    EXPECT_EQ(ports_[0]->name(), "sl0 queue 0");
    EXPECT_EQ(ports_[1]->name(), "sl1 queue 0");
    const Fd peer(bpf_prog_get_fd_by_id(bed_->fast_path().interfaces().at(1).program_id));
    const auto verdicts = [&] {
        Frame frame = frame_of(DnsQuery("a.example.com", kAny));
        std::string both = verdict_of(frame) + " ";
        frame.destination_mac = kClientMac;  // the peer's own
        return both + verdict_name(run_program(peer.get(), frame.bytes()).verdict);
    };
    EXPECT_EQ(verdicts(), "XDP_REDIRECT XDP_REDIRECT");
    ports_[0]->shut();
    EXPECT_EQ(verdicts(), "XDP_PASS XDP_REDIRECT");
    ports_[1]->shut();
    EXPECT_EQ(verdicts(), "XDP_PASS XDP_PASS");
    ports_.clear();
    SetUpTestSuite();
}

// The resolver lives, or there was no socket: it answers what the table may not.
TEST_F(HandoffTest, TakesEverythingFromAStaleTable) {
    const Frame frame = frame_of(DnsQuery("a.example.com", kA));
    const ProgramMap control(bed_->program_fd(), "control");
    sl_control saved{}, state{};
    control.read(0, &saved);
    for (const bool stale : {true, false}) {
        state = saved;
        (stale ? state.stale = 1 : state.word = 0);
        control.write(0, &state);
        EXPECT_EQ(verdict_of(frame), kRedirect) << (stale ? "stale" : "no image");
    }
    control.write(0, &saved);
    EXPECT_EQ(verdict_of(frame), kTx);
}

}  // namespace
}  // namespace splitline::testing_support
