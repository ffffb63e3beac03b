// SPDX-License-Identifier: GPL-3.0-or-later
// bench_baseline: serves by one of the programs that ours is compared with, until it is told to end.
//
//   bench_baseline reflect DEVICE                       every datagram goes back as it came (reflect.bpf.c)
//   bench_baseline floor DEVICE POSITIVE NEGATIVE       the bare program (wire_floor.bpf.c): so many bytes behind the
//                                                       question of a positive answer, and of one with an SOA
//   bench_baseline ideal DEVICE NAMES ZONE PREFIXES     the bare geo program (ideal_geo.bpf.c), filled from the load
//                                                       test's zone and from the prefix list of line `internal`
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/if_link.h>
#include <net/if.h>

#include <csignal>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>

#include "bench/ideal_geo_program.h"
#include "bench/wire_floor.h"
#include "bench/world.h"
#include "line/prefix_table.h"
#include "reflect.skel.h"
#include "wire_floor.skel.h"

namespace splitline::bench {
namespace {

/// Attached natively as long as it lives.
class Attached {
  public:
    Attached(const std::string& device, int program) : device_(static_cast<int>(if_nametoindex(device.c_str()))) {
        if (const int error = bpf_xdp_attach(device_, program, XDP_FLAGS_DRV_MODE, nullptr); error != 0)
            throw std::system_error(-error, std::generic_category(), "attach to " + device);
    }
    ~Attached() { bpf_xdp_detach(device_, XDP_FLAGS_DRV_MODE, nullptr); }
    Attached(const Attached&) = delete;
    Attached& operator=(const Attached&) = delete;

  private:
    int device_;
};

void serve(const std::string& device, int program) {
    const Attached attached(device, program);
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, nullptr);
    int signal = 0;
    sigwait(&ends, &signal);
}

int serve_reflect(const std::string& device) {
    const std::unique_ptr<reflect_bpf, void (*)(reflect_bpf*)> skeleton(reflect_bpf::open_and_load(),
                                                                        &reflect_bpf::destroy);
    if (!skeleton) throw std::system_error(errno, std::generic_category(), "load the reflector");
    serve(device, bpf_program__fd(skeleton->progs.reflect));
    return 0;
}

floor_tail tail_of(size_t length) {
    if (length != FLOOR_FIRST && (length < FLOOR_BLOCK || length > FLOOR_TAIL_MAX))
        throw std::runtime_error(fmt::format("{} bytes behind the question: the bare program writes {}, or {} to {}",
                                             length, FLOOR_FIRST, FLOOR_BLOCK, FLOOR_TAIL_MAX));
    floor_tail tail{};
    tail.length = static_cast<uint32_t>(length);
    for (size_t i = 0; i < length; ++i) {
        tail.bytes[i] = static_cast<uint8_t>(i);
        tail.sum += static_cast<uint32_t>(i) << (8 * (i % 2));
    }
    return tail;
}

int serve_floor(const std::string& device, size_t positive, size_t negative) {
    const std::unique_ptr<wire_floor_bpf, void (*)(wire_floor_bpf*)> skeleton(wire_floor_bpf::open(),
                                                                              &wire_floor_bpf::destroy);
    if (!skeleton) throw std::system_error(errno, std::generic_category(), "open the bare program");
    floor_tail* tails = const_cast<floor_tail*>(skeleton->rodata->tails);
    tails[FLOOR_POSITIVE] = tail_of(positive);
    tails[FLOOR_NEGATIVE] = tail_of(negative);
    if (const int error = wire_floor_bpf::load(skeleton.get()); error != 0)
        throw std::system_error(-error, std::generic_category(), "load the bare program");
    serve(device, bpf_program__fd(skeleton->progs.wire_floor));
    return 0;
}

int serve_ideal(const std::string& device, size_t names, const std::string& zone, const std::string& prefixes) {
    LineConfig config;
    Line internal;
    internal.name = "internal";
    internal.sources.lists = {prefixes};
    config.lines = {internal};
    const auto lines = read_lines(config);
    std::ifstream file(zone);
    if (!file) throw std::runtime_error("cannot read " + zone);
    const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const Result<std::shared_ptr<const Image>> image = compile_image(lines, {build_zone(text, *lines)}, nullptr);
    if (!image) throw std::runtime_error(image.error().text());
    const IdealGeo ideal(**image, names);
    serve(device, ideal.program_fd());
    return 0;
}

int run(std::span<char*> arguments) {
    if (arguments.size() == 3 && std::string(arguments[1]) == "reflect") return serve_reflect(arguments[2]);
    if (arguments.size() == 5 && std::string(arguments[1]) == "floor")
        return serve_floor(arguments[2], std::stoul(arguments[3]), std::stoul(arguments[4]));
    if (arguments.size() == 6 && std::string(arguments[1]) == "ideal")
        return serve_ideal(arguments[2], std::stoul(arguments[3]), arguments[4], arguments[5]);
    std::cerr
        << "usage: bench_baseline reflect DEVICE | floor DEVICE POSITIVE NEGATIVE | ideal DEVICE NAMES ZONE PREFIXES\n";
    return 2;
}

}  // namespace
}  // namespace splitline::bench

int main(int argc, char** argv) {
    try {
        return splitline::bench::run({argv, static_cast<size_t>(argc)});
    } catch (const std::exception& error) {
        std::cerr << "bench_baseline: " << error.what() << '\n';
        return 1;
    }
}
