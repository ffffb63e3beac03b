// SPDX-License-Identifier: GPL-3.0-or-later
// One interface with the XDP program on it: attached by a pinned bpf_link, or through libxdp beside other programs.
//
// A pinned link outlives the daemon; attach() finds it again and swaps the new program in without a gap. With libxdp
// the program on the interface is its own keeper; attaching over a predecessor of ours takes that one off first.
#pragma once

#include <memory>
#include <string>
#include <vector>

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

    /// Puts an instance of the program, sharing the maps of `first`, on the interface. On an error what was there
    /// stays.
    Result<void> attach(const ResponderProgram& first, const sl_config& config);
    /// Takes it off and unpins the link. Done when nothing of ours is there; an error when the kernel would not let go.
    Result<void> detach();
    [[nodiscard]] InterfaceStatus status() const;
    [[nodiscard]] const Interface& interface() const { return interface_; }
    /// Of the attached instance; 0 when there is none.
    [[nodiscard]] uint32_t verified_instructions() const;

  private:
    Result<void> attach_link(ResponderProgram program);
    Result<void> attach_libxdp(ResponderProgram program);
    Result<int> create_link(int program_fd);
    Result<void> pin_link(int link_fd) const;
    [[nodiscard]] std::string link_path() const;
    void adopt_pinned_link();
    [[nodiscard]] bool mode_fits() const;
    int drop_link();
    void detach_libxdp_program();
    void note_mode();
    [[nodiscard]] std::string generic_note() const;

    Interface interface_;
    const FastPathSettings& settings_;
    std::unique_ptr<ResponderProgram> program_;
    xdp_program* libxdp_program_ = nullptr;
    int link_fd_ = -1;
    bool taken_over_ = false;  // the link, and with it the mode, is an earlier daemon's
    InterfaceStatus status_;
};

/// Takes the programs of an earlier daemon off every interface that is not in `keep`: those whose link is pinned in
/// `pin_directory`, and those in libxdp's care that use the maps pinned there.
void detach_leftovers(const std::string& pin_directory, const std::vector<std::string>& keep);

}  // namespace splitline
