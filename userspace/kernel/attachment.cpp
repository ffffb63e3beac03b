// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/attachment.h"

#include <bpf/bpf.h>
#include <linux/if_link.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "kernel/interface_program.h"
#include "kernel/map_pins.h"

namespace splitline {

namespace {

constexpr std::string_view kLinkPrefix = "link_";

// The modes to try, in order.
std::vector<uint32_t> modes_of(XdpMode mode) {
    switch (mode) {
        case XdpMode::kNative:
            return {XDP_FLAGS_DRV_MODE};
        case XdpMode::kGeneric:
            return {XDP_FLAGS_SKB_MODE};
        case XdpMode::kAuto:
            break;
    }
    return {XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE};
}

int update_link(int link_fd, int program_fd) {
    bpf_link_update_opts options{};
    options.sz = sizeof options;
    return bpf_link_update(link_fd, program_fd, &options);
}

void detach_pinned_links(const std::string& pin_directory, const std::vector<std::string>& keep) {
    std::error_code unreadable;
    for (const auto& entry : std::filesystem::directory_iterator(pin_directory, unreadable)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(kLinkPrefix)) continue;
        const std::string interface = name.substr(kLinkPrefix.size());
        if (std::find(keep.begin(), keep.end(), interface) != keep.end()) continue;
        const int link_fd = bpf_obj_get(entry.path().c_str());
        if (link_fd < 0) continue;
        bpf_link_detach(link_fd);
        ::close(link_fd);
        ::unlink(entry.path().c_str());
        log_info("took the XDP program of an earlier daemon off {}, which is not configured any more", interface);
    }
}

}  // namespace

Attachment::Attachment(Interface interface, const FastPathSettings& settings)
    : interface_(std::move(interface)), settings_(settings) {
    status_.interface = interface_.name;
}

Attachment::~Attachment() {
    if (link_fd_ >= 0) ::close(link_fd_);
    if (libxdp_program_ != nullptr) xdp_program__close(libxdp_program_);
}

std::string Attachment::link_path() const {
    return settings_.pin_directory.empty() ? ""
                                           : settings_.pin_directory + "/" + std::string(kLinkPrefix) + interface_.name;
}

Result<void> Attachment::attach(const ResponderProgram& first, const sl_config& config) {
    const bool link = settings_.attach == XdpAttach::kLink;
    auto program = ResponderProgram::share(first, config, link);
    if (!program) return program.error();
    auto attached = link ? attach_link(std::move(*program)) : attach_libxdp(std::move(*program));
    if (attached) note_mode();
    return attached;
}

Result<void> Attachment::attach_link(ResponderProgram program) {
    adopt_pinned_link();
    if (link_fd_ >= 0 && !mode_fits()) drop_link();  // a link keeps the mode it was made with
    if (link_fd_ >= 0) {
        const int error = -update_link(link_fd_, program.fd());
        if (error == ENOLINK) drop_link();  // its interface is gone, one of the same name has come
        if (error != 0 && error != ENOLINK)
            return kernel_error("cannot swap the XDP program on " + interface_.name, error);
    }
    if (link_fd_ < 0) {
        detach_any_responder(interface_.index);  // of a daemon with xdp.attach = "libxdp"
        auto created = create_link(program.fd());
        if (!created) return created.error();
        link_fd_ = *created;
        if (auto pinned = pin_link(link_fd_); !pinned) {
            drop_link();
            return pinned;
        }
    }
    program_ = std::make_unique<ResponderProgram>(std::move(program));
    status_.method = "link";
    return {};
}

// Takes the link that an earlier daemon pinned for this interface, if there is one and it still is on it.
void Attachment::adopt_pinned_link() {
    if (link_fd_ >= 0 || link_path().empty()) return;
    link_fd_ = std::max(-1, bpf_obj_get(link_path().c_str()));
    if (link_fd_ < 0) return;
    bpf_link_info info{};
    uint32_t size = sizeof info;
    const bool known = bpf_obj_get_info_by_fd(link_fd_, &info, &size) == 0;
    // An index of 0 is a link whose interface is gone: the update says so.
    if (known && info.type == BPF_LINK_TYPE_XDP && (info.xdp.ifindex == interface_.index || info.xdp.ifindex == 0)) {
        taken_over_ = true;
        return;
    }
    drop_link();
}

bool Attachment::mode_fits() const {
    bpf_xdp_query_opts query{};
    query.sz = sizeof query;
    if (bpf_xdp_query(static_cast<int>(interface_.index), 0, &query) != 0) return true;
    switch (settings_.mode) {
        case XdpMode::kNative:
            return query.attach_mode != XDP_ATTACHED_SKB;
        case XdpMode::kGeneric:
            return query.attach_mode != XDP_ATTACHED_DRV;
        case XdpMode::kAuto:
            break;
    }
    return true;
}

int Attachment::drop_link() {
    const int error = link_fd_ >= 0 ? -bpf_link_detach(link_fd_) : 0;
    if (link_fd_ >= 0) ::close(link_fd_);
    link_fd_ = -1;
    taken_over_ = false;
    if (!link_path().empty()) ::unlink(link_path().c_str());
    return error == ENOLINK ? 0 : error;
}

