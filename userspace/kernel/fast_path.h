// SPDX-License-Identifier: GPL-3.0-or-later
// The fast path as the rest of the daemon sees it: load the XDP program, publish images into its maps, attach it,
// count.
//
// Life: load() makes a fresh set of maps and programs; publish() fills them; attach() swaps the program into the
// interfaces' links (a pinned link of an earlier daemon is taken over in place, so no packet ever finds the interface
// without a responder) and pins links and maps. The destructor leaves everything pinned and running; detach() takes it
// down. Not thread-safe: the control thread owns it; but heartbeat() may go on while another thread publishes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"
#include "compile/image.h"
#include "maps/counters.h"
#include "resolver/demand.h"
#include "resolver/frame_port.h"
#include "resolver/respond.h"

namespace splitline {

enum class XdpMode { kAuto, kNative, kGeneric };  // kAuto: native, and generic where the driver refuses
enum class XdpAttach { kLink, kLibxdp };          // bpf_link, or libxdp's dispatcher beside other programs
enum class AfXdp { kOff, kCopy, kZeroCopy };      // kZeroCopy: by copy where the driver has none

struct FastPathSettings {
    std::vector<std::string> interfaces;
    XdpMode mode = XdpMode::kAuto;
    XdpAttach attach = XdpAttach::kLink;
    AfXdp af_xdp = AfXdp::kOff;
    std::string pin_directory =
        "/sys/fs/bpf/splitline";   // in a bpffs; empty: nothing is pinned and all ends with the daemon
    uint32_t max_names = 100'000;  // capacity of the name table
    uint32_t arena_mib = 256;      // memory for records, classes and profiles
    uint32_t max_zones = 10'000;
    uint32_t stale_after_seconds = 0;  // pass everything when the daemon has been silent for so long; 0 = never
    bool udp4_zero_checksum = false;
    std::vector<Endpoint> listen;  // addresses to answer on, no wildcards
};

/// What one interface really has.
struct InterfaceStatus {
    std::string interface;
    bool attached = false;
    std::string mode;    // "native", "generic", "" when detached
    std::string method;  // "link", "libxdp dispatcher", "libxdp single program"
    std::string note;    // why it is not as configured, "" if it is
    uint32_t program_id = 0;
    uint32_t link_id = 0;
    std::string
        handoff;  // how queries that the program leaves unanswered reach the resolver; "" where it is by sockets
};

struct FastPathCounters {
    uint64_t reasons[SL_REASON_COUNT] = {};
    std::vector<uint64_t> lines;  // by LineId
};

struct FastPathUsage {
    uint64_t names = 0, max_names = 0;
    uint64_t zones = 0, max_zones = 0;
    uint64_t arena_bytes = 0, max_arena_bytes = 0;
    uint64_t unfit_names = 0;     // names the table leaves to the resolver
    uint64_t left_out_names = 0;  // names that the table has no room for
};

/// Which path answers a query and why, for `explain`. Derived from the same encoding that fills the table.
struct PathVerdict {
    bool fast = false;
    sl_reason reason = SL_REASON_ANSWER;
    std::string text;  // the reason in words
};

class FastPath {
  public:
    static constexpr std::chrono::milliseconds kRebalanceInterval{250}, kLatePortsInterval{1000};

    /// Errors name what is missing: kernel feature, capability, interface, capacity.
    static Result<std::unique_ptr<FastPath>> load(const FastPathSettings& settings, const ResponsePolicy& policy);
    /// Takes off every program that an earlier daemon left pinned in `pin_directory` and unpins its maps: what a daemon
    /// without fast path does. What cannot be taken off is logged as an error, and then the maps stay pinned: they let
    /// it grow stale.
    static void detach_all(const std::string& pin_directory);
    virtual ~FastPath() = default;

    /// Writes what differs from the image published before, then makes `image` the served one in a single step. Names
    /// that there is no room for are left to the resolver, but not those that others depend on. On an error (those do
    /// not fit: by how much) the image published before stays served and nothing is lost. `on_served` is called at once
    /// after that step, so that the resolver can follow; it must not throw. REQUIRES: image.generation greater than the
    /// one before.
    virtual Result<void> publish(const std::shared_ptr<const Image>& image, const std::function<void()>& on_served) = 0;

    /// Whether the table has no room for all names, so that rebalance() is due every kRebalanceInterval.
    [[nodiscard]] virtual bool leaves_names_out() const = 0;
    /// Whether the name is one of those that exist and are not in the table now, or is taken for one.
    [[nodiscard]] virtual bool leaves_out(DnameView name) const = 0;
    /// Has the names that are asked most in the table, as far as samples of its answers tell, and `asked`, what reached
    /// the resolver since the last call. Answers stay as they are.
    virtual void rebalance(const AskedNames& asked) = 0;

    /// First looks for what could refuse it on any interface (another program, a missing capability); on such an error
    /// nothing has changed, and an earlier daemon's programs go on answering.
    virtual Result<void> attach() = 0;
    /// Takes the program off every interface, and an earlier daemon's with it; nothing before an attach() that changed
    /// something. The error names what stayed, and then the maps stay pinned.
    virtual Result<void> detach() = 0;
    /// The ports through which the attached programs hand their queries to the resolver, one each receive queue; empty
    /// where that is off or refused, which is logged. They end when they are destroyed, or with detach() for want of
    /// queries. REQUIRES: none of an earlier call is left.
    virtual std::vector<std::unique_ptr<FramePort>> open_ports() = 0;
    /// More of them, of queues that others held so far; empty as a rule. Due every kLatePortsInterval.
    virtual std::vector<std::unique_ptr<FramePort>> open_late_ports() = 0;
    /// Tells the kernel side that the daemon lives; call it several times within stale_after_seconds.
    virtual void heartbeat() = 0;

    [[nodiscard]] virtual std::vector<InterfaceStatus> interfaces() const = 0;
    [[nodiscard]] virtual FastPathCounters counters() const = 0;
    [[nodiscard]] virtual FastPathUsage usage() const = 0;
    [[nodiscard]] virtual uint64_t generation() const = 0;

    /// How many instructions the verifier went through for the largest instance.
    [[nodiscard]] virtual uint32_t verified_instructions() const = 0;
};

/// Which path answers (name, type) for clients of `class_id` that take `udp_limit` bytes of message beside the OPT.
PathVerdict path_of(const Image& image, DnameView name, uint16_t type, ClassId class_id, size_t udp_limit);

/// Label and explanation of a reason, from maps/counters.h.
const char* reason_label(sl_reason reason);
const char* reason_text(sl_reason reason);

}  // namespace splitline
