// SPDX-License-Identifier: GPL-3.0-or-later
// The judge of the load (bench/load.bpf.c): what the responder answers is right, and with one fault it is the verdict
// that the fault deserves. A judge that passed everything would make every figure of peers.sh a claim.
#include <bpf/bpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <set>

#include "bench/load_kind.h"
#include "bench/world.h"
#include "load.skel.h"
#include "support/image_builder.h"
#include "support/packet_fixture.h"

namespace splitline::bench {
namespace {

namespace ts = testing_support;
using ts::Bytes;
using ts::Frame;

constexpr uint32_t kNames = 8;
// A verdict for what is not judged.
constexpr uint32_t kPassed = LOAD_VERDICTS;

/// The judge, loaded for one kind.
class Judge {
  public:
    explicit Judge(const LoadKind& kind, load_expect expect = LOAD_EXPECT_GEO, uint32_t behind = 0)
        : skeleton_(load_bpf::open()) {
        load_settings& settings = const_cast<load_settings&>(skeleton_->rodata->settings);
        settings.kind = kind.expected();
        settings.expect = expect;
        settings.behind = behind;
        if (load_bpf::load(skeleton_.get()) != 0) throw std::runtime_error("load the judge");
    }

    /// The one verdict that was counted.
    uint32_t verdict(const Bytes& frame) {
        const volatile load_results& live = skeleton_->bss->results;
        const auto counts = [&] { return std::vector<uint64_t>(std::begin(live.verdicts), std::end(live.verdicts)); };
        const auto before = counts();
        const uint64_t received = live.received;
        const int program = bpf_program__fd(skeleton_->progs.judge_answer);
        if (ts::run_program(program, frame).verdict == XDP_PASS) {
            EXPECT_EQ(counts(), before);
            EXPECT_EQ(live.received, received);
            return kPassed;
        }
        EXPECT_EQ(live.received, received + 1);
        auto after = counts();
        const auto differs = std::ranges::mismatch(before, after).in2;
        if (differs == after.end()) {
            ADD_FAILURE() << "no verdict";
            return kPassed;
        }
        const auto verdict = static_cast<uint32_t>(differs - after.begin());
        --*differs;
        EXPECT_EQ(after, before) << "more than one verdict";
        return verdict;
    }

