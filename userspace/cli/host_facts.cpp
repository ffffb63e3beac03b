// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/host_facts.h"

#include <linux/capability.h>
#include <linux/magic.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/client.h"
#include "kernel/host.h"
#include "resolver/socket.h"

namespace splitline {
namespace {

void look_at_kernel(HostFacts& facts) {
    utsname names{};
    uname(&names);
    facts.kernel_release = names.release;
    char dot = 0;
    std::istringstream(facts.kernel_release) >> facts.kernel_major >> dot >> facts.kernel_minor;
    facts.btf = access("/sys/kernel/btf/vmlinux", R_OK) == 0;
}

HostFacts::PinPlace pin_place(const std::string& directory) {
    if (directory.empty()) return HostFacts::PinPlace::kUnused;
    // The daemon makes the last folder itself.
    std::string place = directory;
    while (place.size() > 1 && place.back() == '/') place.pop_back();
    struct statfs info {};
    int done = statfs(place.c_str(), &info);
    if (done != 0 && errno == ENOENT) {
        place = std::filesystem::path(place).parent_path().string();
        done = statfs(place.c_str(), &info);
    }
    if (done != 0) return errno == EACCES ? HostFacts::PinPlace::kForbidden : HostFacts::PinPlace::kNoBpffs;
    if (info.f_type != BPF_FS_MAGIC) return HostFacts::PinPlace::kNoBpffs;
    return access(place.c_str(), W_OK | X_OK) == 0 ? HostFacts::PinPlace::kReady : HostFacts::PinPlace::kForbidden;
}

uint64_t effective_capabilities() {
    std::ifstream status("/proc/self/status");
    for (std::string key, value; status >> key && std::getline(status, value);)
        if (key == "CapEff:") return std::stoull(value, nullptr, 16);
    return 0;
}

// Those of the shipped unit (share/systemd), and what libxdp needs beside them.
std::vector<std::string> missing_capabilities(const FastPathSettings& settings) {
    struct Capability {
        const char* name;
        unsigned bit;
        bool needed;
    };
    const std::array<Capability, 6> wanted = {
        {{"CAP_BPF", CAP_BPF, true},
         {"CAP_PERFMON", CAP_PERFMON, true},
         {"CAP_NET_ADMIN", CAP_NET_ADMIN, true},
         {"CAP_NET_BIND_SERVICE", CAP_NET_BIND_SERVICE, true},
         {"CAP_NET_RAW", CAP_NET_RAW, settings.af_xdp != AfXdp::kOff},
         {"CAP_SYS_ADMIN", CAP_SYS_ADMIN, settings.attach == XdpAttach::kLibxdp}}};
    const uint64_t effective = effective_capabilities();
    std::vector<std::string> missing;
    for (const auto& each : wanted)
        if (each.needed && (effective >> each.bit & 1) == 0) missing.emplace_back(each.name);
    return missing;
}

bool runs(const std::string& name) {
    std::error_code error;
    const std::filesystem::directory_iterator processes("/proc", error);
    return std::any_of(begin(processes), end(processes), [&](const auto& process) {
        std::ifstream file(process.path() / "comm");
        std::string own;
        return std::getline(file, own) && own == name;
    });
}

std::vector<PortFacts> look_at_ports(const std::vector<Endpoint>& listen) {
    std::vector<PortFacts> ports;
    for (const auto& endpoint : listen)
        for (const bool tcp : {false, true})
            ports.push_back(
                {endpoint.text(), endpoint.port, tcp, try_endpoint(endpoint, tcp ? SOCK_STREAM : SOCK_DGRAM)});
    return ports;
}

InterfaceFacts look_at_interface(const std::string& name) {
    InterfaceFacts facts;
    facts.nic.name = name;
    const auto found = find_interface(name);
    if (!found) {
        facts.missing = found.error().message;
        return facts;
    }
    facts.nic = query_nic(name);
    const InterfaceProgram program(name, found->index);
    facts.program = program.kind();
    facts.program_shared = program.is_shared();
    facts.program_name = program.name();
    facts.program_id = program.id();
    return facts;
}

}  // namespace

HostFacts look_at_host(const Config& config, const std::vector<std::string>& interfaces) {
    HostFacts facts;
    facts.xdp_enabled = config.xdp_enabled || !interfaces.empty();
    facts.mode = config.fast_path.mode;
    facts.attach = config.fast_path.attach;
    facts.pin_directory = config.fast_path.pin_directory;
    look_at_kernel(facts);
    facts.pin_place = pin_place(facts.pin_directory);
    facts.missing_capabilities = missing_capabilities(config.fast_path);
    facts.cpus = static_cast<unsigned>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
    facts.irqbalance = runs("irqbalance");
    facts.daemon_answers = ControlClient::connect(config.control_socket).has_value();
    if (!facts.daemon_answers) facts.ports = look_at_ports(config.resolver.listen);
    for (const auto& name : interfaces.empty() ? config.fast_path.interfaces : interfaces)
        facts.interfaces.push_back(look_at_interface(name));
    return facts;
}

}  // namespace splitline
