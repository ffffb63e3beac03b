// SPDX-License-Identifier: GPL-3.0-or-later
// What `splitline doctor` looks at on this host, as plain values. Looking changes nothing and needs no daemon; what
// this process may not see is said to be so, not guessed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "control/config.h"
#include "kernel/interface_program.h"
#include "kernel/nic.h"

namespace splitline {

/// An endpoint of `listen`, over one protocol.
struct PortFacts {
    std::string endpoint;  // "192.0.2.53:53"
    uint16_t port = 53;
    bool tcp = false;
    int error = 0;  // errno of an attempt to bind it; 0: it is free
};

/// One interface that the XDP program is for.
struct InterfaceFacts {
    std::string missing;  // the error that says that there is none; "" if there is
    NicFacts nic;         // its name is set in any case
    InterfaceProgram::Kind program = InterfaceProgram::Kind::kNone;
    bool program_shared = false;  // kDispatcher: others' programs run in it too
    std::string program_name;
    uint32_t program_id = 0;
};

struct HostFacts {
    enum class PinPlace {
        kUnused,     // nothing is pinned
        kReady,      // a bpffs that this process may write to
        kForbidden,  // this process may not look there, or not write
        kNoBpffs,
    };

    // As configured.
    bool xdp_enabled = true;
    XdpMode mode = XdpMode::kAuto;
    XdpAttach attach = XdpAttach::kLink;
    std::string pin_directory;
    std::string config_problem;  // why the configuration cannot be used; "" if it can

    std::string kernel_release;
    unsigned kernel_major = 0, kernel_minor = 0;
    bool btf = false;
    PinPlace pin_place = PinPlace::kUnused;
    std::vector<std::string> missing_capabilities;  // of those the daemon needs, that this process lacks
    unsigned cpus = 1;                              // online
    bool irqbalance = false;
    bool daemon_answers = false;   // on its control socket; then `ports` is empty: they are its own
    std::vector<PortFacts> ports;  // in the configuration's order, UDP before TCP
    std::vector<InterfaceFacts> interfaces;
};

/// Looks at what `config` is about, and at `interfaces` instead of its own unless that is empty.
HostFacts look_at_host(const Config& config, const std::vector<std::string>& interfaces);

}  // namespace splitline
