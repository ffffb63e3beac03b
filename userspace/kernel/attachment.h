// SPDX-License-Identifier: GPL-3.0-or-later
// One interface with the XDP program on it: attached by a pinned bpf_link, or through libxdp beside other programs.
//
// A pinned link outlives the daemon; attach() finds it again and swaps the new program in without a gap. With libxdp
// the program on the interface is its own keeper; attaching over a predecessor of ours takes that one off first, so
// there is a gap, and an attach() that libxdp refuses after that leaves the interface without a program.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "kernel/fast_path.h"
#include "kernel/host.h"
#include "kernel/responder_program.h"

struct xdp_program;

namespace splitline {

class Attachment {
  public:
    Attachment(Interface interface, const FastPathSettings& settings);
    ~Attachment();
    Attachment(const Attachment&) = delete;
    Attachment& operator=(const Attachment&) = delete;

    /// Gets an instance of the program, sharing the maps of `first`, ready for the interface, and looks whether
    /// somebody else's program or a missing capability is in its way. What is attached stays as it is.
    Result<void> prepare(const ResponderProgram& first, const sl_config& config);
    /// Puts the prepared instance on the interface. REQUIRES: prepare() succeeded. By link, what was there stays on an
    /// error unless its mode was not the configured one; by libxdp it may be gone.
    Result<void> attach();
    /// Takes it off and unpins the link. Done when nothing of ours is there; on an error (the kernel would not let go,
    /// or let us look) what there is stays, with its pin.
    Result<void> detach();
    [[nodiscard]] InterfaceStatus status() const;
    [[nodiscard]] const Interface& interface() const { return interface_; }
    /// Of the attached instance; 0 when there is none.
    [[nodiscard]] uint32_t verified_instructions() const;

  private:
    struct CloseProgram {
        void operator()(xdp_program* program) const;
    };

    Result<void> attach_link();
    Result<void> attach_libxdp();
    Result<void> create_link();
    Result<void> pin_link() const;
    Result<void> drop_link();
    Result<void> adopt_pinned_link();
    [[nodiscard]] std::string link_path() const;
    [[nodiscard]] bool link_is_on_interface() const;
    [[nodiscard]] bool mode_fits() const;
    [[nodiscard]] Result<void> check_free() const;
    [[nodiscard]] Error attach_error(const std::string& what, int error) const;
    /// One that is not held by a link.
    [[nodiscard]] bool libxdp_responder_is_there() const;
    Result<void> detach_responder();
    void note_mode();
    [[nodiscard]] std::string generic_note() const;

    Interface interface_;
    const FastPathSettings& settings_;
    std::unique_ptr<ResponderProgram> prepared_, program_;
    std::unique_ptr<xdp_program, CloseProgram> libxdp_program_;  // of *program_
    Fd link_;
    bool taken_over_ = false;  // the link, and with it the mode, is an earlier daemon's
    InterfaceStatus status_;
};

/// Takes the programs of an earlier daemon off every interface that is not in `keep`: those whose link is pinned in
/// `pin_directory`, and those in libxdp's care that use the maps pinned there. An error names those that stayed; then
/// the pins of the maps must stay too.
Result<void> detach_leftovers(const std::string& pin_directory, const std::vector<std::string>& keep);

}  // namespace splitline