  private:
    struct Destroy {
        void operator()(load_bpf* skeleton) const { load_bpf::destroy(skeleton); }
    };
    std::unique_ptr<load_bpf, Destroy> skeleton_;
};

/// What peers.sh --asked has the server serve (bench/peers/asked.sh), of few names.
std::shared_ptr<const Image> asked_image() {
    std::vector<std::string> internal;
    for (unsigned i = 0; i < 4096; ++i)
        for (unsigned j = 1; j < 16; j += 2) {
            internal.push_back(fmt::format("{}.{}.{}.0/20", 16 + i / 256, i % 256, j * 16));
            internal.push_back(fmt::format("2600:{:x}:{:x}000::/36", i, j));
        }
    std::string zone = "$ORIGIN bench.example.\n$TTL 300\n@ SOA ns1 hostmaster 1 14400 3600 1209600 300\n@ NS ns1\n";
    for (const unsigned line : {10, 11}) {
        if (line == 11) zone += "$LINE internal\n";
        for (unsigned i = 0; i < kNames; ++i)
            for (const unsigned labels : {3, 6, 10})
                zone += fmt::format("{} A {}.0.0.{}\n", name_text(i, labels), line, i);
        zone += fmt::format("*.any A {}.0.0.{}\n", line, LOAD_WILDCARD);
    }
    return ts::ImageBuilder().line("internal", internal).zone(zone, "bench.example.zone").build();
}

/// A fault, the verdict that it deserves, and the kinds that can have it.
struct Fault {
    const char* what;
    uint32_t verdict;
    void (*make)(Bytes& frame, size_t dns);
    bool (*concerns)(const LoadKind& kind) = [](const LoadKind&) { return true; };
};

/// Where the question's name ends, with its root label.
size_t root_of(const Bytes& frame, size_t dns) {
    return static_cast<size_t>(std::find(frame.begin() + static_cast<ptrdiff_t>(dns + 12), frame.end(), 0) -
                               frame.begin());
}

// Flip bits of the byte at an offset from the frame's begin, from the DNS header, from the question's root label, from
// the record, and back from the frame's end.
template <size_t offset, uint8_t bits>
void in_frame(Bytes& frame, size_t) {
    frame[offset] ^= bits;
}
template <ptrdiff_t offset, uint8_t bits>
void in_message(Bytes& frame, size_t dns) {
    frame[dns + offset] ^= bits;
}
template <ptrdiff_t offset, uint8_t bits>
void at_root(Bytes& frame, size_t dns) {
    frame[root_of(frame, dns) + offset] ^= bits;
}
template <size_t offset, uint8_t bits>
void in_record(Bytes& frame, size_t dns) {
    at_root<5 + offset, bits>(frame, dns);
}
template <size_t offset, uint8_t bits>
void in_opt(Bytes& frame, size_t dns) {
    in_record<sizeof(load_record) + offset, bits>(frame, dns);
}
template <size_t offset, uint8_t bits>
void before_end(Bytes& frame, size_t) {
    frame[frame.size() - offset] ^= bits;
}
void longer(Bytes& frame, size_t) {
    frame.push_back(0);
}
void shorter(Bytes& frame, size_t) {
    frame.pop_back();
}

bool is_ipv4(const LoadKind& kind) {
    return !kind.ipv6;
}
bool is_ipv6(const LoadKind& kind) {
    return kind.ipv6;
}
bool has_record(const LoadKind& kind) {
    return kind.answer != LoadKind::Answer::kRefused;
}
bool has_address(const LoadKind& kind) {
    return kind.answer == LoadKind::Answer::kAddress;
}
bool has_soa(const LoadKind& kind) {
    return has_record(kind) && !has_address(kind);
}
bool has_subnet(const LoadKind& kind) {
    return kind.ecs;
}
bool ends_with_address(const LoadKind& kind) {
    return has_address(kind) && !has_subnet(kind);
}

constexpr size_t kAddress = offsetof(load_record, address), kLength = offsetof(load_record, length);

const Fault kFaults[] = {
    {"RD, which is the client's", LOAD_RIGHT, in_message<2, 0x01>},
    {"another TTL", LOAD_RIGHT, in_record<offsetof(load_record, ttl), 0x01>, has_record},
    {"AA, or none", LOAD_WRONG_HEADER, in_message<2, 0x04>},
    {"TC", LOAD_WRONG_HEADER, in_message<2, 0x02>},
    {"a query", LOAD_WRONG_HEADER, in_message<2, 0x80>},
    {"another RCODE", LOAD_WRONG_HEADER, in_message<3, 0x02>},
    {"RA", LOAD_WRONG_HEADER, in_message<3, 0x80>},
    {"AD", LOAD_WRONG_HEADER, in_message<3, 0x20>},
    {"CD", LOAD_WRONG_HEADER, in_message<3, 0x10>},
    {"another number of questions", LOAD_WRONG_HEADER, in_message<5, 0x03>},
    {"another number of answers", LOAD_WRONG_HEADER, in_message<7, 0x01>},
    {"another number of authorities", LOAD_WRONG_HEADER, in_message<9, 0x01>},
    {"OPT not counted, or counted in vain", LOAD_WRONG_HEADER, in_message<11, 0x01>},
    {"another id", LOAD_WRONG_ID, in_message<1, 0x10>},
    {"another name", LOAD_WRONG_ID, in_message<12 + LOAD_HEAD_SIZE + LOAD_DIGITS_SIZE - 1, 0x01>},
    {"another first letter", LOAD_WRONG_QUESTION, in_message<12 + 1, 0x01>},
    {"another zone", LOAD_WRONG_QUESTION, at_root<-1, 0x01>},
    {"another type asked", LOAD_WRONG_QUESTION, at_root<2, 0x01>},
    {"another class asked", LOAD_WRONG_QUESTION, at_root<4, 0x02>},
    {"another client", LOAD_WRONG_ID, in_message<-9, 0x01>},
    {"another owner", LOAD_WRONG_RECORD, in_record<1, 0x01>, has_record},
    {"another type", LOAD_WRONG_RECORD, in_record<3, 0x40>, has_record},
    {"another class", LOAD_WRONG_RECORD, in_record<5, 0x02>, has_record},
    {"an address of another length", LOAD_WRONG_RECORD, in_record<kLength + 1, 0x10>, has_address},
    {"an SOA of another length", LOAD_WRONG_LENGTH, in_record<kLength + 1, 0x01>, has_soa},
    {"another address", LOAD_WRONG_RECORD, in_record<kAddress + 3, 0x80>, has_address},
    {"the other line's address, 10.x or 11.x", LOAD_WRONG_LINE, in_record<kAddress, 0x01>, has_address},
    {"another subnet", LOAD_WRONG_ID, before_end<1, 0x01>, has_subnet},
    {"another scope over IPv4", LOAD_WRONG_OPT, before_end<LOAD_SUBNET_OCTETS + 1, 0x01>,
     [](const LoadKind& kind) { return kind.ecs && !kind.ipv6; }},
    {"another scope over IPv6", LOAD_WRONG_OPT, before_end<LOAD_SUBNET_OCTETS6 + 1, 0x01>,
     [](const LoadKind& kind) { return kind.ecs && kind.ipv6; }},
    {"an OPT of another owner", LOAD_WRONG_OPT, in_opt<offsetof(load_opt, head), 0x01>, has_subnet},
    {"an OPT of another type", LOAD_WRONG_OPT, in_opt<offsetof(load_opt, head) + 2, 0x01>, has_subnet},
    {"another payload size", LOAD_RIGHT, in_opt<offsetof(load_opt, payload), 0x01>, has_subnet},
    {"an extended RCODE", LOAD_WRONG_OPT, in_opt<offsetof(load_opt, rest), 0x01>, has_subnet},
    {"another version", LOAD_WRONG_OPT, in_opt<offsetof(load_opt, rest) + 1, 0x01>, has_subnet},
    {"DO", LOAD_WRONG_OPT, in_opt<offsetof(load_opt, rest) + 2, 0x80>, has_subnet},
    {"another family", LOAD_WRONG_OPT, in_opt<offsetof(load_opt, rest) + 11, 0x03>, has_subnet},
    {"another source length", LOAD_WRONG_OPT, in_opt<offsetof(load_opt, rest) + 12, 0x01>, has_subnet},
    {"a subnet cut short", LOAD_WRONG_OPT, shorter, has_subnet},
    {"an address cut short", LOAD_WRONG_RECORD, shorter, ends_with_address},
    {"an SOA cut short", LOAD_WRONG_LENGTH, shorter, has_soa},
    {"a byte too many", LOAD_WRONG_LENGTH, longer},
    {"UDP of another length", LOAD_WRONG_LENGTH, in_message<-3, 0x01>},
    {"IPv4 of another length", LOAD_WRONG_LENGTH, in_frame<14 + 3, 0x01>, is_ipv4},
    {"IPv6 of another length", LOAD_WRONG_LENGTH, in_frame<14 + 5, 0x01>, is_ipv6},
    {"from another port", kPassed, in_message<-7, 0x01>},
    {"another protocol over IPv4", kPassed, in_frame<14 + 9, 0x01>, is_ipv4},
    {"an IPv4 header with options", kPassed, in_frame<14, 0x03>, is_ipv4},
    {"another next header over IPv6", kPassed, in_frame<14 + 6, 0x01>, is_ipv6},
    {"another Ethernet type", kPassed, in_frame<13, 0x01>},
    {"to no IPv4 client of ours", kPassed, in_message<-12, 0x40>, is_ipv4},
    {"to no IPv6 client of ours", kPassed, in_message<-24, 0x40>, is_ipv6},
};

class LoadJudge : public ts::BpfTest {
  protected:
    void SetUp() override {
        BpfTest::SetUp();
        if (!IsSkipped()) serve(asked_image());
    }

