// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/interface_program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/log.h"

namespace splitline {

namespace {

bool uses_any(int program_fd, const std::vector<uint32_t>& maps) {
    std::array<uint32_t, 64> used{};
    bpf_prog_info info{};
    info.nr_map_ids = used.size();
    info.map_ids = reinterpret_cast<uintptr_t>(used.data());
    uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(program_fd, &info, &size) != 0) return false;
    const auto end = used.begin() + std::min<size_t>(info.nr_map_ids, used.size());
    return std::find_first_of(used.begin(), end, maps.begin(), maps.end()) != end;
}

}  // namespace

InterfaceProgram::InterfaceProgram(unsigned ifindex) : ifindex_(ifindex) {
    bpf_xdp_query_opts query{};
    query.sz = sizeof query;
    if (bpf_xdp_query(static_cast<int>(ifindex), 0, &query) != 0 || query.attach_mode == XDP_ATTACHED_NONE) return;
    const bool generic = query.attach_mode == XDP_ATTACHED_SKB;
    mode_flag_ = generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
    fd_ = bpf_prog_get_fd_by_id(generic ? query.skb_prog_id : query.drv_prog_id);
    bpf_prog_info info{};
    uint32_t size = sizeof info;
    if (fd_ >= 0 && bpf_obj_get_info_by_fd(fd_, &info, &size) == 0) name_ = info.name;
}

InterfaceProgram::~InterfaceProgram() {
    if (fd_ >= 0) ::close(fd_);
}

bool InterfaceProgram::detach_responder(const std::function<bool(int program_fd)>& ours) {
    if (name_.empty()) return false;
    if (name_ == kResponderName) return ours(fd_) && detach_single();
    return detach_from_dispatcher(ours);
}

// Only if it still is the one that was looked at.
bool InterfaceProgram::detach_single() const {
    bpf_xdp_attach_opts options{};
    options.sz = sizeof options;
    options.old_prog_fd = fd_;
    return bpf_xdp_detach(static_cast<int>(ifindex_), mode_flag_, &options) == 0;
}

bool InterfaceProgram::detach_from_dispatcher(const std::function<bool(int program_fd)>& ours) const {
    xdp_multiprog* const all = xdp_multiprog__get_from_ifindex(static_cast<int>(ifindex_));
    if (libxdp_get_error(all) != 0) return false;
    const auto wanted = [&](const xdp_program* program) {
        return std::strcmp(xdp_program__name(program), kResponderName) == 0 && ours(xdp_program__fd(program));
    };
    xdp_program* found = xdp_multiprog__is_legacy(all) ? nullptr : xdp_multiprog__next_prog(nullptr, all);
    while (found != nullptr && !wanted(found)) found = xdp_multiprog__next_prog(found, all);
    const int index = static_cast<int>(ifindex_);
    const bool detached =
        found != nullptr && xdp_program__detach(found, index, xdp_multiprog__attach_mode(all), 0) == 0;
    xdp_multiprog__close(all);
    return detached;
}

bool detach_any_responder(unsigned ifindex) {
    return InterfaceProgram(ifindex).detach_responder([](int) { return true; });
}

void detach_users_of_maps(const std::vector<uint32_t>& maps, const std::vector<std::string>& keep) {
    if (maps.empty()) return;
    struct if_nameindex* const all = ::if_nameindex();
    for (const struct if_nameindex* each = all; each != nullptr && each->if_index != 0; ++each) {
        if (std::find(keep.begin(), keep.end(), each->if_name) != keep.end()) continue;
        if (InterfaceProgram(each->if_index).detach_responder([&](int program_fd) {
                return uses_any(program_fd, maps);
            }))
            log_info("took the XDP program of an earlier daemon off {}, which is not configured any more",
                     each->if_name);
    }
    if (all != nullptr) ::if_freenameindex(all);
}

}  // namespace splitline
