// SPDX-License-Identifier: GPL-3.0-or-later
#include "line/prefix_builder.h"

#include <bit>
#include <limits>

namespace splitline {
namespace {

unsigned trailing_zeros(uint32_t number) {
    return static_cast<unsigned>(std::countr_zero(number));
}

unsigned trailing_zeros(uint128 number) {
    const auto low = static_cast<uint64_t>(number);
    if (low != 0) return static_cast<unsigned>(std::countr_zero(low));
    return 64 + static_cast<unsigned>(std::countr_zero(static_cast<uint64_t>(number >> 64)));
}

unsigned width(uint32_t number) {
    return static_cast<unsigned>(std::bit_width(number));
}

unsigned width(uint128 number) {
    const auto high = static_cast<uint64_t>(number >> 64);
    if (high != 0) return 64 + static_cast<unsigned>(std::bit_width(high));
    return static_cast<unsigned>(std::bit_width(static_cast<uint64_t>(number)));
}

/// Calls emit(address, length) for each of the fewest prefixes that make up first..last.
template <typename Number, typename Emit>
void split_range(Number first, Number last, Emit emit) {
    constexpr unsigned kBits = sizeof(Number) * 8;
    for (;;) {
        // The block at `first` may be as large as its alignment and the room up to `last` allow; room + 1 may not fit
        // Number.
        const Number room = last - first;
        const Number whole = room + 1;
        unsigned host = whole == 0 ? kBits : width(whole) - 1;
        if (first != 0 && trailing_zeros(first) < host) host = trailing_zeros(first);
        emit(first, static_cast<uint8_t>(kBits - host));
        const Number step = host == kBits ? room : (Number{1} << host) - 1;
        if (step == room) return;
        first += step + 1;
    }
}

}  // namespace

uint16_t PrefixBuilder::source(const std::string& description) {
    constexpr size_t kMaxSources = size_t{std::numeric_limits<uint16_t>::max()} + 1;
    const auto found = source_index_.find(description);
    if (found != source_index_.end()) return found->second;
    if (table_.sources.size() == kMaxSources) {
        too_many_sources_ = true;
        return 0;
    }
    const auto index = static_cast<uint16_t>(table_.sources.size());
    table_.sources.push_back(description);
    source_index_.emplace(description, index);
    return index;
}

void PrefixBuilder::add(const LinePrefix4& prefix) {
    table_.ipv4.push_back(prefix);
    ++counts_[prefix.line];
}

void PrefixBuilder::add(const LinePrefix6& prefix) {
    table_.ipv6.push_back(prefix);
    ++counts_[prefix.line];
}

void PrefixBuilder::add(const Prefix& prefix, Membership member) {
    if (prefix.address.family == Address::Family::kIpv4) {
        add(LinePrefix4{to_uint32(prefix.address), prefix.length, member.line, member.source});
    } else {
        add(LinePrefix6{to_uint128(prefix.address), prefix.length, member.line, member.source});
    }
}

void PrefixBuilder::add_range(uint32_t first, uint32_t last, const Memberships& members) {
    split_range(first, last, [&](uint32_t address, uint8_t length) {
        for (const auto& member : members) add(LinePrefix4{address, length, member.line, member.source});
    });
}

void PrefixBuilder::add_range(uint128 first, uint128 last, const Memberships& members) {
    split_range(first, last, [&](uint128 address, uint8_t length) {
        for (const auto& member : members) add(LinePrefix6{address, length, member.line, member.source});
    });
}

uint128 to_uint128(const Address& address) {
    uint128 number = 0;
    for (const auto byte : address.bytes) number = (number << 8) | byte;
    return number;
}

uint32_t to_uint32(const Address& address) {
    uint32_t number = 0;
    for (size_t i = 0; i < 4; ++i) number = (number << 8) | address.bytes[i];
    return number;
}

Address to_address(uint32_t number) {
    Address address;
    for (size_t i = 0; i < 4; ++i) address.bytes[i] = static_cast<uint8_t>(number >> (24 - 8 * i));
    return address;
}

Address to_address(uint128 number) {
    Address address{Address::Family::kIpv6, {}};
    for (size_t i = 0; i < 16; ++i) address.bytes[i] = static_cast<uint8_t>(number >> (120 - 8 * i));
    return address;
}

}  // namespace splitline
