// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/packet_runner.h"

#include <bpf/bpf.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "support/later_image.h"

namespace splitline::testing_support {

namespace {

constexpr size_t kOutputMax = 4096;

std::string run_ip(const std::string& arguments) {
    const std::string command = "ip " + arguments;
    if (std::system(command.c_str()) == 0) return "";
    return "`" + command + "` failed: needs iproute2, veth and CAP_NET_ADMIN";
}

std::string enter_network() {
    if (unshare(CLONE_NEWNET) != 0) return "a private network namespace needs CAP_SYS_ADMIN";
    const std::string link = kInterface, peer = kPeer;
    const std::vector<std::string> commands = {
        "link set lo up",
        "link add " + link + " address 02:00:00:00:00:53 type veth peer name " + peer + " address 02:00:00:00:00:07",
        "addr add " + std::string(kServer4) + "/24 brd + dev " + link,
        "addr add " + std::string(kServer6) + "/64 nodad dev " + link,
        // The peer stays down: without a carrier no packet but ours reaches the program and its counters.
        "link set " + link + " up",
    };
    for (const auto& command : commands) {
        std::string problem = run_ip(command);
        if (!problem.empty()) return problem;
    }
    return "";
}

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

FastPathSettings bed_settings() {
    FastPathSettings settings;
    settings.interfaces = {kInterface};
    settings.pin_directory.clear();
    settings.max_names = 20'000;
    settings.arena_mib = 64;
    settings.max_zones = 16;
    settings.listen = {{address(kServer4), 53}, {address(kServer6), 53}, {address(kServer4), 5353}};
    return settings;
}

}  // namespace

const std::string& PrivateNetwork::missing() {
    static const std::string problem = enter_network();
    return problem;
}

Outcome run_program(int program_fd, std::span<const uint8_t> packet, uint32_t repeat) {
    std::array<uint8_t, kOutputMax> out{};
    bpf_test_run_opts options{};
    options.sz = sizeof options;
    options.data_in = packet.data();
    options.data_size_in = static_cast<uint32_t>(packet.size());
    options.data_out = out.data();
    options.data_size_out = kOutputMax;
    options.repeat = static_cast<int>(repeat);
    if (bpf_prog_test_run_opts(program_fd, &options) != 0) fail("BPF_PROG_TEST_RUN");
    Outcome outcome;
    outcome.verdict = options.retval;
    outcome.bytes.assign(out.begin(), out.begin() + options.data_size_out);
    outcome.nanoseconds = options.duration;
    return outcome;
}

namespace {

// Calls visit(fd, info) for each map of a program; the fd is visit's.
template <typename Visit>
void for_each_map(int program_fd, Visit visit) {
    std::array<uint32_t, 64> ids{};
    bpf_prog_info info{};
    info.nr_map_ids = ids.size();
    info.map_ids = reinterpret_cast<uintptr_t>(ids.data());
    uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(program_fd, &info, &size) != 0) fail("program info");
    for (uint32_t i = 0; i < info.nr_map_ids && i < ids.size(); ++i) {
        Fd fd(bpf_map_get_fd_by_id(ids[i]));
        if (fd.get() < 0) fail("open map by id");
        bpf_map_info map{};
        size = sizeof map;
        if (bpf_obj_get_info_by_fd(fd.get(), &map, &size) != 0) fail("map info");
        visit(std::move(fd), map);
    }
}

bool is_shared(uint32_t type) {
    return type != BPF_MAP_TYPE_PERCPU_ARRAY && type != BPF_MAP_TYPE_XSKMAP;
}

}  // namespace

std::map<std::string, Fd> open_maps(int program_fd) {
    std::map<std::string, Fd> maps;
    for_each_map(program_fd, [&](Fd fd, const bpf_map_info& info) { maps[info.name] = std::move(fd); });
    return maps;
}

ProgramMap::ProgramMap(int program_fd, const std::string& name) : fd_(open_maps(program_fd)[name].release()) {
    if (fd_ < 0) throw std::runtime_error("the program has no map " + name);
}

std::map<std::string, Bytes> read_shared_maps(int program_fd) {
    std::map<std::string, Bytes> contents;
    for_each_map(program_fd, [&](const Fd& fd, const bpf_map_info& info) {
        if (!is_shared(info.type)) return;
        Bytes key(info.key_size), value(info.value_size), &all = contents[info.name];
        for (const void* last = nullptr; bpf_map_get_next_key(fd.get(), last, key.data()) == 0; last = key.data())
            if (bpf_map_lookup_elem(fd.get(), key.data(), value.data()) == 0)
                all.insert(all.end(), value.begin(), value.end());
    });
    return contents;
}

ProgramMap::~ProgramMap() {
    if (fd_ >= 0) close(fd_);
}

void ProgramMap::read(uint32_t key, void* value) const {
    if (bpf_map_lookup_elem(fd_, &key, value) != 0) fail("read map");
}

void ProgramMap::write(uint32_t key, const void* value) const {
    if (bpf_map_update_elem(fd_, &key, value, BPF_ANY) != 0) fail("write map");
}

FastPathBed::FastPathBed(const ResponsePolicy& policy, const std::function<void(FastPathSettings&)>& adjust)
    : policy_(policy) {
    FastPathSettings settings = bed_settings();
    if (adjust) adjust(settings);
    auto loaded = FastPath::load(settings, policy);
    if (!loaded) throw std::runtime_error(loaded.error().text());
    fast_path_ = std::move(*loaded);
    // Attaching makes the instance that knows the interface's MAC and addresses; nothing is pinned, it ends with us.
    if (const auto attached = fast_path_->attach(); !attached) throw std::runtime_error(attached.error().text());
    program_fd_ = bpf_prog_get_fd_by_id(fast_path_->interfaces().at(0).program_id);
    if (program_fd_ < 0) fail("open the attached program");
}

FastPathBed::~FastPathBed() {
    if (program_fd_ >= 0) close(program_fd_);
}

void FastPathBed::publish(std::shared_ptr<const Image> image) {
    const auto done = fast_path_->publish(later_image(std::move(image), fast_path_->generation()), {});
    if (!done) throw std::runtime_error(done.error().text());
}

Outcome FastPathBed::run(std::span<const uint8_t> packet) {
    before_ = fast_path_->counters();
    Outcome outcome = run_program(program_fd_, packet);
    const FastPathCounters after = fast_path_->counters();
    uint64_t total = 0;
    for (unsigned i = 0; i < SL_REASON_COUNT; ++i) {
        const uint64_t rise = after.reasons[i] - before_.reasons[i];
        total += rise;
        if (rise == 1) outcome.reason = static_cast<sl_reason>(i);
    }
    if (total != 1) outcome.reason.reset();
    for (size_t i = 0; i < after.lines.size() && i < before_.lines.size(); ++i)
        if (after.lines[i] != before_.lines[i]) outcome.line = static_cast<LineId>(i);
    return outcome;
}

std::string verdict_name(uint32_t verdict) {
    constexpr std::array<const char*, 5> kNames = {"XDP_ABORTED", "XDP_DROP", "XDP_PASS", "XDP_TX", "XDP_REDIRECT"};
    return verdict < kNames.size() ? kNames[verdict] : "verdict " + std::to_string(verdict);
}

}  // namespace splitline::testing_support
