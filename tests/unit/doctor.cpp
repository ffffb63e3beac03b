// SPDX-License-Identifier: GPL-3.0-or-later
// `splitline doctor`'s judgement: one thing changed on a host that is well, and the one finding that must come of it.
#include "cli/doctor.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cerrno>
#include <functional>

namespace splitline {
namespace {

using Kind = InterfaceProgram::Kind;
using Severity = HostFinding::Severity;
using testing::HasSubstr;

HostFacts healthy_host() {
    HostFacts host;
    host.kernel_release = "6.1.0-18-amd64";
    host.kernel_major = 6;
    host.kernel_minor = 1;
    host.btf = true;
    host.pin_directory = "/sys/fs/bpf/splitline";
    host.pin_place = HostFacts::PinPlace::kReady;
    host.cpus = 8;
    host.ports = {{"192.0.2.53:53", 53, false, 0}, {"192.0.2.53:53", 53, true, 0}};
    NicFacts nic;
    nic.name = "eth0";
    nic.up = true;
    nic.mtu = 1500;
    nic.driver = "ice";
    nic.queues = {8, 8};
    nic.ring = {512, 512};
    nic.udp4_ports = nic.udp6_ports = true;
    nic.rx_vlan = nic.lro = false;
    InterfaceFacts interface;
    interface.nic = nic;
    host.interfaces = {interface};
    return host;
}

struct JudgeCase {
    const char* name;
    std::function<void(HostFacts&, NicFacts&)> change;  // the second is the first's only interface
    Severity severity;
    const char* subject;
    const char* text;
    const char* fix;
};

InterfaceFacts& first(HostFacts& host) {
    return host.interfaces[0];
}

const JudgeCase kCases[] = {
    {"old_kernel", [](auto& host, auto&) { host.kernel_major = 5, host.kernel_minor = 15; }, Severity::kError, "kernel",
     "6.1.0-18", "6.1 or newer"},
    {"newer_major", [](auto& host, auto&) { host.kernel_major = 7, host.kernel_minor = 0; }, Severity::kOk, "kernel",
     "", ""},
    {"no_btf", [](auto& host, auto&) { host.btf = false; }, Severity::kError, "btf", "", "CONFIG_DEBUG_INFO_BTF"},
    {"no_bpffs", [](auto& host, auto&) { host.pin_place = HostFacts::PinPlace::kNoBpffs; }, Severity::kError, "bpffs",
     "/sys/fs/bpf/splitline", "mount -t bpf bpf /sys/fs/bpf"},
    {"no_bpffs_of_the_unit",
     [](auto& host, auto&) {
         host.pin_place = HostFacts::PinPlace::kNoBpffs;
         host.pin_directory = "/run/splitline/bpf";
     },
     Severity::kError, "bpffs", "/run/splitline/bpf", "systemctl start run-splitline-bpf.mount"},
    {"bpffs_forbidden", [](auto& host, auto&) { host.pin_place = HostFacts::PinPlace::kForbidden; }, Severity::kWarning,
     "bpffs", "may not", "root"},
    {"no_pins", [](auto& host, auto&) { host.pin_place = HostFacts::PinPlace::kUnused; }, Severity::kWarning, "bpffs",
     "ends with the daemon", "xdp.pin_directory"},
    {"capabilities",
     [](auto& host, auto&) {
         host.missing_capabilities = {"CAP_BPF", "CAP_PERFMON"};
     },
     Severity::kInfo, "capabilities", "CAP_BPF, CAP_PERFMON", "unit"},
    {"irqbalance", [](auto& host, auto&) { host.irqbalance = true; }, Severity::kInfo, "irqbalance", "running", ""},
    {"bad_config", [](auto& host, auto&) { host.config_problem = "x.toml:3: no"; }, Severity::kError, "configuration",
     "x.toml:3: no", "splitline check"},
    {"udp_taken", [](auto& host, auto&) { host.ports[0].error = EADDRINUSE; }, Severity::kError, "port",
     "192.0.2.53:53 over UDP is taken", "ss -ulnp 'sport = :53'"},
    {"tcp_taken", [](auto& host, auto&) { host.ports[1].error = EADDRINUSE; }, Severity::kError, "port",
     "192.0.2.53:53 over TCP is taken", "ss -tlnp 'sport = :53'"},
    {"port_unknown", [](auto& host, auto&) { host.ports[0].error = EACCES; }, Severity::kInfo, "port", "may not bind",
     ""},
    {"no_address", [](auto& host, auto&) { host.ports[0].error = EADDRNOTAVAIL; }, Severity::kError, "port",
     "192.0.2.53:53 over UDP: ", "address"},
    {"missing", [](auto& host, auto&) { first(host).missing = "there is no interface 'eth0'"; }, Severity::kError,
     "eth0", "there is no interface 'eth0'", "xdp.interfaces"},
    {"down", [](auto&, auto& nic) { nic.up = false; }, Severity::kWarning, "eth0", "down", "ip link set dev eth0 up"},
    {"unknown_driver", [](auto&, auto& nic) { nic.driver = "r8169"; }, Severity::kWarning, "eth0", "r8169",
     "xdp status"},
    {"unknown_driver_native",
     [](auto& host, auto& nic) {
         nic.driver = "r8169";
         host.mode = XdpMode::kNative;
     },
     Severity::kWarning, "eth0", "r8169", "xdp.mode = \"auto\""},
    {"veth", [](auto&, auto& nic) { nic.driver = "veth"; }, Severity::kInfo, "eth0", "peer runs an XDP program", ""},
    {"foreign",
     [](auto& host, auto&) {
         first(host).program = Kind::kForeign;
         first(host).program_name = "firewall";
         first(host).program_id = 42;
     },
     Severity::kError, "eth0", "firewall (id 42)", "ip link set dev eth0 xdp off"},
    {"unreadable", [](auto& host, auto&) { first(host).program = Kind::kUnreadable; }, Severity::kWarning, "eth0",
     "only root", "root"},
    {"shared_dispatcher",
     [](auto& host, auto&) {
         first(host).program = Kind::kDispatcher;
         first(host).program_shared = true;
     },
     Severity::kError, "eth0", "programs of others", "xdp.attach = \"libxdp\""},
    {"few_queues",
     [](auto&, auto& nic) {
         nic.queues = NicLimit{2, 16};
     },
     Severity::kWarning, "eth0", "2 receive queues for 8", "ethtool -L eth0 combined 8"},
    {"few_queues_of_few",
     [](auto&, auto& nic) {
         nic.queues = NicLimit{1, 4};
     },
     Severity::kWarning, "eth0", "1 receive queue for 8", "ethtool -L eth0 combined 4"},
    {"few_rx_queues",
     [](auto&, auto& nic) {
         nic.queues = NicLimit{2, 16};
         nic.combined_queues = false;
     },
     Severity::kWarning, "eth0", "2 receive queues", "ethtool -L eth0 rx 8"},
    {"queues_for_sending",
     [](auto&, auto& nic) {
         nic.driver = "ena";
         nic.queues = NicLimit{8, 8};
     },
     Severity::kWarning, "eth0", "ena wants as many again", "ethtool -L eth0 combined 4"},
    {"small_ring",
     [](auto&, auto& nic) {
         nic.ring = NicLimit{256, 4096};
     },
     Severity::kWarning, "eth0", "ring of 256", "ethtool -G eth0 rx 512"},
    {"middling_ring",
     [](auto&, auto& nic) {
         nic.ring = NicLimit{512, 4096};
     },
     Severity::kInfo, "eth0", "ring of 512", "ethtool -G eth0 rx 4096"},
    {"hash4", [](auto&, auto& nic) { nic.udp4_ports = false; }, Severity::kWarning, "eth0", "udp4",
     "ethtool -N eth0 rx-flow-hash udp4 sdfn"},
    {"hash6", [](auto&, auto& nic) { nic.udp6_ports = false; }, Severity::kWarning, "eth0", "udp6",
     "ethtool -N eth0 rx-flow-hash udp6 sdfn"},
    {"lro", [](auto&, auto& nic) { nic.lro = true; }, Severity::kWarning, "eth0", "LRO", "ethtool -K eth0 lro off"},
    {"rx_vlan", [](auto&, auto& nic) { nic.rx_vlan = true; }, Severity::kInfo, "eth0", "rxvlan",
     "ethtool -K eth0 rxvlan off"},
    {"rx_vlan_with_vlans", [](auto&, auto& nic) { nic.rx_vlan = nic.has_vlans = true; }, Severity::kWarning, "eth0",
     "rxvlan", "ethtool -K eth0 rxvlan off"},
    {"jumbo", [](auto&, auto& nic) { nic.mtu = 9000; }, Severity::kWarning, "eth0", "MTU 9000",
     "ip link set dev eth0 mtu 1500"},
    {"xdp_off", [](auto& host, auto&) { host.xdp_enabled = host.btf = false; }, Severity::kInfo, "xdp",
     "xdp.enabled = false", ""},
};

class Judgement : public testing::TestWithParam<JudgeCase> {};

TEST_P(Judgement, NamesWhatWasChangedAndNothingElse) {
    const auto& [name, change, severity, subject, text, fix] = GetParam();
    auto host = healthy_host();
    change(host, host.interfaces[0].nic);
    unsigned not_ok = 0;
    bool found = false;
    for (const auto& finding : judge(host)) {
        if (finding.severity != Severity::kOk) ++not_ok;
        if (finding.severity != severity || finding.subject != subject) continue;
        if (finding.text.find(text) == std::string::npos) continue;
        found = true;
        EXPECT_THAT(finding.fix, HasSubstr(fix)) << finding.text;
    }
    EXPECT_TRUE(found);
    EXPECT_EQ(not_ok, severity == Severity::kOk ? 0U : 1U);
}

INSTANTIATE_TEST_SUITE_P(Doctor, Judgement, testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param.name); });

