// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/name_places.h"

#include <bpf/bpf.h>

#include <cstring>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "maps/config.h"
#include "maps/maps.h"
#include "support/packet_runner.h"

namespace splitline::bench {

namespace {

bpf_map_info info_of(const Fd& map) {
    bpf_map_info info{};
    uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(map.get(), &info, &size) != 0)
        throw std::system_error(errno, std::generic_category(), "map info");
    return info;
}

// The constants start with the configuration: it alone is in them.
sl_config config_of(const std::map<std::string, Fd>& maps) {
    for (const auto& [name, fd] : maps) {
        if (!name.ends_with(".rodata")) continue;
        std::vector<uint8_t> bytes(info_of(fd).value_size);
        const uint32_t zero = 0;
        if (bytes.size() < sizeof(sl_config) || bpf_map_lookup_elem(fd.get(), &zero, bytes.data()) != 0) break;
        sl_config config;
        std::memcpy(&config, bytes.data(), sizeof config);
        return config;
    }
    throw std::runtime_error("the program's configuration cannot be read");
}

}  // namespace

NamePlaces::NamePlaces(int program_fd) : maps_(testing_support::open_maps(program_fd)) {
    const Fd &buckets = maps_.at(SL_MAP_BUCKETS), &arena = maps_.at(SL_MAP_ARENA);
    buckets_ = MappedArray<sl_bucket>(buckets.get(), info_of(buckets).max_entries);
    arena_ = MappedArray<Page>(arena.get(), info_of(arena).max_entries);
    table_ = std::make_unique<BucketTable>(buckets_, arena_.data()->bytes, config_of(maps_).hash_seed);
}

NamePlaces::Place NamePlaces::of(DnameView name) const {
    const auto slot = table_->find(name);
    if (!slot) throw std::runtime_error("a name asked is not in the table");
    return {slot->bucket, table_->get(*slot)};
}

}  // namespace splitline::bench
