// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/scenario.h"

#include <bpf/bpf.h>
#include <fmt/core.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <system_error>

#include "bench/name_places.h"
#include "bench/queries.h"
#include "maps/mapped_array.h"
#include "support/packet_dns.h"
#include "support/packet_native.h"

namespace splitline::bench {

namespace ts = testing_support;

namespace {

constexpr int kSample = 200;  // queries compared with the resolver
constexpr uint32_t kSeed = 4711;

std::string name_asked(const Scenario& scenario, std::mt19937& random) {
    const unsigned labels = scenario.asked == Asked::kPresent ? scenario.labels : 3;
    std::string existing = name_text(random() % scenario.names, labels);
    switch (scenario.asked) {
        case Asked::kPresent:
        case Asked::kNodata:
            return existing;
        case Asked::kAbsent:
            return random_name(random, scenario.labels - 2, "bench.example.");
        case Asked::kBelowName:
            return random_name(random, scenario.labels - 3, existing);
        case Asked::kWildcard:
            return random_name(random, scenario.labels - 3, "any.bench.example.");
        case Asked::kElsewhere:
            return random_name(random, scenario.labels - 1, "example.");
    }
    return existing;
}

/// A query frame for a random name from a random client.
ts::Frame random_frame(const Scenario& scenario, std::mt19937& random) {
    ts::DnsQuery query(name_asked(scenario, random), scenario.ipv6 ? ts::kAaaa : ts::kA);
    if (scenario.asked == Asked::kNodata) query.type = ts::kMx;
    query.id = static_cast<uint16_t>(random());
    if (scenario.ecs) {
        ts::Edns edns;
        edns.flags = 0x8000;
        edns.options = {ts::ecs(random_client(random, scenario.ipv6), scenario.ipv6 ? 56 : 24)};
        query.with(edns);
    }
    ts::Frame frame;
    if (scenario.ipv6) frame.ipv6();
    frame.source = random_client(random, scenario.ipv6);
    frame.source_port = static_cast<uint16_t>(1024 + random() % 64000);
    frame.payload = query.bytes();
    return frame;
}

void compare(World& world, Responder& responder, const ts::Bytes& frame) {
    const ts::Outcome outcome = world.bed().run(frame);
    if (outcome.verdict != XDP_TX) throw std::runtime_error("passed: " + ts::hex(frame));
    const std::string fault = ts::judge(outcome, frame, *world.image(), world.bed().policy(), responder);
    if (!fault.empty()) throw std::runtime_error(fault);
}

}  // namespace

World::World(size_t names, unsigned labels)
    : names_(names), labels_(labels), image_(build_image(names, nullptr, 0, labels)) {
    const size_t all = labels > 3 ? 2 * names : names;
    bed_ = std::make_unique<ts::FastPathBed>(ResponsePolicy{}, [&](FastPathSettings& settings) {
        settings.max_names = static_cast<uint32_t>(all * 5 / 4 + 1000);
        settings.arena_mib = static_cast<uint32_t>(64 + all / 1000);
    });
    bed_->publish(image_);
}

World& World::of(const Scenario& scenario) {
    static std::unique_ptr<World> current;
    const unsigned labels = scenario.world_labels();
    if (!current || current->names_ != scenario.names || current->labels_ != labels) {
        current.reset();
        current = std::make_unique<World>(scenario.names, labels);
    }
    return *current;
}

ts::Bytes prepare_queries(const Scenario& scenario, World& world, int queries_fd, int state_fd) {
    const MappedArray<bench_query> queries(queries_fd, scenario.queries);
    std::mt19937 random(kSeed);
    const NamePlaces places(world.bed().program_fd());
    Responder responder;
    ts::Bytes response(65535);
    for (uint32_t i = 0; i < scenario.queries; ++i) {
        const ts::Frame frame = random_frame(scenario, random);
        const ts::Bytes bytes = frame.bytes();
        if (i < kSample) compare(world, responder, bytes);
        const Responded responded = responder.respond(*world.image(), world.bed().policy(), Transport::kUdp,
                                                      frame.source, frame.payload, response);
        bench_query& query = queries[i];
        if (bytes.size() > sizeof query.frame) throw std::runtime_error("a query does not fit bench_query");
        std::copy(bytes.begin(), bytes.end(), query.frame);
        const size_t name = dname_wire_size(frame.payload.data() + 12, 255), question = 12 + name + 4;
        query.length = static_cast<uint16_t>(bytes.size());
        query.question_end = static_cast<uint16_t>(frame.payload_offset() + question);
        query.answer_length = static_cast<uint16_t>(responded.size - question);
        if (!scenario.has_memory()) continue;
        const auto place = places.of({reinterpret_cast<const char*>(frame.payload.data() + 12), name});
        query.bucket = place.bucket;
        query.record = place.record;
    }
    const bench_state start{0, scenario.queries - 1};
    const uint32_t zero = 0;
    if (bpf_map_update_elem(state_fd, &zero, &start, BPF_ANY) != 0)
        throw std::system_error(errno, std::generic_category(), "set the state");
    return {queries[0].frame, queries[0].frame + queries[0].length};
}

}  // namespace splitline::bench