struct FineCase {
    const char* name;
    std::function<void(HostFacts&, NicFacts&)> change;
};

// Not worth a word, or only an information.
const FineCase kFine[] = {
    {"healthy", [](auto&, auto&) {}},
    {"silent_driver",
     [](auto&, auto& nic) {
         nic.queues.reset();
         nic.ring.reset();
         nic.udp4_ports.reset();
         nic.udp6_ports.reset();
         nic.rx_vlan.reset();
         nic.lro.reset();
     }},
    {"more_queues_than_processors",
     [](auto&, auto& nic) {
         nic.queues = NicLimit{16, 16};
     }},
    {"queues_spared",
     [](auto&, auto& nic) {
         nic.driver = "virtio_net", nic.queues = NicLimit{8, 16};
     }},
    {"single_queue",
     [](auto&, auto& nic) {
         nic.driver = "virtio_net", nic.queues = NicLimit{1, 1}, nic.udp4_ports = false;
     }},
    {"small_ring_is_all",
     [](auto&, auto& nic) {
         nic.ring = NicLimit{256, 256};
     }},
    {"ours", [](auto& host, auto&) { first(host).program = Kind::kResponder; }},
    {"empty_dispatcher", [](auto& host, auto&) { first(host).program = Kind::kDispatcher; }},
    {"dispatcher_by_libxdp",
     [](auto& host, auto&) {
         host.attach = XdpAttach::kLibxdp;
         first(host).program = Kind::kDispatcher;
         first(host).program_shared = true;
     }},
    {"our_daemon",
     [](auto& host, auto&) {
         host.daemon_answers = true;
         host.ports.clear();
     }},
    {"generic_does_not_mind",
     [](auto& host, auto& nic) {
         host.mode = XdpMode::kGeneric;
         nic.driver = "r8169";
         nic.lro = nic.rx_vlan = nic.has_vlans = true;
         nic.mtu = 9000;
     }},
};

TEST(Doctor, SaysNothingWhereNothingIsWrong) {
    for (const auto& [name, change] : kFine) {
        auto host = healthy_host();
        change(host, host.interfaces[0].nic);
        for (const auto& finding : judge(host))
            EXPECT_LE(finding.severity, Severity::kInfo) << name << ": " << finding.text;
    }
}

TEST(Doctor, ReadsAnInterfaceThatEveryHostHas) {
    const auto nic = query_nic("lo");
    EXPECT_EQ(nic.name, "lo");
    EXPECT_GE(nic.mtu, 1280U);
    EXPECT_FALSE(nic.queues) << "lo has no channels";
    EXPECT_EQ(query_nic("no-such-nic").mtu, 0U);
}

}  // namespace
}  // namespace splitline
