// SPDX-License-Identifier: GPL-3.0-or-later
// What the kernel has attached to an interface, when it is not (or not known to be) a link of ours: found by asking the
// kernel, taken off only if it is a responder. Programs of others stay.
//
// libxdp is asked only where its dispatcher is on the interface: version 1.3 loses a descriptor of a single program
// each time it looks at one, and that keeps the program and its maps in memory.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace splitline {

/// Name of the program as the kernel lists it; with the names of its maps it says whose the program is.
constexpr const char* kResponderName = "respond";

class InterfaceProgram {
  public:
    enum class Kind {
        kNone,
        kUnreadable,  // there is one, but we may not look at it (CAP_SYS_ADMIN)
        kResponder,   // of a daemon of ours, by itself
        kDispatcher,  // libxdp's, which may run a responder among others
        kForeign,
    };
    using Wanted = std::function<bool(int program_fd)>;

    InterfaceProgram(std::string interface, unsigned ifindex);

    [[nodiscard]] Kind kind() const { return kind_; }
    /// As the kernel lists it; "" when there is none, or we may not look.
    [[nodiscard]] const std::string& name() const { return name_; }
    /// Kernel's id; 0 when there is none.
    [[nodiscard]] uint32_t id() const { return id_; }
    /// A link holds the program: it goes with that link only. Needs the right to look.
    [[nodiscard]] bool is_held_by_link() const;
    /// The dispatcher runs programs that are not responders.
    [[nodiscard]] bool is_shared() const;
    /// Takes the responder off, alone or from the dispatcher, if there is one and `wanted` agrees to its descriptor.
    /// False if there was none; an error if we may not look, or the kernel would not let go (a link holds it).
    [[nodiscard]] Result<bool> detach_responder(const Wanted& wanted) const;
    /// Takes off the program of this descriptor if it is the one on the interface, which needs no right to look.
    [[nodiscard]] Result<bool> detach_program(int program_fd) const;

  private:
    [[nodiscard]] Result<bool> detach_single(int program_fd) const;
    [[nodiscard]] Result<bool> detach_from_dispatcher(const Wanted& wanted) const;

    std::string interface_;
    int ifindex_;
    uint32_t id_ = 0;
    unsigned mode_flag_ = 0;
    Fd fd_;
    std::string name_;
    Kind kind_ = Kind::kNone;
};

/// Whether the kernel lets us look at programs that we did not load (CAP_SYS_ADMIN).
bool may_look_at_programs();

/// Kernel's id of a program; 0 if the descriptor is none.
uint32_t program_id(int program_fd);

/// What kept programs of an earlier daemon on interfaces.
struct Leftovers {
    std::vector<std::string> failures;    // the kernel would not let go
    std::vector<std::string> unreadable;  // interfaces with a program that may be one: we may not look
};

/// Takes responders that use one of the maps (kernel ids) off every interface that is not in `keep`; what stays is
/// added to `left`.
void detach_users_of_maps(const std::vector<uint32_t>& maps, const std::vector<std::string>& keep, Leftovers& left);

}  // namespace splitline
