// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/responder_program.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/log.h"
#include "maps/maps.h"
#include "maps/name_table.h"
#include "responder.skel.h"

namespace splitline {

namespace {

// Lines a configuration may have: the key range of map "lines".
constexpr uint32_t kLineCounters = 16384;

int log_libbpf(enum libbpf_print_level level, const char* format, va_list arguments) {
    char line[1024];
    vsnprintf(line, sizeof line, format, arguments);
    line[strcspn(line, "\n")] = 0;
    // libbpf's warnings repeat what our own errors say better; they are there for whoever asks for detail.
    if (level == LIBBPF_WARN) log_debug("libbpf: {}", line);
    return 0;
}

void copy_address(const Address& address, uint32_t* words) {
    std::memcpy(words, address.bytes.data(), address.bits() / 8);
}

void add_own_addresses(sl_config& config) {
    size_t left_out = 0;
    auto own = host_addresses();
    const auto broadcast = broadcast_addresses();
    own.insert(own.end(), broadcast.begin(), broadcast.end());
    for (const Address& address : own) left_out += !add_own_address(config, address);
    if (left_out > 0)
        log_warning("{} addresses of this host beyond the first {} are not recognised as our own by the fast path",
                    left_out, SL_OWN_MAX);
}

}  // namespace

bool add_own_address(sl_config& config, const Address& address) {
    const bool ipv4 = address.family == Address::Family::kIpv4;
    uint32_t& count = ipv4 ? config.own4_count : config.own6_count;
    if (count == SL_OWN_MAX) return false;
    uint32_t* words = ipv4 ? &config.own4[count] : config.own6[count];
    copy_address(address, words);
    (ipv4 ? config.own4_filter : config.own6_filter) |= uint64_t{1} << sl_own_bit(words[ipv4 ? 0 : 3]);
    ++count;
    return true;
}

sl_ecs_sender ecs_sender(const Prefix& prefix) {
    sl_ecs_sender sender{};
    sender.prefix_length = SL_ECS_FAMILY_BITS + prefix.length;
    sender.family = prefix.address.family == Address::Family::kIpv4 ? 4 : 6;
    copy_address(prefix.address, sender.address);
    return sender;
}

uint32_t bucket_count(uint32_t max_names) {
    return std::bit_ceil(
        std::max<uint32_t>(2, static_cast<uint32_t>(uint64_t{max_names} * 3 / (uint64_t{2} * SL_BUCKET_SLOTS) + 1)));
}

Error kernel_error(const std::string& what, int error) {
    std::string hint;
    if (error == EPERM || error == EACCES)
        hint = " (needs CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN, or root)";
    else if (error == ENOMEM)
        hint = " (lower xdp.arena_mib or xdp.max_names, or add memory)";
    else if (error == EOPNOTSUPP || error == EINVAL)
        hint = " (needs Linux 6.1 or newer; a driver without native XDP needs xdp.mode = \"generic\")";
    return Error{what + ": " + std::strerror(error) + hint};
}

Result<sl_config> program_config(const FastPathSettings& settings, const ResponsePolicy& policy,
                                 const Interface* interface, uint32_t buckets, uint64_t hash_seed) {
    sl_config config{};
    config.hash_seed = hash_seed;
    config.bucket_mask = buckets - 1;
    if (settings.listen.size() > SL_LISTEN_MAX)
        return Error{"server.listen: the fast path serves at most " + std::to_string(SL_LISTEN_MAX) +
                     " addresses, there are " + std::to_string(settings.listen.size()) +
                     "; list only those that clients ask"};
    for (const Endpoint& endpoint : settings.listen) {
        sl_endpoint& listen = config.listen[config.listen_count++];
        copy_address(endpoint.address, listen.address);
        listen.port = htons(endpoint.port);
        listen.family = endpoint.address.family == Address::Family::kIpv4 ? 4 : 6;
    }
    config.udp_payload = policy.udp_payload;
    config.ecs = !policy.ecs ? SL_ECS_IGNORE : policy.ecs_trust.empty() ? SL_ECS_TRUST : SL_ECS_LISTED;
    config.udp4_zero_sum = settings.udp4_zero_checksum ? 1 : 0;
    if (interface != nullptr) {
        config.check_mac = interface->ethernet ? 1 : 0;
        std::memcpy(&config.mac, interface->mac.data(), interface->mac.size());
        add_own_addresses(config);
    }
    return config;
}

void ResponderProgram::Destroy::operator()(responder_bpf* skeleton) const {
    responder_bpf::destroy(skeleton);
}

ResponderProgram::ResponderProgram(Skeleton skeleton) : skeleton_(std::move(skeleton)) {}
ResponderProgram::ResponderProgram(ResponderProgram&&) noexcept = default;
ResponderProgram& ResponderProgram::operator=(ResponderProgram&&) noexcept = default;
ResponderProgram::~ResponderProgram() = default;

const std::vector<const char*>& ResponderProgram::map_names() {
    static const std::vector<const char*> names = {SL_MAP_CONTROL, SL_MAP_BUCKETS, SL_MAP_ZONES,   SL_MAP_ARENA,
                                                   SL_MAP_REASONS, SL_MAP_LINES,   SL_MAP_SAMPLES, SL_MAP_ECS_TRUST,
                                                   SL_MAP_EXPIRY,  SL_MAP_RESOLVER};
    return names;
}

Result<ResponderProgram> ResponderProgram::create(const FastPathSettings& settings, const sl_config& config) {
    libbpf_set_print(log_libbpf);
    Skeleton skeleton(responder_bpf::open());
    if (skeleton == nullptr) return kernel_error("cannot open the XDP program", errno);
    std::memcpy(&skeleton->rodata->config, &config, sizeof config);
    bpf_map__set_max_entries(skeleton->maps.buckets, config.bucket_mask + 1);
    bpf_map__set_max_entries(skeleton->maps.arena, settings.arena_mib << (20 - SL_PAGE_SHIFT));
    bpf_map__set_max_entries(skeleton->maps.zones, std::max(1U, settings.max_zones));
    bpf_map__set_max_entries(skeleton->maps.lines, kLineCounters);
    bpf_map__set_max_entries(skeleton->maps.ecs_trust, 65536);
    bpf_map__set_max_entries(skeleton->maps.resolver,
                             SL_HANDOFF_QUEUES * std::max(1U, static_cast<uint32_t>(settings.interfaces.size())));
    if (const int error = responder_bpf::load(skeleton.get()); error != 0)
        return kernel_error("cannot load the XDP program", -error);
    return ResponderProgram(std::move(skeleton));
}

Result<ResponderProgram> ResponderProgram::share(const ResponderProgram& first, const sl_config& config, bool load) {
    Skeleton skeleton(responder_bpf::open());
    if (skeleton == nullptr) return kernel_error("cannot open the XDP program", errno);
    std::memcpy(&skeleton->rodata->config, &config, sizeof config);
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, skeleton->obj) {
        if (bpf_map__is_internal(map)) continue;
        if (const int error = bpf_map__reuse_fd(map, first.map_fd(bpf_map__name(map))); error != 0)
            return kernel_error(std::string("cannot share map ") + bpf_map__name(map), -error);
    }
    // The heartbeat exists once, with the first instance; an object without it can be loaded as a dispatcher's
    // extension.
    bpf_program__set_autoload(skeleton->progs.heartbeat, false);
    if (load)
        if (const int error = responder_bpf::load(skeleton.get()); error != 0)
            return kernel_error("cannot load the XDP program", -error);
    return ResponderProgram(std::move(skeleton));
}

int ResponderProgram::fd() const {
    return bpf_program__fd(skeleton_->progs.respond);
}

bpf_object* ResponderProgram::object() const {
    return skeleton_->obj;
}

uint32_t ResponderProgram::verified_instructions() const {
    bpf_prog_info info{};
    uint32_t size = sizeof info;
    return bpf_obj_get_info_by_fd(fd(), &info, &size) == 0 ? info.verified_insns : 0;
}

int ResponderProgram::map_fd(const char* name) const {
    return bpf_object__find_map_fd_by_name(skeleton_->obj, name);
}

uint32_t ResponderProgram::map_entries(const char* name) const {
    return bpf_map__max_entries(bpf_object__find_map_by_name(skeleton_->obj, name));
}

void ResponderProgram::heartbeat(uint32_t seconds) const {
    struct {
        uint32_t seconds, pad;
    } beat = {seconds, 0};
    bpf_test_run_opts options{};
    options.sz = sizeof options;
    options.ctx_in = &beat;
    options.ctx_size_in = sizeof beat;
    bpf_prog_test_run_opts(bpf_program__fd(skeleton_->progs.heartbeat), &options);
}

}  // namespace splitline
