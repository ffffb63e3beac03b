// SPDX-License-Identifier: GPL-3.0-or-later
// The project's central invariant: whatever the fast path answers, the slow path answers the same bytes.
//
// Random queries go through the loaded program and through Responder::respond(); judge() compares the two, checks
// addresses and checksums, and holds every passed frame against what went in. What was answered is counted by shape,
// and each shape must have come up, so a generator that misses a feature fails. SPLITLINE_SEED=n repeats a run.
#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "maps/maps.h"
#include "support/packet_fixture.h"

namespace splitline::testing_support {
namespace {

constexpr int kQueries = 12'000;

uint32_t seed() {
    const char* given = std::getenv("SPLITLINE_SEED");
    return given != nullptr ? static_cast<uint32_t>(std::strtoul(given, nullptr, 0)) : std::random_device()();
}

/// Random frames that mostly ask sensible things.
class Generator {
  public:
    Generator(uint32_t start, const Image& image) : random_(start) {
        for (const ZoneSource& zone : image.zones)
            for (const Node& node : zone.image->nodes()) {
                const DnameView name = zone.image->name(node);
                names_.emplace_back(name.begin(), name.end());
                for (const LineRecords& line : zone.image->lines(node))
                    for (const Rrset& rrset : zone.image->rrsets(line)) sets_.emplace_back(names_.back(), rrset.type);
            }
    }

    Frame frame(const DnsQuery& query) {
        Frame made;
        const bool ipv6 = one_in(2);
        if (ipv6) made.ipv6();
        if (one_in(4)) made.tags.assign(1 + below(2), VlanTag{one_in(2) ? kTagVlan : kTagQinQ, u16()});
        made.source = client(ipv6);
        made.source_port = static_cast<uint16_t>(1 + below(65535));
        if (one_in(8)) made.padding = below(300);
        made.payload = query.bytes();
        return made;
    }

    /// Name, type and class only.
    DnsQuery plain() {
        DnsQuery query;
        query.id = u16();
        query.name = pick(names_);
        query.type = type();
        if (one_in(3)) std::tie(query.name, query.type) = pick(sets_);
        if (one_in(6)) mutate(query.name);
        if (one_in(4)) go_below(query.name);
        if (one_in(30)) query.name = wire_name(pick(kElsewhere));
        for (uint8_t& byte : query.name)
            if (one_in(3) && std::isalpha(byte) != 0) byte ^= 0x20;
        return query;
    }

    DnsQuery any() {
        DnsQuery query = plain();
        if (one_in(4)) query.flags = static_cast<uint16_t>(u16() & (one_in(8) ? 0xffff : 0x05f0));
        if (one_in(60)) query.rclass = static_cast<uint16_t>(below(5));
        if (one_in(60)) query.trailing.assign(below(4), 0);
        if (!one_in(3)) query.with(edns());
        if (one_in(100)) query.with(edns());
        return query;
    }

    uint32_t below(uint32_t bound) { return bound == 0 ? 0 : random_() % bound; }
    bool one_in(uint32_t count) { return below(count) == 0; }

  private:
    template <typename T>
    const T& pick(const std::vector<T>& from) {
        return from[below(static_cast<uint32_t>(from.size()))];
    }
    uint16_t u16() { return static_cast<uint16_t>(random_()); }

    uint16_t type() {
        constexpr std::array<uint16_t, 16> kTypes = {kA,     kA,  kA,   kAaaa, kAaaa, kCname, kTxt,  kMx,
                                                     kHttps, kNs, kSoa, kSrv,  kCaa,  64,     65280, kDs};
        if (one_in(20)) return static_cast<uint16_t>(below(300));
        return one_in(20) ? u16() : kTypes[below(kTypes.size())];
    }

    void mutate(Bytes& name) {
        if (name.size() < 2) return;
        if (one_in(2)) {
            name[1 + below(static_cast<uint32_t>(name.size() - 1))] = static_cast<uint8_t>(random_());
        } else if (name.size() < 250) {
            name.insert(name.begin(), {1, static_cast<uint8_t>('a' + below(26))});
        }
    }

    // Up to a dozen labels more, now and then one that cannot be.
    void go_below(Bytes& name) {
        for (uint32_t labels = 1 + below(one_in(3) ? 12 : 2); labels > 0; --labels) {
            Bytes label(1 + below(12), static_cast<uint8_t>('a' + below(26)));
            if (one_in(12)) label = {'*'};
            if (name.size() + label.size() + 1 > 255) return;
            label.insert(label.begin(), static_cast<uint8_t>(one_in(60) ? u16() : label.size()));
            name.insert(name.begin(), label.begin(), label.end());
        }
    }

