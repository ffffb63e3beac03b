// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/ideal_geo.h"

#include <bpf/bpf.h>

#include <array>
#include <cstring>
#include <numeric>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "bench/ideal_geo_program.h"
#include "bench/world.h"
#include "compile/answer.h"
#include "compile/name_record.h"
#include "ideal_geo.skel.h"

namespace splitline::bench {

namespace {

constexpr uint16_t kTypeA = 1;

void put(const bpf_map* map, const void* key, const void* value) {
    if (bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY) != 0)
        throw std::system_error(errno, std::generic_category(), "fill the ideal program's maps");
}

ideal_key key_of(DnameView name) {
    ideal_key key = ideal_start();
    for (size_t at = 0; at < name.size(); at += 8) {
        uint64_t word = 0;
        std::memcpy(&word, name.data() + at, std::min<size_t>(8, name.size() - at));
        ideal_word(&key, word);
    }
    return key;
}

/// The profile of the names, which all share one, and for each variant a class that gets it.
const Profile& profile_of(const Image& image) {
    for (const Profile& profile : image.profiles->profiles)
        if (profile.representatives.size() > 1 && profile.representatives.size() <= IDEAL_VARIANTS) return profile;
    throw std::runtime_error("the names of the image do not have two or three variants");
}

uint32_t variant_of(const Image& image, uint32_t address) {
    Address client;
    for (size_t i = 0; i < 4; ++i) client.bytes[i] = static_cast<uint8_t>(address >> (24 - 8 * i));
    const auto profile = static_cast<ProfileId>(&profile_of(image) - image.profiles->profiles.data());
    return image.profiles->variant(profile, image.classes->lookup(client).class_id);
}

}  // namespace

IdealGeo::IdealGeo(const Image& image, size_t names) : skeleton_(ideal_geo_bpf::open()) {
    if (skeleton_ == nullptr) throw std::runtime_error("cannot open the ideal program");
    bpf_map__set_max_entries(skeleton_->maps.names, static_cast<uint32_t>(names));
    bpf_map__set_max_entries(skeleton_->maps.by_24, 1U << 24);
    if (const int error = ideal_geo_bpf::load(skeleton_); error != 0)
        throw std::system_error(-error, std::generic_category(), "load the ideal program");
    fill_names(image, names);
    fill_clients(image);
}

IdealGeo::~IdealGeo() {
    ideal_geo_bpf::destroy(skeleton_);
}

int IdealGeo::program_fd() const {
    return bpf_program__fd(skeleton_->progs.ideal_answer);
}

uint64_t IdealGeo::answers() const {
    std::vector<uint64_t> per_cpu(static_cast<size_t>(libbpf_num_possible_cpus()));
    const uint32_t zero = 0;
    if (bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.answered), &zero, per_cpu.data()) != 0)
        throw std::system_error(errno, std::generic_category(), "read the ideal program's counter");
    return std::accumulate(per_cpu.begin(), per_cpu.end(), uint64_t{0});
}

void IdealGeo::fill_names(const Image& image, size_t names) {
    const Profile& profile = profile_of(image);
    Answer answer;
    for (size_t i = 0; i < names; ++i) {
        const Dname name = *dname_from_text(name_text(i));
        ideal_name value{};
        for (size_t variant = 0; variant < profile.representatives.size(); ++variant) {
            answer_query(image, name, kTypeA, profile.representatives[variant], answer);
            std::memcpy(value.body[variant], answer.body.data(), std::min<size_t>(answer.body.size(), IDEAL_BODY));
            value.sum[variant] = wire_sum(value.body[variant], IDEAL_BODY, false);
        }
        const ideal_key key = key_of(name);
        put(skeleton_->maps.names, &key, &value);
    }
}

// Only /16 blocks that are not uniform get cells of their own, as a program that cares for its caches would have it.
void IdealGeo::fill_clients(const Image& image) {
    uint32_t nodes = 0;
    for (uint32_t high = 0; high < 1U << 16; ++high) {
        std::array<uint32_t, 256> cells{};
        bool uniform = true;
        for (uint32_t third = 0; third < 256; ++third) {
            cells[third] = variant_of(image, high << 16 | third << 8);
            uniform = uniform && cells[third] == cells[0];
        }
        const uint32_t value = uniform ? cells[0] : IDEAL_NODE + nodes;
        put(skeleton_->maps.by_16, &high, &value);
        if (uniform) continue;
        for (uint32_t third = 0; third < 256; ++third) {
            const uint32_t key = nodes * 256 + third;
            put(skeleton_->maps.by_24, &key, &cells[third]);
        }
        ++nodes;
    }
}

}  // namespace splitline::bench
