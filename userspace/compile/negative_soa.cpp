// SPDX-License-Identifier: GPL-3.0-or-later
#include "compile/negative_soa.h"

#include <libknot/consts.h>
#include <libknot/descriptor.h>

namespace splitline {

namespace {

constexpr size_t kPointerSize = 2;
constexpr size_t kLengthAt = kPointerSize + 8;  // of RDLENGTH in the record: behind owner, type, class and TTL
constexpr size_t kRdataAt = kLengthAt + 2;

}  // namespace

NegativeSoa::NegativeSoa(DnameView apex, uint32_t ttl, std::span<const uint8_t> rdata) {
    bytes_ = {0, 0, 0, KNOT_RRTYPE_SOA, 0, KNOT_CLASS_IN};
    for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes_.push_back(static_cast<uint8_t>(ttl >> shift));
    bytes_.resize(kRdataAt);
    for (const size_t which : {1, 2}) {
        const auto name = rdata.first(dname_wire_size(rdata.data(), rdata.size()));
        pointers_[which] = append_name(apex, name);
        rdata = rdata.subspan(name.size());
    }
    bytes_.insert(bytes_.end(), rdata.begin(), rdata.end());
    const size_t size = bytes_.size() - kRdataAt;
    bytes_[kLengthAt] = static_cast<uint8_t>(size >> 8);
    bytes_[kLengthAt + 1] = static_cast<uint8_t>(size);
    bytes_.shrink_to_fit();
}

uint16_t NegativeSoa::append_name(DnameView apex, std::span<const uint8_t> name) {
    Dname folded(reinterpret_cast<const char*>(name.data()), name.size());
    dname_fold(reinterpret_cast<uint8_t*>(folded.data()), folded.size());
    // The root takes fewer bytes than a pointer to it.
    const bool pointed = apex.size() > kPointerSize && dname_in(folded, apex);
    const auto own = name.first(pointed ? name.size() - apex.size() : name.size());
    bytes_.insert(bytes_.end(), own.begin(), own.end());
    if (!pointed) return 0;
    const auto at = static_cast<uint16_t>(bytes_.size());
    bytes_.resize(bytes_.size() + kPointerSize);
    return at;
}

}  // namespace splitline
