// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/interface_program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <xdp/libxdp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/log.h"
#include "kernel/responder_program.h"
#include "maps/maps.h"

namespace splitline {

namespace {

constexpr std::string_view kDispatcherName = "xdp_dispatcher";

struct CloseMultiprog {
    void operator()(xdp_multiprog* all) const {
        if (libxdp_get_error(all) == 0) xdp_multiprog__close(all);
    }
};
using Multiprog = std::unique_ptr<xdp_multiprog, CloseMultiprog>;

std::vector<uint32_t> maps_of(int program_fd) {
    std::vector<uint32_t> used(64);
    bpf_prog_info info{};
    info.nr_map_ids = static_cast<uint32_t>(used.size());
    info.map_ids = reinterpret_cast<uintptr_t>(used.data());
    uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(program_fd, &info, &size) != 0) return {};
    used.resize(std::min<size_t>(info.nr_map_ids, used.size()));
    return used;
}

std::string name_of_map(uint32_t id) {
    const Fd fd(bpf_map_get_fd_by_id(id));
    bpf_map_info info{};
    uint32_t size = sizeof info;
    return fd.get() >= 0 && bpf_obj_get_info_by_fd(fd.get(), &info, &size) == 0 ? info.name : "";
}

std::string name_of_program(int program_fd) {
    bpf_prog_info info{};
    uint32_t size = sizeof info;
    return bpf_obj_get_info_by_fd(program_fd, &info, &size) == 0 ? info.name : "";
}

// The name alone could be anybody's.
bool has_our_maps(int program_fd) {
    std::vector<std::string> names;
    for (const uint32_t id : maps_of(program_fd)) names.push_back(name_of_map(id));
    static constexpr std::array kOurs = {SL_MAP_CONTROL, SL_MAP_BUCKETS, SL_MAP_ZONES, SL_MAP_ARENA};
    return std::all_of(kOurs.begin(), kOurs.end(),
                       [&](const char* ours) { return std::find(names.begin(), names.end(), ours) != names.end(); });
}

bool is_responder(const xdp_program* program) {
    return std::strcmp(xdp_program__name(program), kResponderName) == 0 && has_our_maps(xdp_program__fd(program));
}

}  // namespace

bool may_look_at_programs() {
    const Fd fd(bpf_prog_get_fd_by_id(0));  // nobody's: whoever may look is told so
    return fd.get() != -EPERM;
}

uint32_t program_id(int program_fd) {
    bpf_prog_info info{};
    uint32_t size = sizeof info;
    return program_fd >= 0 && bpf_obj_get_info_by_fd(program_fd, &info, &size) == 0 ? info.id : 0;
}

InterfaceProgram::InterfaceProgram(std::string interface, unsigned ifindex)
    : interface_(std::move(interface)), ifindex_(static_cast<int>(ifindex)) {
    bpf_xdp_query_opts query{};
    query.sz = sizeof query;
    if (bpf_xdp_query(ifindex_, 0, &query) != 0 || query.attach_mode == XDP_ATTACHED_NONE) return;
    const bool generic = query.attach_mode == XDP_ATTACHED_SKB;
    mode_flag_ = generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
    id_ = generic ? query.skb_prog_id : query.drv_prog_id;
    const int fd = bpf_prog_get_fd_by_id(id_);
    if (fd == -ENOENT) return;  // taken off just now
    kind_ = Kind::kUnreadable;
    if (fd < 0) return;
    fd_ = Fd(fd);
    name_ = name_of_program(fd);
    kind_ = name_ == kDispatcherName                      ? Kind::kDispatcher
            : name_ == kResponderName && has_our_maps(fd) ? Kind::kResponder
                                                          : Kind::kForeign;
}

bool InterfaceProgram::is_held_by_link() const {
    for (uint32_t id = 0; bpf_link_get_next_id(id, &id) == 0;) {
        const Fd link(bpf_link_get_fd_by_id(id));
        bpf_link_info info{};
        uint32_t size = sizeof info;
        if (link.get() >= 0 && bpf_obj_get_info_by_fd(link.get(), &info, &size) == 0 &&
            info.type == BPF_LINK_TYPE_XDP && info.prog_id == id_)
            return true;
    }
    return false;
}