    Address client(bool ipv6) {
        static const std::vector<const char*> kClients4 = {
            kTelecomClient, kInternalClient, kOverseaClient, kOfficeClient, kDefaultClient, "1.1.1.1", "8.8.8.8"};
        static const std::vector<const char*> kClients6 = {
            kTelecomClient6,      kDefaultClient6, "2001:db8:c::1",    "2001:db8:ff1:ce00::1",
            "240e:1:2:3:4:5:6:7", "2a00::1",       "64:ff9b::101:101", "2002:cb00:7109::1"};
        Address made = address(pick(ipv6 ? kClients6 : kClients4));
        if (one_in(3)) made.bytes[below(made.bits() / 8)] = static_cast<uint8_t>(random_());
        return made;
    }

    Edns edns() {
        constexpr std::array<uint16_t, 6> kPayloads = {512, 1232, 4096, 0, 700, 1400};
        Edns made;
        made.payload = one_in(5) ? u16() : kPayloads[below(kPayloads.size())];
        made.flags = one_in(2) ? 0x8000 : one_in(10) ? u16() : 0;
        if (one_in(40)) made.version = static_cast<uint8_t>(below(3));
        for (uint32_t left = below(3); left > 0; --left)
            made.options.push_back({static_cast<uint16_t>(below(16)), Bytes(below(12), 7), std::nullopt});
        for (EdnsOption& option : made.options)
            if (option.code == kOptionEcs && !one_in(5)) option.code = kOptionCookie;
        if (!one_in(3)) {
            const Address about = client(one_in(2));
            made.options.push_back(ecs(about, below(about.bits() + 1), one_in(40) ? 1 : 0));
        }
        if (one_in(80)) made.length = static_cast<uint16_t>(below(60));
        return made;
    }

    static inline const std::vector<const char*> kElsewhere = {
        ".", "com", "example.org", "a.b.c.d.e.f.example.org", "net", "x.between.example.com", "between.example.com"};
    std::mt19937 random_;
    std::vector<Bytes> names_;
    std::vector<std::pair<Bytes, uint16_t>> sets_;  // what exists
};

class Differential : public BpfTest {
  protected:
    static void count_answer(const Outcome& outcome, const Frame& frame) {
        const ParsedFrame reply = parse_frame(outcome.bytes);
        const DnsResponse response = read_response(reply.payload);
        const auto count = [&](const char* shape, bool is) { shapes_[shape] += is ? 1 : 0; };
        const bool soa = !response.authority.empty();
        const bool alias = !response.answer.empty() && response.answer[0].find(" CNAME ") != std::string::npos;
        const size_t records = response.answer.size();
        count("one record", !soa && !alias && records == 1);
        count("several records", !soa && !alias && records > 1);
        count("NODATA", soa && !alias && response.rcode == 0);
        count("alias alone", !soa && alias && records == 1);
        count("alias and its target", !soa && alias && records == 2);
        count("long chain", alias && records > 4);
        count("alias to NODATA", soa && alias && response.rcode == 0);
        count("alias to NXDOMAIN", soa && alias && response.rcode == 3);
        count("NXDOMAIN", soa && !alias && response.rcode == 3);
        count("REFUSED", response.rcode == 5);
        count("wildcard", !soa && response.answer.size() == 1 && response.question.size() > 5 &&
                              response.answer[0].find("192.0.2.40") != std::string::npos);
        count("without EDNS", !response.edns);
        count("EDNS", response.edns.has_value());
        count("DO", response.edns && (response.edns->flags & 0x8000) != 0);
        count("larger than 512", response.size > 512);
        count("RD", (response.flags & kFlagRd) != 0);
        count("CD", (response.flags & kFlagCd) != 0);
        count("IPv4", reply.source.family == Address::Family::kIpv4);
        count("IPv6", reply.source.family == Address::Family::kIpv6);
        count("one tag", frame.tags.size() == 1);
        count("two tags", frame.tags.size() == 2);
        count("padded query", frame.padding > 0);
        count("line other than default", outcome.line && *outcome.line != kDefaultLine);
        for (const EdnsOption& option : response.edns ? response.edns->options : std::vector<EdnsOption>{}) {
            count("ECS IPv4", option.data[1] == 1);
            count("ECS IPv6", option.data[1] == 2);
            count("ECS source 0", option.data[2] == 0);
            count("ECS scope 0", option.data[3] == 0);
            count("ECS scope below source", option.data[3] != 0 && option.data[3] < option.data[2]);
            count("ECS scope above source", option.data[3] > option.data[2]);
        }
        for (const uint16_t type : {kA, kAaaa, kTxt, kMx, kNs, kSoa, kSrv, kCaa, kHttps})
            if (!soa && !alias && response.question[response.question.size() - 4] == type >> 8 &&
                response.question[response.question.size() - 3] == (type & 0xff))
                ++shapes_["type " + std::to_string(type)];
    }

