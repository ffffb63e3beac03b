// SPDX-License-Identifier: GPL-3.0-or-later
// The server of frames, over ports in memory: what it answers, what it leaves, and how it ends.
#include <gmock/gmock.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/fd.h"
#include "resolver/frame_server.h"
#include "support/packet.h"
#include "support/respond_fixture.h"

namespace splitline {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kBuffer = 2048;
constexpr uint16_t kTruncated = 0x0200;

/// What the test and a port share; it outlives the port.
struct Wire {
    explicit Wire(uint32_t room_for_replies = kBuffer, uint32_t longest_packet = 0)
        : room(room_for_replies), mtu(longest_packet) {}

    void send(Bytes frame) {
        {
            const std::lock_guard lock(mutex);
            queries.push_back(std::move(frame));
        }
        if (tells) eventfd_write(event.get(), 1);
    }
    Bytes next_reply() {
        std::unique_lock lock(mutex);
        changed.wait(lock, [this] { return !replies.empty(); });
        Bytes reply = replies.front();
        replies.pop_front();
        return reply;
    }

    uint32_t room, mtu;
    Fd event{eventfd(0, EFD_NONBLOCK)};
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Bytes> queries, replies, waiting;
    bool tells = true;         // that a frame has come
    bool blocked = false;      // replies wait for a flush
    bool never_sends = false;  // however often it is flushed
    unsigned flushes = 0, unanswered = 0;
    unsigned at_most = 64;  // frames that receive() gives at once
    bool admitted = false, shut = false;
    std::atomic<bool> closed = false, gone = false;
    std::atomic<uint64_t> lost = 0;
};

class MemoryPort : public FramePort {
  public:
    explicit MemoryPort(Wire& wire) : wire_(wire) {}
    ~MemoryPort() override { wire_.closed = true; }
    [[nodiscard]] int fd() const override { return wire_.event.get(); }
    [[nodiscard]] std::string name() const override { return "memory queue 0"; }

    unsigned receive(std::span<splitline::Frame> frames) override {
        const std::lock_guard lock(wire_.mutex);
        eventfd_t ignored;
        eventfd_read(wire_.event.get(), &ignored);
        unsigned count = 0;
        for (; count < std::min<size_t>(frames.size(), wire_.at_most) && !wire_.queries.empty(); ++count) {
            Bytes& buffer = buffers_[count];
            buffer = std::move(wire_.queries.front());
            wire_.queries.pop_front();
            const auto size = static_cast<uint32_t>(buffer.size());
            buffer.resize(kBuffer, 0xa5);
            frames[count] = {buffer.data(), size, wire_.room, wire_.mtu};
        }
        return count;
    }

    bool reply(std::span<const splitline::Frame> frames) override {
        const std::lock_guard lock(wire_.mutex);
        for (const auto& frame : frames) {
            if (frame.size == 0)
                ++wire_.unanswered;
            else
                (wire_.blocked ? wire_.waiting : wire_.replies).emplace_back(frame.data, frame.data + frame.size);
        }
        wire_.changed.notify_all();
        return wire_.waiting.empty();
    }

    // The first one does not help yet.
    bool flush() override {
        const std::lock_guard lock(wire_.mutex);
        if (++wire_.flushes < 2 || wire_.never_sends) return false;
        for (auto& frame : wire_.waiting) wire_.replies.push_back(std::move(frame));
        wire_.waiting.clear();
        wire_.changed.notify_all();
        return true;
    }

    [[nodiscard]] bool gone() override { return wire_.gone; }
    [[nodiscard]] uint64_t lost() const override { return wire_.lost; }
    Result<void> admit() override {
        wire_.admitted = true;
        return {};
    }
    void shut() override { wire_.shut = true; }

