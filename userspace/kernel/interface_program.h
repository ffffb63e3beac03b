// SPDX-License-Identifier: GPL-3.0-or-later
// What the kernel has attached to an interface, when it is not (or not known to be) a link of ours: found by asking the
// kernel, taken off only if it is a responder. Programs of others stay.
//
// libxdp is asked only where its dispatcher is on the interface: version 1.3 loses a descriptor of a single program
// each time it looks at one, and that keeps the program and the maps of a dead daemon in memory.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace splitline {

/// Name of the program as the kernel lists it, which says whose it is.
constexpr const char* kResponderName = "respond";

class InterfaceProgram {
  public:
    explicit InterfaceProgram(unsigned ifindex);
    ~InterfaceProgram();
    InterfaceProgram(const InterfaceProgram&) = delete;
    InterfaceProgram& operator=(const InterfaceProgram&) = delete;

    /// Of the program that the interface runs, which may be libxdp's dispatcher; "" if there is none or we may not look
    /// (CAP_SYS_ADMIN).
    [[nodiscard]] const std::string& name() const { return name_; }
    /// Takes the responder off, alone or from the dispatcher, if there is one and `ours` agrees to its descriptor.
    /// False if nothing was taken off; a program that a link holds never is.
    bool detach_responder(const std::function<bool(int program_fd)>& ours);

  private:
    bool detach_single() const;
    bool detach_from_dispatcher(const std::function<bool(int program_fd)>& ours) const;

    unsigned ifindex_;
    int fd_ = -1;
    unsigned mode_flag_ = 0;
    std::string name_;
};

/// Takes a responder off, whosever: for an interface that is configured to be ours.
bool detach_any_responder(unsigned ifindex);

/// Takes responders that use one of the maps (kernel ids) off every interface that is not in `keep`.
void detach_users_of_maps(const std::vector<uint32_t>& maps, const std::vector<std::string>& keep);

}  // namespace splitline