    static inline std::map<std::string, int> shapes_;
};

TEST_F(Differential, SameBytesOnBothPaths) {
    const uint32_t start = seed();
    std::printf("seed %u\n", start);
    Generator generator(start, *image_);
    shapes_.clear();
    for (const char* shape :
         {"type 1", "type 28", "type 16", "type 15", "type 2", "type 6", "type 33", "type 257", "type 65"})
        shapes_[shape] = 0;
    for (int i = 0; i < kQueries; ++i) {
        const Frame frame = generator.frame(generator.any());
        const Outcome outcome = run(frame.bytes());
        if (HasFailure()) FAIL() << "query " << i << " of seed " << start;
        if (outcome.verdict == XDP_TX)
            count_answer(outcome, frame);
        else
            ++shapes_[std::string("passed: ") + label(outcome.reason)];
    }
    for (const auto& [shape, count] : shapes_) {
        EXPECT_GT(count, 0) << shape << ", seed " << start;
        std::printf("%6d %s\n", count, shape.c_str());
    }
    for (const char* reason : {"dns_header", "class", "qtype", "edns", "ecs", "trailing", "delegated", "unfit", "size"})
        EXPECT_GT(shapes_[std::string("passed: ") + reason], 0) << reason << ", seed " << start;
}

// The program grows with the receive queues only as long as CPUs share nothing that is written: whatever is asked, the
// maps that they share stay as they are.
TEST_F(Differential, PacketsWriteNothingShared) {
    Generator generator(seed(), *image_);
    const auto before = read_shared_maps(bed_->program_fd());
    for (const char* map : {SL_MAP_CONTROL, SL_MAP_BUCKETS, SL_MAP_ZONES, SL_MAP_ARENA, SL_MAP_ECS_TRUST})
        EXPECT_TRUE(before.contains(map)) << map;
    int answered = 0;
    for (int i = 0; i < 3000; ++i)
        answered += run_program(bed_->program_fd(), generator.frame(generator.any()).bytes()).verdict == XDP_TX ? 1 : 0;
    EXPECT_GT(answered, 1000);
    EXPECT_EQ(read_shared_maps(bed_->program_fd()), before);
}

// path_of() tells operators what the program will do: it must know.
TEST_F(Differential, PathIsPredicted) {
    const uint32_t start = seed();
    std::printf("seed %u\n", start);
    Generator generator(start, *image_);
    std::map<sl_reason, int> seen;
    for (int i = 0; i < 4000; ++i) {
        DnsQuery query = generator.plain();
        Frame frame = generator.frame(query);
        const Outcome outcome = run(frame.bytes());
        ASSERT_TRUE(outcome.reason);
        if (*outcome.reason == SL_REASON_SOURCE || *outcome.reason == SL_REASON_NAME) continue;
        std::string folded(query.name.begin(), query.name.end());
        if (dname_wire_size(query.name.data(), query.name.size()) != query.name.size()) continue;
        dname_fold(reinterpret_cast<uint8_t*>(folded.data()), folded.size());
        // A zero inside a label ends the name for the program, which then passes for another reason.
        if (folded.find('\0') + 1 != folded.size()) continue;
        const ClassId class_id = image_->classes->lookup(frame.source).class_id;
        const PathVerdict predicted = path_of(*image_, folded, query.type, class_id, 512);
        EXPECT_STREQ(reason_label(predicted.reason), label(outcome.reason)) << hex(frame.bytes()) << "\nseed " << start;
        EXPECT_EQ(predicted.fast, outcome.verdict == XDP_TX);
        ++seen[*outcome.reason];
        if (HasFailure()) return;
    }
    for (const sl_reason reason : {SL_REASON_ANSWER, SL_REASON_NODATA, SL_REASON_NXDOMAIN, SL_REASON_REFUSED,
                                   SL_REASON_DELEGATED, SL_REASON_UNFIT, SL_REASON_SIZE, SL_REASON_QTYPE})
        EXPECT_GT(seen[reason], 0) << reason_label(reason);
}

}  // namespace
}  // namespace splitline::testing_support
