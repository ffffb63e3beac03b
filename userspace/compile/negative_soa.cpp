// SPDX-License-Identifier: GPL-3.0-or-later
#include "compile/negative_soa.h"

#include <libknot/descriptor.h>

#include <utility>

#include "compile/message_writer.h"

namespace splitline {

namespace {

constexpr size_t kPointerSize = 2;
constexpr size_t kRdataAt = kPointerSize + 10;  // behind owner, type, class, TTL and RDLENGTH

/// Whether a pointer to the apex takes the place of the apex in that name: the root takes fewer bytes itself.
bool ends_in_pointer(std::span<const uint8_t> name, DnameView apex) {
    Dname folded(reinterpret_cast<const char*>(name.data()), name.size());
    dname_fold(reinterpret_cast<uint8_t*>(folded.data()), folded.size());
    return apex.size() > kPointerSize && dname_in(folded, apex);
}

}  // namespace

NegativeSoa::NegativeSoa(DnameView apex, uint32_t ttl, std::span<const uint8_t> rdata) {
    std::vector<uint8_t> sent;
    for (const size_t which : {1, 2}) {
        const auto name = rdata.first(dname_wire_size(rdata.data(), rdata.size()));
        const bool pointed = ends_in_pointer(name, apex);
        const auto own = name.first(pointed ? name.size() - apex.size() : name.size());
        sent.insert(sent.end(), own.begin(), own.end());
        if (pointed) {
            pointers_[which] = static_cast<uint16_t>(kRdataAt + sent.size());
            sent.resize(sent.size() + kPointerSize);
        }
        rdata = rdata.subspan(name.size());
    }
    sent.insert(sent.end(), rdata.begin(), rdata.end());
    Answer made;
    MessageWriter(made, 0).record(MessageWriter::Section::kAuthority, 0, apex, KNOT_RRTYPE_SOA, ttl, sent);
    bytes_ = std::move(made.body);
    bytes_[0] = 0;
}

}  // namespace splitline