    static Frame query_of(const LoadKind& kind, std::mt19937& random) {
        return kind.query(kNames, ts::address(ts::kServer6), random);
    }

    static Bytes answer_to(const Frame& query) {
        const ts::Outcome outcome = bed_->run(query.bytes());
        EXPECT_EQ(ts::verdict_name(outcome.verdict), "XDP_TX") << label(outcome.reason);
        return outcome.bytes;
    }
};

TEST_F(LoadJudge, FindsEveryFault) {
    std::mt19937 random(1);
    for (const LoadKind& kind : LoadKind::all()) {
        SCOPED_TRACE(kind.name);
        Judge judge(kind);
        for (int i = 0; i < 50; ++i) {
            const Frame query = query_of(kind, random);
            const Bytes right = answer_to(query);
            ASSERT_EQ(judge.verdict(right), LOAD_RIGHT) << ts::hex(right);
            for (const Fault& fault : kFaults) {
                if (!fault.concerns(kind)) continue;
                Bytes wrong = right;
                fault.make(wrong, query.payload_offset());
                ASSERT_EQ(judge.verdict(wrong), fault.verdict) << fault.what << ": " << ts::hex(wrong);
            }
        }
    }
}

// Of a server that knows no lines.
TEST_F(LoadJudge, WantsOneLineOfAFlatServer) {
    const LoadKind& plain = LoadKind::all().front();
    Judge judge(plain, LOAD_EXPECT_FLAT);
    std::mt19937 random(2);
    std::set<uint32_t> verdicts;
    for (int i = 0; i < 50; ++i) {
        const Frame query = query_of(plain, random);
        const uint32_t verdict = judge.verdict(answer_to(query));
        EXPECT_EQ(verdict, load_is_internal(query.source.bytes.data(), 0) != 0 ? LOAD_WRONG_LINE : LOAD_RIGHT);
        verdicts.insert(verdict);
    }
    EXPECT_EQ(verdicts.size(), 2U);
}

// Of one that answers with the question, and some bytes behind it.
TEST_F(LoadJudge, WantsTheQuestionOfAnEcho) {
    const LoadKind& plain = LoadKind::all().front();
    std::mt19937 random(3);
    for (const uint32_t behind : {0, 5}) {
        Judge judge(plain, LOAD_EXPECT_ECHO, behind);
        Frame frame = query_of(plain, random);
        std::swap(frame.source, frame.destination);
        std::swap(frame.source_port, frame.destination_port);
        frame.payload.resize(frame.payload.size() + behind);
        EXPECT_EQ(judge.verdict(frame.bytes()), LOAD_RIGHT);
        frame.payload.push_back(0);
        EXPECT_EQ(judge.verdict(frame.bytes()), LOAD_WRONG_LENGTH);
        frame.payload.pop_back();
        frame.payload[0] ^= 1;
        EXPECT_EQ(judge.verdict(frame.bytes()), LOAD_WRONG_ID);
    }
}

}  // namespace
}  // namespace splitline::bench
