// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/load_kind.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "bench/world.h"
#include "support/packet_dns.h"

namespace splitline::bench {

namespace {

namespace ts = testing_support;
using Answer = LoadKind::Answer;

constexpr std::array kKinds = {
    LoadKind{.name = "plain"},
    LoadKind{.name = "ecs", .ecs = true},
    LoadKind{.name = "ipv6", .ipv6 = true},
    LoadKind{.name = "ipv6_ecs", .ipv6 = true, .ecs = true},
    LoadKind{.name = "positive_6", .labels = 6},
    LoadKind{.name = "positive_10", .labels = 10},
    LoadKind{.name = "wildcard", .labels = 4, .wildcard = true},
    LoadKind{.name = "nodata", .answer = Answer::kNodata},
    LoadKind{.name = "nxdomain", .answer = Answer::kNxdomain},
    LoadKind{.name = "nxdomain_6", .answer = Answer::kNxdomain, .labels = 6},
    LoadKind{.name = "nxdomain_10", .answer = Answer::kNxdomain, .labels = 10},
    LoadKind{.name = "refused", .answer = Answer::kRefused},
};

Address random_address(bool ipv6, std::mt19937& random) {
    const size_t words = ipv6 ? 4 : 1;
    Address address;
    if (ipv6) address.family = Address::Family::kIpv6;
    for (size_t word = 0; word < words; ++word) {
        auto value = static_cast<uint32_t>(random());
        if (word == 0)
            value = ipv6 ? (value & ~LOAD_CLIENTS6_MASK) | LOAD_CLIENTS6 : (value & ~LOAD_CLIENTS_MASK) | LOAD_CLIENTS;
        for (size_t i = 0; i < 4; ++i) address.bytes[4 * word + i] = static_cast<uint8_t>(value >> (24 - 8 * i));
    }
    return address;
}

/// OPT as in queries; for answers with the scope that they have.
ts::Edns opt_of(const Address& subnet, bool answer) {
    const bool ipv6 = subnet.family == Address::Family::kIpv6;
    const unsigned source = 8 * (ipv6 ? LOAD_SUBNET_OCTETS6 : LOAD_SUBNET_OCTETS);
    const uint8_t scope = ipv6 ? LOAD_LINE_LENGTH6 : LOAD_LINE_LENGTH;
    ts::Edns edns;
    edns.options = {ts::ecs(subnet, source, answer ? scope : 0)};
    return edns;
}

template <size_t size>
void copy(const ts::Bytes& from, size_t offset, uint8_t (&to)[size]) {
    std::copy_n(from.begin() + static_cast<ptrdiff_t>(offset), size, to);
}

}  // namespace

const LoadKind& LoadKind::of(const std::string& name) {
    std::string all;
    for (const LoadKind& kind : kKinds) {
        if (name == kind.name) return kind;
        all += std::string(all.empty() ? "" : ", ") + kind.name;
    }
    throw std::runtime_error("there is no kind " + name + ", only " + all);
}

std::span<const LoadKind> LoadKind::all() {
    return kKinds;
}

bool LoadKind::has_floor() const {
    return !ipv6 && !wildcard && answer != Answer::kRefused;
}

bool LoadKind::asks_existing() const {
    return answer == Answer::kNodata || (answer == Answer::kAddress && !wildcard);
}

const char* LoadKind::zone() const {
    return answer == Answer::kRefused ? "other.example." : "bench.example.";
}

uint16_t LoadKind::type() const {
    return answer == Answer::kNodata ? ts::kMx : ts::kA;
}

std::string LoadKind::name_asked(uint32_t names, std::mt19937& random) const {
    if (asks_existing()) return name_text(random() % names, labels);
    return wildcard ? random_name(random, labels - 3, "any.bench.example.") : random_name(random, labels - 2, zone());
}

ts::Frame LoadKind::query(uint32_t names, const Address& server6, std::mt19937& random) const {
    ts::DnsQuery query(name_asked(names, random), type());
    ts::Frame frame;
    if (ipv6) frame.destination = server6;
    frame.source = random_address(ipv6, random);
    uint32_t sender = load_client(frame.source.bytes.data(), ipv6);
    if (ecs) {
        const Address subnet = random_address(ipv6, random);
        sender ^= load_subnet(subnet.bytes.data(), ipv6) * LOAD_FACTOR;
        query.with(opt_of(subnet, false));
    }
    query.id = __builtin_bswap16(load_id(load_key(query.name.data() + LOAD_HEAD_SIZE, labels - 3), sender));
    frame.source_port = static_cast<uint16_t>(1024 + random() % 64000);
    frame.payload = query.bytes();
    return frame;
}

load_kind LoadKind::expected() const {
    constexpr size_t kHeader = 12;
    load_kind kind{};
    kind.ipv6 = ipv6;
    kind.subnet = ecs;
    kind.labels = labels - 3;
    kind.wildcard = wildcard;
    kind.record = answer != Answer::kRefused;
    kind.address = answer == Answer::kAddress;
    std::mt19937 random;
    const ts::Bytes question = ts::DnsQuery(name_asked(1, random), type()).bytes();
    const size_t tail = question.size() - LOAD_TAIL_SIZE;
    copy(question, kHeader, kind.head);
    copy(question, tail, kind.tail);
    const unsigned rcode = answer == Answer::kNxdomain ? 3 : answer == Answer::kRefused ? 5 : 0;
    ts::Bytes header;
    ts::put16(header, kind.record != 0 ? ts::kFlagQr | ts::kFlagAa | rcode : ts::kFlagQr | rcode);
    for (const bool one : {true, kind.address != 0, kind.record != 0 && kind.address == 0, ecs}) ts::put16(header, one);
    std::copy(header.begin(), header.end(), reinterpret_cast<uint8_t*>(kind.header));
    ts::Bytes record;
    ts::put16(record, static_cast<unsigned>(0xc000 | (kind.address != 0 ? kHeader : tail)));
    ts::put16(record, kind.address != 0 ? ts::kA : ts::kSoa);
    ts::put16(record, 1);
    copy(record, 0, kind.answer.head);
    Address subnet;
    if (ipv6) subnet.family = Address::Family::kIpv6;
    const ts::Bytes opt = opt_of(subnet, true).bytes();
    copy(opt, 0, kind.opt.head);
    copy(opt, offsetof(load_opt, rest), kind.opt.rest);
    return kind;
}

}  // namespace splitline::bench
