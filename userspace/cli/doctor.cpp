// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/doctor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace splitline {
namespace {

using Severity = HostFinding::Severity;

// The oldest that the BPF program is made to load on (README).
constexpr std::pair kOldestKernel = {6U, 1U};
// A page less headroom and the room that the kernel keeps at the end; drivers differ by some bytes, ena's is lowest.
constexpr unsigned kNativeMtu = 3498;
// Enough for bursts; much more leaves the caches, and with XDP_TX on several cores halves the rate on some NICs.
constexpr unsigned kGoodRing = 512;

class Judge {
  public:
    explicit Judge(const HostFacts& facts) : host_(facts) {}
    std::vector<HostFinding> run();

  private:
    void add(Severity severity, const std::string& subject, std::string text, std::string fix = "") {
        findings_.push_back({severity, subject, std::move(text), std::move(fix)});
    }
    void kernel();
    void pins();
    void rights();
    void port(const PortFacts& port);
    void interface(const InterfaceFacts& each);
    void program(const InterfaceFacts& each);
    void driver(const NicFacts& nic);
    void queues(const NicFacts& nic);
    void ring(const NicFacts& nic);
    void hash(const NicFacts& nic, const std::optional<bool>& ports, const char* flow);
    void offloads(const NicFacts& nic);
    [[nodiscard]] bool native() const { return host_.mode != XdpMode::kGeneric; }

