// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/attachment.h"

#include <bpf/bpf.h>
#include <fmt/ranges.h>
#include <linux/if_link.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "kernel/interface_program.h"
#include "kernel/map_pins.h"

namespace splitline {

namespace {

constexpr std::string_view kLinkPrefix = "link_";

// How libxdp attached it, as status says it.
constexpr const char* kDispatched = "libxdp dispatcher";
constexpr const char* kSingle = "libxdp single program";

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

// All at once, so that nobody unlinks what is being listed.
std::vector<std::string> pinned_links(const std::string& pin_directory) {
    std::vector<std::string> names;
    std::error_code unreadable;
    for (const auto& entry : std::filesystem::directory_iterator(pin_directory, unreadable)) {
        std::string name = entry.path().filename().string();
        if (name.starts_with(kLinkPrefix)) names.push_back(std::move(name));
    }
    return names;
}

// 0, or the error number with which the link stays, and its pin with it.
int detach_pinned_link(const std::string& path) {
    const Fd link(bpf_obj_get(path.c_str()));
    if (link.get() < 0) return -link.get();
    const int error = -bpf_link_detach(link.get());
    if (error != 0 && error != ENOLINK) return error;  // ENOLINK: its interface is gone
    return ::unlink(path.c_str()) == 0 ? 0 : errno;
}

void detach_pinned_links(const std::string& pin_directory, const std::vector<std::string>& keep, Leftovers& left) {
    for (const std::string& name : pinned_links(pin_directory)) {
        const std::string interface = name.substr(kLinkPrefix.size());
        if (std::find(keep.begin(), keep.end(), interface) != keep.end()) continue;
        if (const int error = detach_pinned_link(pin_directory + "/" + name); error != 0)
            left.failures.push_back(kernel_error("cannot take the XDP program off " + interface, error).text());
        else
            log_info("took the XDP program of an earlier daemon off {}, which is not configured any more", interface);
    }
}

}  // namespace

void Attachment::CloseProgram::operator()(xdp_program* program) const {
    xdp_program__close(program);
}

Attachment::Attachment(Interface interface, const FastPathSettings& settings)
    : interface_(std::move(interface)), settings_(settings) {
    status_.interface = interface_.name;
}

Attachment::~Attachment() = default;

std::string Attachment::link_path() const {
    return settings_.pin_directory.empty() ? ""
                                           : settings_.pin_directory + "/" + std::string(kLinkPrefix) + interface_.name;
}

Result<void> Attachment::prepare(const ResponderProgram& first, const sl_config& config) {
    if (auto adopted = adopt_pinned_link(); !adopted) return adopted;
    if (auto free = check_free(); !free) return free;
    auto program = ResponderProgram::share(first, config, settings_.attach == XdpAttach::kLink);
    if (!program) return program.error();
    prepared_ = std::make_unique<ResponderProgram>(std::move(*program));
    return {};
}

// What would refuse the attach later, when other interfaces have changed hands already.
Result<void> Attachment::check_free() const {
    const bool link = settings_.attach == XdpAttach::kLink;
    if (!link && !may_look_at_programs())
        return Error{"cannot attach to " + interface_.name +
                     " by libxdp without CAP_SYS_ADMIN, which lets it look at the programs there; give the daemon that "
                     "capability (AmbientCapabilities= and CapabilityBoundingSet= of its unit) or set xdp.attach = "
                     "\"link\""};
    if (link_is_on_interface()) return {};
    const InterfaceProgram now(interface_.name, interface_.index);
    switch (now.kind()) {
        case InterfaceProgram::Kind::kNone:
            return {};
        case InterfaceProgram::Kind::kResponder:
            if (!now.is_held_by_link()) return {};  // a daemon's with another xdp.pin_directory
            break;
        case InterfaceProgram::Kind::kDispatcher:
            if (!link || !now.is_shared()) return {};
            break;
        case InterfaceProgram::Kind::kUnreadable:
        case InterfaceProgram::Kind::kForeign:
            break;
    }
    return attach_error("cannot attach the XDP program to " + interface_.name, EBUSY);
}

Error Attachment::attach_error(const std::string& what, int error) const {
    if (error != EBUSY && error != EEXIST) return kernel_error(what, error);
    const char* const remedy = settings_.attach == XdpAttach::kLink ? "or set xdp.attach = \"libxdp\""
                                                                    : "or attach it by libxdp too (`xdp-loader load`)";
    return Error{what + ": " + std::strerror(error) +
                 " (another XDP program is on the interface: `ip link show` names it; detach it " + remedy + ")"};
}

Result<void> Attachment::attach() {
    auto attached = settings_.attach == XdpAttach::kLink ? attach_link() : attach_libxdp();
    if (attached) note_mode();
    return attached;
}

Result<void> Attachment::attach_link() {
    if (link_.get() >= 0 && !(link_is_on_interface() && mode_fits()))  // a link keeps the mode it was made with
        if (auto dropped = drop_link(); !dropped) return dropped;
    if (link_.get() >= 0) {
        if (const int error = -update_link(link_.get(), prepared_->fd()); error != 0)
            return kernel_error("cannot swap the XDP program on " + interface_.name, error);
    } else {
        if (auto detached = detach_responder(); !detached) return detached;  // of a daemon with xdp.attach = "libxdp"
        if (auto created = create_link(); !created) return created;
    }
    program_ = std::move(prepared_);
    status_.method = "link";
    return {};
}

// Takes the link that an earlier daemon pinned for this interface, if there is one.
Result<void> Attachment::adopt_pinned_link() {
    if (link_.get() >= 0 || link_path().empty()) return {};
    const int fd = bpf_obj_get(link_path().c_str());
    if (fd < 0 && fd != -ENOENT) return kernel_error("cannot open the pinned XDP link " + link_path(), -fd);
    link_ = Fd(fd);
    taken_over_ = fd >= 0;
    return {};
}

// It is not when it was detached from outside, or its interface is gone and another of the same name has come.
bool Attachment::link_is_on_interface() const {
    bpf_link_info info{};
    uint32_t size = sizeof info;
    return link_.get() >= 0 && bpf_obj_get_info_by_fd(link_.get(), &info, &size) == 0 &&
           info.type == BPF_LINK_TYPE_XDP && info.xdp.ifindex == interface_.index;
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

Result<void> Attachment::drop_link() {
    if (link_.get() < 0) return {};
    const int error = -bpf_link_detach(link_.get());
    if (error != 0 && error != ENOLINK)
        return kernel_error("cannot take the XDP program off " + interface_.name, error);
    if (!link_path().empty() && ::unlink(link_path().c_str()) != 0 && errno != ENOENT)
        return kernel_error("cannot unpin the XDP link " + link_path(), errno);
    link_ = Fd();
    taken_over_ = false;
    return {};
}

Result<void> Attachment::create_link() {
    int error = 0;
    for (const uint32_t mode : modes_of(settings_.mode)) {
        bpf_link_create_opts options{};
        options.sz = sizeof options;
        options.flags = mode;
        link_ = Fd(bpf_link_create(prepared_->fd(), static_cast<int>(interface_.index), BPF_XDP, &options));
        error = link_.get() < 0 ? -link_.get() : 0;
        if (error == 0 || error == EBUSY || error == EEXIST || error == EPERM) break;
    }
    if (error != 0) return attach_error("cannot attach the XDP program to " + interface_.name, error);
    auto pinned = pin_link();
    if (!pinned) {
        // Not by drop_link(): what has the path is not ours. An unpinned link ends with its descriptor.
        link_ = Fd();
    }
    return pinned;
}

Result<void> Attachment::pin_link() const {
    if (link_path().empty()) return {};
    if (bpf_obj_pin(link_.get(), link_path().c_str()) == 0) return {};
    return kernel_error("cannot pin the XDP link as " + link_path(), errno);
}

Result<void> Attachment::attach_libxdp() {
    std::unique_ptr<xdp_program, CloseProgram> handle;
    xdp_program* const opened = xdp_program__from_bpf_obj(prepared_->object(), "xdp");
    if (const long error = libxdp_get_error(opened); error != 0)
        return kernel_error("libxdp cannot open the XDP program", static_cast<int>(-error));
    handle.reset(opened);
    if (auto dropped = drop_link(); !dropped) return dropped;  // of a daemon with xdp.attach = "link"
    if (auto detached = detach_responder(); !detached) return detached;
    int error = 0;
    for (const uint32_t flag : modes_of(settings_.mode)) {
        const auto mode = flag == XDP_FLAGS_DRV_MODE ? XDP_MODE_NATIVE : XDP_MODE_SKB;
        error = -xdp_program__attach(handle.get(), static_cast<int>(interface_.index), mode, 0);
        if (error == 0) break;
    }
    if (error != 0) return attach_error("libxdp cannot attach the XDP program to " + interface_.name, error);
    program_ = std::move(prepared_);
    libxdp_program_ = std::move(handle);
    const InterfaceProgram attached(interface_.name, interface_.index);
    const bool dispatcher = attached.kind() == InterfaceProgram::Kind::kDispatcher;
    status_.method = dispatcher ? kDispatched : kSingle;
    return {};
}

// Whatever it came by: of a takeover that stopped halfway, an earlier daemon's of the other method may still be there.
Result<void> Attachment::detach() {
    if (auto adopted = adopt_pinned_link(); !adopted) return adopted;
    if (auto dropped = drop_link(); !dropped) return dropped;
    if (settings_.attach == XdpAttach::kLibxdp || libxdp_responder_is_there())
        if (auto detached = detach_responder(); !detached) return detached;
    program_.reset();
    status_ = InterfaceStatus{};
    status_.interface = interface_.name;
    note_mode();
    return {};
}

bool Attachment::libxdp_responder_is_there() const {
    const InterfaceProgram now(interface_.name, interface_.index);
    return now.kind() == InterfaceProgram::Kind::kDispatcher ||
           (now.kind() == InterfaceProgram::Kind::kResponder && !now.is_held_by_link());
}

// Ours, if libxdp attached one for us; else a dead daemon's.
Result<void> Attachment::detach_responder() {
    const InterfaceProgram now(interface_.name, interface_.index);
    const int ours = libxdp_program_ ? xdp_program__fd(libxdp_program_.get()) : -1;
    auto detached = now.detach_program(ours);
    if (detached && !*detached) {
        detached = now.detach_responder([&](int fd) { return ours < 0 || program_id(fd) == program_id(ours); });
        if (detached && *detached && !libxdp_program_)
            log_info("took the XDP program of an earlier daemon off {}", interface_.name);
    }
    if (!detached) return detached.error();
    libxdp_program_.reset();
    return {};
}

Result<void> detach_leftovers(const std::string& pin_directory, const std::vector<std::string>& keep) {
    if (pin_directory.empty()) return {};
    std::error_code unreadable;
    const std::filesystem::directory_iterator pins(pin_directory, unreadable);
    if (unreadable == std::errc::no_such_file_or_directory) return {};
    if (unreadable)
        return kernel_error("cannot look for an earlier daemon's pins in " + pin_directory, unreadable.value());
    // With libxdp nothing is pinned but the maps: whoever uses them is an earlier daemon's program. Where links are
    // pinned, a program that we may not look at is somebody else's.
    const bool by_libxdp = pinned_links(pin_directory).empty();
    Leftovers left;
    detach_pinned_links(pin_directory, keep, left);
    detach_users_of_maps(MapPins(pin_directory).map_ids(), keep, left);
    if (by_libxdp)
        for (const std::string& interface : left.unreadable)
            left.failures.push_back("the XDP program on " + interface +
                                    " may be an earlier daemon's, which only CAP_SYS_ADMIN can tell; if `bpftool net` "
                                    "says that it is not, remove the pins in " +
                                    pin_directory + ", else take it off: `ip link set dev " + interface + " xdp off`");
    if (left.failures.empty()) return {};
    return Error{fmt::format("{}", fmt::join(left.failures, "; "))};
}

// A link that is taken over is not made again in a better mode: that would cost a gap at every start.
std::string Attachment::generic_note() const {
    if (!taken_over_) return "native XDP was not to be had on " + interface_.name + "; generic mode is much slower";
    return "generic mode, much slower than native, was taken over from the daemon before; `splitline xdp detach` and "
           "`splitline xdp attach` try native again";
}

// Asks the kernel what is there; nothing is reported from hearsay.
void Attachment::note_mode() {
    status_.note.clear();
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
    if (status_.method == kSingle)
        status_.note = "libxdp attached without its dispatcher: no other XDP program can share the interface";
    if (settings_.mode == XdpMode::kAuto && status_.mode == "generic")
        status_.note += (status_.note.empty() ? "" : "; ") + generic_note();
    bpf_link_info info{};
    uint32_t size = sizeof info;
    if (link_.get() >= 0 && bpf_obj_get_info_by_fd(link_.get(), &info, &size) == 0) status_.link_id = info.id;
    if (!status_.note.empty()) log_warning("{}", status_.note);
}

uint32_t Attachment::verified_instructions() const {
    return program_ == nullptr ? 0 : program_->verified_instructions();
}

InterfaceStatus Attachment::status() const {
    InterfaceStatus now = status_;
    bpf_xdp_query_opts query{};
    query.sz = sizeof query;
    if (!now.attached || bpf_xdp_query(static_cast<int>(interface_.index), 0, &query) != 0) return now;
    // Somebody else may have taken it off since, or put another one there.
    const uint32_t id = query.attach_mode == XDP_ATTACHED_SKB ? query.skb_prog_id : query.drv_prog_id;
    if (query.attach_mode == XDP_ATTACHED_NONE)
        now.note = "the program was taken off from outside; `splitline xdp attach` puts it back";
    else if (id != now.program_id && now.method != kDispatched)  // a dispatcher changes with each program that joins it
        now.note = "the program was taken off from outside, another XDP program is on " + interface_.name;
    else
        return now;
    now.attached = false;
    return now;
}

}  // namespace splitline