  private:
    Wire& wire_;
    std::array<Bytes, 64> buffers_;
};

std::vector<std::unique_ptr<FramePort>> ports(std::initializer_list<Wire*> wires) {
    std::vector<std::unique_ptr<FramePort>> all;
    for (Wire* wire : wires) all.push_back(std::make_unique<MemoryPort>(*wire));
    return all;
}

Bytes frame_of(const Bytes& query, std::string_view client = testing_support::kClient4) {
    testing_support::Frame frame;
    frame.source = address(client);
    frame.payload = query;
    return frame.bytes();
}

Bytes payload_of(const Bytes& frame) {
    const ParsedFrame parsed = parse_frame(frame);
    EXPECT_THAT(parsed.faults, IsEmpty()) << hex(frame);
    return parsed.payload;
}

class FrameServing : public RespondTest {
  protected:
    ImageSlot slot_{std::make_shared<Served>(Served{image_, policy_})};
};

TEST_F(FrameServing, AnswersWhatSocketsAnswer) {
    Wire first, second;
    FrameServer server(ports({&first, &second}), 1, slot_);
    EXPECT_TRUE(first.admitted && second.admitted);
    const std::vector<DnsQuery> queries = {DnsQuery("www.example.com", kA),   DnsQuery("www.example.com", kA).with({}),
                                           DnsQuery("no.example.com", kA),    DnsQuery("big.example.com", kA).with({}),
                                           DnsQuery("x.sub.example.com", kA), DnsQuery("elsewhere.test", kA)};
    for (const std::string_view client : {kInternalClient, kOtherClient})
        for (const DnsQuery& query : queries)
            for (Wire* wire : {&first, &second}) {
                wire->send(frame_of(query.bytes(), client));
                EXPECT_EQ(hex(payload_of(wire->next_reply())), hex(ask(query.bytes(), Transport::kUdp, client)));
            }
    server.stop();
    ResolverCounters counters;
    server.add_to(counters);
    EXPECT_EQ(counters.udp_queries, 24U);
    EXPECT_EQ(counters.rcodes[3], 4U);
    EXPECT_EQ(counters.rcodes[5], 4U);
    EXPECT_EQ(counters.truncated, 0U);
}

TEST_F(FrameServing, TruncatesWhatTheFrameHasNoRoomFor) {
    Wire roomy, tight(14 + 20 + 8 + 600), hopeless(14 + 20 + 8 + 511);
    FrameServer server(ports({&roomy, &tight, &hopeless}), 3, slot_);
    const Bytes query = DnsQuery("big.example.com", kA).with({}).bytes();
    for (Wire* wire : {&roomy, &tight, &hopeless}) wire->send(frame_of(query));
    EXPECT_EQ(read_response(payload_of(roomy.next_reply())).flags & kTruncated, 0);
    const Bytes cut = tight.next_reply();
    EXPECT_LE(cut.size(), tight.room);
    EXPECT_EQ(read_response(payload_of(cut)).flags & kTruncated, kTruncated);
    server.stop();
    EXPECT_THAT(hopeless.replies, IsEmpty());
    EXPECT_EQ(hopeless.unanswered, 1U);
    ResolverCounters counters;
    server.add_to(counters);
    EXPECT_EQ(counters.lost, 1U);
}

// The MTU is the IP packet's: VLAN tags do not count, and the reply has those of the query.
TEST_F(FrameServing, TruncatesWhatTheInterfaceHasNoRoomFor) {
    const Bytes query = DnsQuery("big.example.com", kA).with({}).bytes();
    const auto whole = static_cast<uint32_t>(20 + 8 + ask(query, Transport::kUdp, testing_support::kClient4).size());
    for (const size_t tags : {0, 1, 2})
        for (const bool fits : {true, false}) {
            Wire wire(kBuffer, fits ? whole : whole - 1);
            FrameServer server(ports({&wire}), 1, slot_);
            testing_support::Frame frame;
            frame.source = address(testing_support::kClient4);
            frame.payload = query;
            frame.tags.assign(tags, {kTagVlan, 7});
            wire.send(frame.bytes());
            const Bytes reply = wire.next_reply();
            EXPECT_LE(reply.size(), 14 + 4 * tags + wire.mtu);
            EXPECT_EQ(read_response(payload_of(reply)).flags & kTruncated, fits ? 0 : kTruncated) << tags << " tags";
        }
}

TEST_F(FrameServing, LeavesWhatIsNoQuery) {
    Wire wire;
    FrameServer server(ports({&wire}), 1, slot_);
    Bytes response = DnsQuery("www.example.com", kA).bytes();
    response[2] |= 0x80;
    wire.send(frame_of(response));
    wire.send(Bytes(60, 0xff));
    wire.send(frame_of(Bytes(11, 0)));
    wire.send(frame_of(DnsQuery("www.example.com", kA).bytes()));
    (void)wire.next_reply();
    server.stop();
    EXPECT_EQ(wire.unanswered, 3U);
}

TEST_F(FrameServing, SendsAgainWhatCouldNotLeave) {
    Wire wire;
    wire.blocked = true;
    FrameServer server(ports({&wire}), 1, slot_);
    wire.send(frame_of(DnsQuery("www.example.com", kA).bytes()));
    (void)wire.next_reply();
    EXPECT_GE(wire.flushes, 2U);
}

TEST_F(FrameServing, AnswersWhatHasComeBeforeItEnds) {
    Wire wire;
    const Bytes query = frame_of(DnsQuery("www.example.com", kA).bytes());
    {
        FrameServer server(ports({&wire}), 1, slot_);
        for (int i = 0; i < 100; ++i) wire.send(query);
    }
    EXPECT_EQ(wire.replies.size(), 100U);
    EXPECT_TRUE(wire.shut);
    EXPECT_TRUE(wire.closed);
}

TEST_F(FrameServing, FindsWhatHasComeUntold) {
    Wire wire;
    wire.tells = false;
    FrameServer server(ports({&wire}), 1, slot_);
    wire.send(frame_of(DnsQuery("www.example.com", kA).bytes()));
    (void)wire.next_reply();
}

TEST_F(FrameServing, AnswersAllBeforeItEndsThoughItComesInPieces) {
    Wire wire;
    wire.tells = false;
    wire.at_most = 7;
    {
        FrameServer server(ports({&wire}), 1, slot_);
        for (int i = 0; i < 1000; ++i) wire.send(frame_of(DnsQuery("www.example.com", kA).bytes()));
    }
    EXPECT_EQ(wire.replies.size(), 1000U);
}

TEST_F(FrameServing, EndsThoughNothingLeaves) {
    Wire wire;
    wire.blocked = wire.never_sends = true;
    {
        FrameServer server(ports({&wire}), 1, slot_);
        wire.send(frame_of(DnsQuery("www.example.com", kA).bytes()));
    }
    EXPECT_EQ(wire.waiting.size(), 1U);
    EXPECT_TRUE(wire.closed);
}

TEST_F(FrameServing, CountsWhatPortsLoseOnce) {
    Wire wire, going;
    wire.lost = 5;
    going.lost = 2;
    FrameServer server(ports({&wire, &going}), 1, slot_);
    const auto lost = [&] {
        ResolverCounters counters;
        server.add_to(counters);
        return counters.lost;
    };
    while (lost() < 7) std::this_thread::yield();
    going.gone = true;
    while (!going.closed) std::this_thread::yield();
    wire.lost = 6;
    server.stop();
    EXPECT_EQ(lost(), 8U);
}

TEST_F(FrameServing, GivesUpAPortThatIsGone) {
    Wire gone, whole;
    gone.gone = true;
    FrameServer server(ports({&gone, &whole}), 1, slot_);
    while (!gone.closed) std::this_thread::yield();
    EXPECT_FALSE(gone.shut);
    whole.send(frame_of(DnsQuery("www.example.com", kA).bytes()));
    (void)whole.next_reply();
}

TEST_F(FrameServing, GoesOnWithoutABrokenPort) {
    Wire broken, whole;
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    broken.event = Fd(ends[0]);
    ::close(ends[1]);  // hangs up
    FrameServer server(ports({&broken, &whole}), 1, slot_);
    whole.send(frame_of(DnsQuery("www.example.com", kA).bytes()));
    (void)whole.next_reply();
    while (!broken.closed) std::this_thread::yield();
    EXPECT_FALSE(broken.shut);
    whole.send(frame_of(DnsQuery("www.example.com", kA).bytes()));
    (void)whole.next_reply();
}

}  // namespace
}  // namespace splitline