    const HostFacts& host_;
    std::vector<HostFinding> findings_;
};

std::vector<HostFinding> Judge::run() {
    if (!host_.config_problem.empty())
        add(Severity::kError, "configuration", host_.config_problem,
            "`splitline check` names everything; defaults are assumed below");
    if (host_.xdp_enabled) {
        kernel();
        pins();
        rights();
    } else {
        add(Severity::kInfo, "xdp", "off (xdp.enabled = false): the resolver answers everything");
    }
    if (host_.daemon_answers) add(Severity::kOk, "port", "splitlined is running: the ports are its own");
    for (const auto& each : host_.ports) port(each);
    if (!host_.xdp_enabled) return std::move(findings_);
    if (host_.irqbalance)
        add(Severity::kInfo, "irqbalance", "running: it moves the queues' interrupts between processors",
            "for steady latency pin them and stop it: systemctl disable --now irqbalance");
    for (const auto& each : host_.interfaces) interface(each);
    return std::move(findings_);
}

void Judge::kernel() {
    const bool fits = std::pair(host_.kernel_major, host_.kernel_minor) >= kOldestKernel;
    add(fits ? Severity::kOk : Severity::kError, "kernel", "Linux " + host_.kernel_release,
        fits ? "" : "Linux 6.1 or newer, or xdp.enabled = false");
    if (host_.btf)
        add(Severity::kOk, "btf", "/sys/kernel/btf/vmlinux");
    else
        add(Severity::kError, "btf", "/sys/kernel/btf/vmlinux cannot be read",
            "a kernel with CONFIG_DEBUG_INFO_BTF=y, as distributions build it");
}

void Judge::pins() {
    const auto& place = host_.pin_directory;
    const bool of_unit = place.rfind("/run/splitline/bpf", 0) == 0;
    switch (host_.pin_place) {
        case HostFacts::PinPlace::kUnused:
            add(Severity::kWarning, "bpffs", "nothing is pinned: the fast path ends with the daemon",
                "set xdp.pin_directory");
            break;
        case HostFacts::PinPlace::kReady:
            add(Severity::kOk, "bpffs", place);
            break;
        case HostFacts::PinPlace::kForbidden:
            add(Severity::kWarning, "bpffs", place + ": this user may not look into it or write to it",
                "run as the daemon's user or as root to see");
            break;
        case HostFacts::PinPlace::kNoBpffs:
            add(Severity::kError, "bpffs", place + " is not in a bpffs",
                of_unit ? "systemctl start run-splitline-bpf.mount" : "mount -t bpf bpf /sys/fs/bpf");
            break;
    }
}

void Judge::rights() {
    if (host_.missing_capabilities.empty())
        add(Severity::kOk, "capabilities", "this process has all that the daemon needs");
    else
        add(Severity::kInfo, "capabilities",
            fmt::format("this process lacks {}, which the daemon needs", fmt::join(host_.missing_capabilities, ", ")),
            "start the daemon by its unit or as root");
}

void Judge::port(const PortFacts& port) {
    const std::string what = fmt::format("{} over {}", port.endpoint, port.tcp ? "TCP" : "UDP");
    switch (port.error) {
        case 0:
            add(Severity::kOk, "port", what + " is free");
            break;
        case EACCES:
        case EPERM:
            add(Severity::kInfo, "port", what + ": unknown, this process may not bind it", "run as root to see");
            break;
        case EADDRINUSE:
            add(Severity::kError, "port", what + " is taken by another process",
                fmt::format("stop that one; `ss -{}lnp 'sport = :{}'` names it", port.tcp ? "t" : "u", port.port));
            break;
        default:
            add(Severity::kError, "port", fmt::format("{}: {}", what, std::strerror(port.error)),
                "bring up the address, or take it out of server.listen");
            break;
    }
}

void Judge::interface(const InterfaceFacts& each) {
    const auto& nic = each.nic;
    if (!each.missing.empty()) {
        add(Severity::kError, nic.name, each.missing, "name one of them in xdp.interfaces");
        return;
    }
    if (!nic.up) add(Severity::kWarning, nic.name, "is down", fmt::format("ip link set dev {} up", nic.name));
    driver(nic);
    program(each);
    queues(nic);
    ring(nic);
    if (!nic.queues || nic.queues->max > 1) {  // else there is nothing to spread over
        hash(nic, nic.udp4_ports, "udp4");
        hash(nic, nic.udp6_ports, "udp6");
    }
    if (native()) offloads(nic);
}

void Judge::driver(const NicFacts& nic) {
    const std::string name = nic.driver.empty() ? "driver unknown" : "driver " + nic.driver;
    const auto* known = find_native_driver(nic.driver);
    if (!native())
        add(Severity::kInfo, nic.name, name + ", generic mode as configured (xdp.mode)");
    else if (known != nullptr && *known->note == '\0')
        add(Severity::kOk, nic.name, name + " runs XDP natively");
    else if (known != nullptr)
        add(Severity::kInfo, nic.name, fmt::format("{} runs XDP natively; {}", name, known->note));
    else if (host_.mode == XdpMode::kNative)
        add(Severity::kWarning, nic.name, name + " is not known to run XDP natively", "try xdp.mode = \"auto\"");
    else
        add(Severity::kWarning, nic.name,
            name + " is not known to run XDP natively: generic mode is likely, and slower",
            "`splitline xdp status` shows the mode it got");
}

// As Attachment::check_free() will decide.
void Judge::program(const InterfaceFacts& each) {
    using Kind = InterfaceProgram::Kind;
    const auto& name = each.nic.name;
    const bool link = host_.attach == XdpAttach::kLink;
    const std::string off = fmt::format("take it off: ip link set dev {} xdp off", name);
    const std::string what = fmt::format("XDP program {} (id {})", each.program_name, each.program_id);
    if (each.program == Kind::kResponder)
        add(Severity::kOk, name, what + " is Splitline's own");
    else if (each.program == Kind::kUnreadable)
        add(Severity::kWarning, name,
            fmt::format("XDP program of id {} is attached; whose, only root may see", each.program_id), "run as root");
    else if (each.program == Kind::kDispatcher && (!link || !each.program_shared))
        add(Severity::kOk, name, what + " is libxdp's dispatcher, which Splitline can share or replace");
    else if (each.program == Kind::kDispatcher)
        add(Severity::kError, name, what + " runs programs of others",
            "set xdp.attach = \"libxdp\" to run beside them");
    else if (each.program == Kind::kForeign)
        add(Severity::kError, name, what + " of somebody else is attached",
            off + "; or load it by libxdp (xdp-loader) and set xdp.attach = \"libxdp\"");
}

void Judge::queues(const NicFacts& nic) {
    if (!nic.queues) return;
    const auto [now, max] = *nic.queues;
    const auto* known = find_native_driver(nic.driver);
    const bool halves = native() && known != nullptr && known->takes_more_queues && max >= 2;
    const unsigned usable = halves ? max / 2 : max;
    const unsigned wanted = std::min(host_.cpus, usable);
    const std::string fix =
        fmt::format("ethtool -L {} {} {}", nic.name, nic.combined_queues ? "combined" : "rx", wanted);
    if (now > usable)
        add(Severity::kWarning, nic.name,
            fmt::format("{} queues of at most {}: {} wants as many again to send by XDP", now, max, nic.driver), fix);
    else if (now < wanted)
        add(Severity::kWarning, nic.name,
            fmt::format("{} receive queue{} for {} processors", now, now == 1 ? "" : "s", host_.cpus), fix);
    else
        add(Severity::kOk, nic.name, fmt::format("{} of {} receive queues, {} processors", now, max, host_.cpus));
}

void Judge::ring(const NicFacts& nic) {
    if (!nic.ring) return;
    const auto [now, max] = *nic.ring;
    const std::string what = fmt::format("RX ring of {}, at most {}", now, max);
    if (now < std::min(max, kGoodRing))
        add(Severity::kWarning, nic.name, what + ": bursts are lost",
            fmt::format("ethtool -G {} rx {}", nic.name, std::min(max, kGoodRing)));
    else if (now < max)
        add(Severity::kInfo, nic.name, what + "; if `ethtool -S` counts drops for want of buffers, a larger one helps",
            fmt::format("ethtool -G {} rx {}", nic.name, max));
    else
        add(Severity::kOk, nic.name, what);
}

void Judge::hash(const NicFacts& nic, const std::optional<bool>& ports, const char* flow) {
    if (!ports) return;
    if (*ports)
        add(Severity::kOk, nic.name, fmt::format("RSS spreads {} by addresses and ports", flow));
    else
        add(Severity::kWarning, nic.name,
            fmt::format("RSS spreads {} by addresses alone: a busy resolver stays on one queue", flow),
            fmt::format("ethtool -N {} rx-flow-hash {} sdfn", nic.name, flow));
}

void Judge::offloads(const NicFacts& nic) {
    if (nic.lro.value_or(false))
        add(Severity::kWarning, nic.name, "LRO is on: many drivers refuse native XDP then",
            fmt::format("ethtool -K {} lro off", nic.name));
    if (nic.rx_vlan.value_or(false))
        add(nic.has_vlans ? Severity::kWarning : Severity::kInfo, nic.name,
            "takes VLAN tags out of the frames (rxvlan): tagged queries would be answered untagged",
            fmt::format("where VLANs are used: ethtool -K {} rxvlan off", nic.name));
    if (nic.mtu > kNativeMtu)
        add(Severity::kWarning, nic.name,
            fmt::format("MTU {}: over {} a frame may not fit a page, and many drivers refuse native XDP", nic.mtu,
                        kNativeMtu),
            fmt::format("ip link set dev {} mtu 1500", nic.name));
}

}  // namespace

std::vector<HostFinding> judge(const HostFacts& facts) {
    return Judge(facts).run();
}

std::vector<HostFinding> diagnose(const std::string& config_path, bool config_is_default,
                                  const std::string& control_socket, const std::vector<std::string>& interfaces) {
    Config config;
    std::string problem;
    if (!config_is_default || interfaces.empty() || access(config_path.c_str(), F_OK) == 0) {
        Diagnostics diagnostics;
        config = read_config_file(config_path, diagnostics);
        const auto& all = diagnostics.all();
        const auto error = std::find_if(all.begin(), all.end(), [](const auto& finding) {
            return finding.severity == Diagnostic::Severity::kError;
        });
        if (error != all.end()) {
            problem = error->place.prefix() + error->message;
            config = {};
        }
    }
    if (!control_socket.empty()) config.control_socket = control_socket;
    auto facts = look_at_host(config, interfaces);
    facts.config_problem = problem;
    return judge(facts);
}

}  // namespace splitline