Result<int> Attachment::create_link(int program_fd) {
    int error = 0;
    for (const uint32_t mode : modes_of(settings_.mode)) {
        bpf_link_create_opts options{};
        options.sz = sizeof options;
        options.flags = mode;
        const int link_fd = bpf_link_create(program_fd, static_cast<int>(interface_.index), BPF_XDP, &options);
        if (link_fd >= 0) return link_fd;
        error = -link_fd;
        if (error == EBUSY || error == EEXIST || error == EPERM) break;
    }
    return kernel_error("cannot attach the XDP program to " + interface_.name, error);
}

Result<void> Attachment::pin_link(int link_fd) const {
    if (link_path().empty()) return {};
    if (bpf_obj_pin(link_fd, link_path().c_str()) == 0) return {};
    return kernel_error("cannot pin the XDP link as " + link_path(), errno);
}

Result<void> Attachment::attach_libxdp(ResponderProgram program) {
    detach_libxdp_program();
    adopt_pinned_link();  // of a daemon with xdp.attach = "link"
    drop_link();
    xdp_program* handle = xdp_program__from_bpf_obj(program.object(), "xdp");
    if (const long error = libxdp_get_error(handle); error != 0)
        return kernel_error("libxdp cannot open the XDP program", static_cast<int>(-error));
    int error = 0;
    for (const uint32_t flag : modes_of(settings_.mode)) {
        const auto mode = flag == XDP_FLAGS_DRV_MODE ? XDP_MODE_NATIVE : XDP_MODE_SKB;
        error = -xdp_program__attach(handle, static_cast<int>(interface_.index), mode, 0);
        if (error == 0) break;
    }
    if (error != 0) {
        xdp_program__close(handle);
        return kernel_error("libxdp cannot attach the XDP program to " + interface_.name, error);
    }
    libxdp_program_ = handle;
    program_ = std::make_unique<ResponderProgram>(std::move(program));
    const InterfaceProgram attached(interface_.index);
    const bool dispatcher = !attached.name().empty() && attached.name() != kResponderName;
    status_.method = dispatcher ? "libxdp dispatcher" : "libxdp single program";
    status_.note =
        dispatcher ? "" : "libxdp attached without its dispatcher: no other XDP program can share the interface";
    return {};
}

Result<void> Attachment::detach() {
    Result<void> done;
    if (settings_.attach == XdpAttach::kLibxdp) {
        detach_libxdp_program();
    } else {
        adopt_pinned_link();
        if (const int error = drop_link(); error != 0)
            done = kernel_error("cannot detach the XDP program from " + interface_.name, error);
    }
    program_.reset();
    status_ = InterfaceStatus{};
    status_.interface = interface_.name;
    note_mode();
    return done;
}

// Ours or a dead daemon's.
void Attachment::detach_libxdp_program() {
    detach_any_responder(interface_.index);
    if (libxdp_program_ != nullptr) xdp_program__close(libxdp_program_);
    libxdp_program_ = nullptr;
}

void detach_leftovers(const std::string& pin_directory, const std::vector<std::string>& keep) {
    if (pin_directory.empty()) return;
    detach_pinned_links(pin_directory, keep);
    // With libxdp nothing is pinned but the maps: whoever uses them is an earlier daemon's program.
    detach_users_of_maps(MapPins(pin_directory).map_ids(), keep);
}

// A link that is taken over is not made again in a better mode: that would cost a gap at every start.
std::string Attachment::generic_note() const {
    if (!taken_over_) return "native XDP was not to be had on " + interface_.name + "; generic mode is much slower";
    return "generic mode, much slower than native, was taken over from the daemon before; `splitline xdp detach` and "
           "`splitline xdp attach` try native again";
}

// Asks the kernel what is there; nothing is reported from hearsay.
void Attachment::note_mode() {
    bpf_xdp_query_opts query{};
    query.sz = sizeof query;
    if (bpf_xdp_query(static_cast<int>(interface_.index), 0, &query) != 0) return;
    if (program_ == nullptr) {  // detached: whatever is there now is not ours
        if (query.attach_mode != XDP_ATTACHED_NONE) status_.note = "another XDP program is on " + interface_.name;
        return;
    }
    status_.attached = query.attach_mode != XDP_ATTACHED_NONE;
    status_.mode = query.attach_mode == XDP_ATTACHED_SKB    ? "generic"
                   : query.attach_mode == XDP_ATTACHED_NONE ? ""
                                                            : "native";
    status_.program_id = query.attach_mode == XDP_ATTACHED_SKB ? query.skb_prog_id : query.drv_prog_id;
    if (settings_.mode == XdpMode::kAuto && status_.mode == "generic") status_.note = generic_note();
    bpf_link_info info{};
    uint32_t size = sizeof info;
    if (link_fd_ >= 0 && bpf_obj_get_info_by_fd(link_fd_, &info, &size) == 0) status_.link_id = info.id;
    if (!status_.note.empty()) log_warning("{}", status_.note);
}

uint32_t Attachment::verified_instructions() const {
    return program_ == nullptr ? 0 : program_->verified_instructions();
}

InterfaceStatus Attachment::status() const {
    InterfaceStatus now = status_;
    bpf_xdp_query_opts query{};
    query.sz = sizeof query;
    // Somebody else may have taken it off since.
    if (now.attached && bpf_xdp_query(static_cast<int>(interface_.index), 0, &query) == 0 &&
        query.attach_mode == XDP_ATTACHED_NONE) {
        now.attached = false;
        now.note = "the program was taken off from outside; `splitline xdp attach` puts it back";
    }
    return now;
}

}  // namespace splitline
