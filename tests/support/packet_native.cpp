// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/packet_native.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "kernel/responder_program.h"
#include "support/later_image.h"
#include "support/native/program.h"
#include "support/packet_dns.h"

namespace splitline::testing_support {

namespace {

constexpr uint64_t kSeed = 0x5eed0f1a7e5eedULL;
constexpr uint32_t kBuckets = 4096, kZones = 16, kPages = 256;
constexpr size_t kBufferSize = 16384, kFrameMax = 2048;

// A mapped array over anonymous memory instead of a BPF map.
template <typename T>
MappedArray<T> plain_array(size_t count) {
    const int fd = memfd_create("map", 0);
    if (fd < 0 || ftruncate(fd, static_cast<off_t>(count * sizeof(T))) != 0)
        throw std::system_error(errno, std::generic_category(), "memfd");
    MappedArray<T> array(fd, count);
    close(fd);
    return array;
}

// xdp_md holds packet addresses in 32 bits, so the buffer must lie there; an unreadable page follows it.
uint8_t* map_buffer() {
    void* memory =
        mmap(nullptr, kBufferSize + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "packet buffer");
    auto* bytes = static_cast<uint8_t*>(memory);
    if (mprotect(bytes + kBufferSize, 4096, PROT_NONE) != 0)
        throw std::system_error(errno, std::generic_category(), "guard page");
    return bytes;
}

uint32_t low_address(const uint8_t* at) {
    return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(at));
}

}  // namespace

NativeProgram::NativeProgram(ResponsePolicy policy) : policy_(std::move(policy)), buffer_(map_buffer()) {
    MappedMaps maps{plain_array<sl_control>(64), plain_array<sl_bucket>(kBuckets), plain_array<ZoneCell>(kZones),
                    plain_array<ArenaPage>(kPages)};
    native_maps = {};
    native_maps.control = maps.control.data();
    native_maps.buckets = maps.buckets.data();
    native_maps.zones = maps.zones.data();
    native_maps.arena = maps.arena.data();
    native_maps.bucket_count = kBuckets;
    native_maps.zone_count = kZones;
    native_maps.page_count = kPages;
    for (const Prefix& prefix : policy_.ecs_trust) senders_.push_back(ecs_sender(prefix));
    native_maps.senders = senders_.data();
    native_maps.sender_count = static_cast<uint32_t>(senders_.size());
    set_config();
    publisher_ = std::make_unique<Publisher>(std::move(maps), kSeed, kBuckets * 4, [] {});
}

NativeProgram::~NativeProgram() {
    native_maps = {};
    munmap(buffer_, kBufferSize + 4096);
}

void NativeProgram::set_config() {
    FastPathSettings settings;
    settings.listen = {{address(kServer4), 53}, {address(kServer6), 53}};
    sl_config config = program_config(settings, policy_, nullptr, kBuckets, kSeed).value();
    for (const std::string_view own : {kServer4, std::string_view("192.0.2.255"), kServer6})
        add_own_address(config, address(own));
    std::memcpy(&config.mac, kServerMac.data(), kServerMac.size());
    config.check_mac = 1;
    native_set_config(&config);
}

uint64_t NativeProgram::bucket_looks() const {
    return native_maps.bucket_looks;
}

void NativeProgram::publish(const std::shared_ptr<const Image>& image) {
    const auto done = publisher_->publish(later_image(image, publisher_->generation()));
    if (!done) throw std::runtime_error(done.error().text());
}

Outcome NativeProgram::run(std::span<const uint8_t> frame, Slack slack) {
    if (frame.size() > kFrameMax) throw std::invalid_argument("frame too long for the buffer");
    native_packet = {buffer_ + kBufferSize, slack.tail, slack.head};
    std::memset(native_maps.reasons, 0, sizeof native_maps.reasons);
    std::memset(native_maps.lines, 0, sizeof native_maps.lines);
    uint8_t* start = native_packet.guard - frame.size();
    std::copy(frame.begin(), frame.end(), start);
    xdp_md context{};
    context.data = low_address(start);
    context.data_end = low_address(native_packet.guard);
    Outcome outcome;
    outcome.verdict = static_cast<uint32_t>(native_respond(&context));
    const uint8_t* data = native_packet.guard - (low_address(native_packet.guard) - context.data);
    outcome.bytes.assign(data, data + (context.data_end - context.data));
    uint64_t total = 0;
    for (unsigned i = 0; i < SL_REASON_COUNT; ++i) {
        total += native_maps.reasons[i];
        if (native_maps.reasons[i] == 1) outcome.reason = static_cast<sl_reason>(i);
    }
    if (total != 1) outcome.reason.reset();
    for (size_t i = 0; i < std::size(native_maps.lines); ++i)
        if (native_maps.lines[i] != 0) outcome.line = static_cast<LineId>(i);
    return outcome;
}

}  // namespace splitline::testing_support