bool InterfaceProgram::is_shared() const {
    if (kind_ != Kind::kDispatcher) return false;
    const Multiprog all(xdp_multiprog__get_from_ifindex(ifindex_));
    if (libxdp_get_error(all.get()) != 0) return true;
    const xdp_program* each = xdp_multiprog__next_prog(nullptr, all.get());
    while (each != nullptr && is_responder(each)) each = xdp_multiprog__next_prog(each, all.get());
    return each != nullptr;
}

Result<bool> InterfaceProgram::detach_responder(const Wanted& wanted) const {
    switch (kind_) {
        case Kind::kUnreadable:
            return Error{"cannot look at the XDP program on " + interface_ +
                         " without CAP_SYS_ADMIN; if it is a daemon's that has died, take it off: `ip link set dev " +
                         interface_ + " xdp off`"};
        case Kind::kResponder:
            return wanted(fd_.get()) ? detach_single(fd_.get()) : false;
        case Kind::kDispatcher:
            return detach_from_dispatcher(wanted);
        case Kind::kNone:
        case Kind::kForeign:
            break;
    }
    return false;
}

Result<bool> InterfaceProgram::detach_program(int program_fd) const {
    if (id_ == 0 || program_id(program_fd) != id_) return false;
    return detach_single(program_fd);
}

// Only if it still is the one that was looked at.
Result<bool> InterfaceProgram::detach_single(int program_fd) const {
    bpf_xdp_attach_opts options{};
    options.sz = sizeof options;
    options.old_prog_fd = program_fd;
    if (const int error = -bpf_xdp_detach(ifindex_, mode_flag_, &options); error != 0)
        return kernel_error("cannot take the XDP program off " + interface_ +
                                (error == EBUSY ? ", a link holds it (`bpftool link`)" : ""),
                            error);
    return true;
}

Result<bool> InterfaceProgram::detach_from_dispatcher(const Wanted& wanted) const {
    const Multiprog all(xdp_multiprog__get_from_ifindex(ifindex_));
    if (const long error = libxdp_get_error(all.get()); error != 0)
        return kernel_error("cannot look into the XDP dispatcher on " + interface_, static_cast<int>(-error));
    xdp_program* found = xdp_multiprog__next_prog(nullptr, all.get());
    while (found != nullptr && !(is_responder(found) && wanted(xdp_program__fd(found))))
        found = xdp_multiprog__next_prog(found, all.get());
    if (found == nullptr) return false;
    if (const int error = -xdp_program__detach(found, ifindex_, xdp_multiprog__attach_mode(all.get()), 0); error != 0)
        return kernel_error("cannot take the XDP program out of the dispatcher on " + interface_, error);
    return true;
}

void detach_users_of_maps(const std::vector<uint32_t>& maps, const std::vector<std::string>& keep, Leftovers& left) {
    if (maps.empty()) return;
    const auto uses_any = [&](int program_fd) {
        const auto used = maps_of(program_fd);
        return std::find_first_of(used.begin(), used.end(), maps.begin(), maps.end()) != used.end();
    };
    struct if_nameindex* const all = ::if_nameindex();
    for (const struct if_nameindex* each = all; each != nullptr && each->if_index != 0; ++each) {
        if (std::find(keep.begin(), keep.end(), each->if_name) != keep.end()) continue;
        const InterfaceProgram program(each->if_name, each->if_index);
        if (program.kind() == InterfaceProgram::Kind::kUnreadable) {
            left.unreadable.emplace_back(each->if_name);
            continue;
        }
        const auto detached = program.detach_responder(uses_any);
        if (!detached)
            left.failures.push_back(detached.error().text());
        else if (*detached)
            log_info("took the XDP program of an earlier daemon off {}, which is not configured any more",
                     each->if_name);
    }
    if (all != nullptr) ::if_freenameindex(all);
}

}  // namespace splitline
