// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/nic.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include "base/fd.h"

namespace splitline {

namespace {

// Linux' drivers with XDP_SETUP_PROG (`git grep -l XDP_SETUP_PROG drivers/` in its sources; by release in iovisor/bcc's
// docs/kernel-versions.md). A driver that is missing here costs no more than a warning.
constexpr std::array kNativeDrivers = {
    NativeDriver{"atlantic", false, ""},
    NativeDriver{"bnxt_en", false, ""},
    NativeDriver{"bonding", false, "native only if the drivers of its ports are"},
    NativeDriver{"ena", true, ""},
    NativeDriver{"fec", false, ""},
    NativeDriver{"fsl_dpaa2_eth", false, ""},
    NativeDriver{"fsl_enetc", false, ""},
    NativeDriver{"funeth", false, ""},
    NativeDriver{"gve", true, ""},
    NativeDriver{"hv_netvsc", false, ""},
    NativeDriver{"i40e", false, ""},
    NativeDriver{"ice", false, ""},
    NativeDriver{"igb", false, ""},
    NativeDriver{"igc", false, ""},
    NativeDriver{"ixgbe", false, "it may refuse on more than 64 processors"},
    NativeDriver{"ixgbevf", false, ""},
    NativeDriver{"mana", false, ""},
    NativeDriver{"mlx4_en", false, ""},
    NativeDriver{"mlx5_core", false, ""},
    NativeDriver{"mtk_soc_eth", false, ""},
    NativeDriver{"mvneta", false, ""},
    NativeDriver{"mvpp2", false, ""},
    NativeDriver{"netsec", false, ""},
    NativeDriver{"nfp", false, ""},
    NativeDriver{"nicvf", false, ""},
    NativeDriver{"qede", false, ""},
    NativeDriver{"rvu_nicpf", false, ""},
    NativeDriver{"rvu_nicvf", false, ""},
    NativeDriver{"sfc", false, ""},
    NativeDriver{"st_gmac", false, ""},
    NativeDriver{"tsnep", false, ""},
    NativeDriver{"tun", false, ""},
    NativeDriver{"veth", false,
                 "replies are lost unless the peer runs an XDP program too (one that passes everything is enough)"},
    NativeDriver{"virtio_net", true, ""},
    NativeDriver{"vmxnet3", false, "native since Linux 6.6"},
};

/// One interface, asked by ioctl.
class Nic {
  public:
    explicit Nic(const std::string& name) : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        name.copy(request_.ifr_name, IFNAMSIZ - 1);
    }
    /// The answer is in the ifreq.
    const ifreq* ask(unsigned long what) { return ::ioctl(socket_.get(), what, &request_) == 0 ? &request_ : nullptr; }
    /// The answer is in `command`.
    template <typename Command>
    bool ethtool(Command& command) {
        request_.ifr_data = reinterpret_cast<char*>(&command);
        return ask(SIOCETHTOOL) != nullptr;
    }

  private:
    Fd socket_;
    ifreq request_{};
};

void query_queues(Nic& nic, NicFacts& facts) {
    ethtool_channels channels{};
    channels.cmd = ETHTOOL_GCHANNELS;
    if (!nic.ethtool(channels)) return;
    facts.combined_queues = channels.max_combined > 0;
    if (facts.combined_queues)
        facts.queues = NicLimit{channels.combined_count, channels.max_combined};
    else if (channels.max_rx > 0)
        facts.queues = NicLimit{channels.rx_count, channels.max_rx};
    // A driver that says none does not say.
    const auto said = [](unsigned count) { return count > 0 ? std::optional(count) : std::nullopt; };
    facts.receive_queues = said(channels.combined_count + channels.rx_count);
    facts.send_queues = said(channels.combined_count + channels.tx_count);
}

void query_ring(Nic& nic, NicFacts& facts) {
    ethtool_ringparam ring{};
    ring.cmd = ETHTOOL_GRINGPARAM;
    if (nic.ethtool(ring) && ring.rx_max_pending > 0) facts.ring = NicLimit{ring.rx_pending, ring.rx_max_pending};
}

std::optional<bool> hashes_ports(Nic& nic, uint32_t flow) {
    ethtool_rxnfc hash{};
    hash.cmd = ETHTOOL_GRXFH;
    hash.flow_type = flow;
    if (!nic.ethtool(hash)) return std::nullopt;
    constexpr uint64_t kPorts = RXH_L4_B_0_1 | RXH_L4_B_2_3;
    return (hash.data & kPorts) == kPorts;
}

void query_offloads(Nic& nic, NicFacts& facts) {
    ethtool_value flags{};
    flags.cmd = ETHTOOL_GFLAGS;
    if (!nic.ethtool(flags)) return;
    facts.rx_vlan = (flags.data & ETH_FLAG_RXVLAN) != 0;
    facts.lro = (flags.data & ETH_FLAG_LRO) != 0;
}

// Lines of /proc/net/vlan/config: "eth0.7 | 7 | eth0".
bool has_vlans(const std::string& name) {
    std::ifstream file("/proc/net/vlan/config");
    for (std::string line; std::getline(file, line);) {
        std::istringstream last(line.substr(line.rfind('|') + 1));
        std::string parent;
        if (last >> parent && parent == name) return true;
    }
    return false;
}

}  // namespace

NicFacts query_nic(const std::string& name) {
    NicFacts facts;
    facts.name = name;
    Nic nic(name);
    if (const auto* flags = nic.ask(SIOCGIFFLAGS)) facts.up = (flags->ifr_flags & IFF_UP) != 0;
    if (const auto* mtu = nic.ask(SIOCGIFMTU)) facts.mtu = static_cast<unsigned>(mtu->ifr_mtu);
    ethtool_drvinfo driver{};
    driver.cmd = ETHTOOL_GDRVINFO;
    if (nic.ethtool(driver)) facts.driver = driver.driver;
    query_queues(nic, facts);
    query_ring(nic, facts);
    facts.udp4_ports = hashes_ports(nic, UDP_V4_FLOW);
    facts.udp6_ports = hashes_ports(nic, UDP_V6_FLOW);
    query_offloads(nic, facts);
    facts.has_vlans = has_vlans(name);
    return facts;
}

const NativeDriver* find_native_driver(std::string_view name) {
    const auto* found = std::find_if(kNativeDrivers.begin(), kNativeDrivers.end(),
                                     [&](const NativeDriver& driver) { return driver.name == name; });
    return found == kNativeDrivers.end() ? nullptr : found;
}

}  // namespace splitline
