// SPDX-License-Identifier: GPL-3.0-or-later
// Packets through the loaded XDP program by BPF_PROG_TEST_RUN: no traffic, no attachment.
//
// PrivateNetwork gives the process a network namespace of its own with one interface, whose MAC and addresses are those
// of support/packet.h. FastPathBed loads the real FastPath for it and runs packets, telling for each the verdict, the
// bytes that came out and the one counter that rose. Without the privilege, missing() says so and the tests skip.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/fd.h"
#include "kernel/fast_path.h"
#include "support/packet.h"

namespace splitline::testing_support {

constexpr const char* kInterface = "sl0";
constexpr const char* kPeer = "sl1";

class PrivateNetwork {
  public:
    /// Enters the namespace, once a process; "" or why it cannot be had. It ends with the process.
    static const std::string& missing();
};

/// One packet's way through a program.
struct Outcome {
    uint32_t verdict = 0;  // enum xdp_action
    Bytes bytes;
    uint32_t nanoseconds = 0;  // the kernel's mean over all repetitions
    /// The reason counted; nothing if not exactly one counter rose by exactly one.
    std::optional<sl_reason> reason;
    /// The line counted, if any.
    std::optional<LineId> line;
};

/// One BPF_PROG_TEST_RUN of any XDP program; throws std::system_error when the kernel refuses.
Outcome run_program(int program_fd, std::span<const uint8_t> packet, uint32_t repeat = 1);

/// A map of a loaded program, opened by its name; for tests that break the table on purpose. Closes its fd.
class ProgramMap {
  public:
    ProgramMap(int program_fd, const std::string& name);
    ~ProgramMap();
    ProgramMap(const ProgramMap&) = delete;
    ProgramMap& operator=(const ProgramMap&) = delete;

    void read(uint32_t key, void* value) const;
    void write(uint32_t key, const void* value) const;

  private:
    int fd_ = -1;
};

/// The maps of a loaded program, by name.
std::map<std::string, Fd> open_maps(int program_fd);
/// The contents, by map name, of every map of a loaded program that all CPUs share.
std::map<std::string, Bytes> read_shared_maps(int program_fd);

class FastPathBed {
  public:
    /// Listens on kServer4 and kServer6, port 53, and on kServer4, port 5353; throws what load() says.
    explicit FastPathBed(const ResponsePolicy& policy = {}, const std::function<void(FastPathSettings&)>& adjust = {});

    ~FastPathBed();
    FastPathBed(const FastPathBed&) = delete;
    FastPathBed& operator=(const FastPathBed&) = delete;

    /// Publishes; throws on errors.
    void publish(std::shared_ptr<const Image> image);
    Outcome run(std::span<const uint8_t> packet);
    [[nodiscard]] FastPath& fast_path() { return *fast_path_; }
    [[nodiscard]] const ResponsePolicy& policy() const { return policy_; }
    /// The instance attached to the interface.
    [[nodiscard]] int program_fd() const { return program_fd_; }

  private:
    ResponsePolicy policy_;
    std::unique_ptr<FastPath> fast_path_;
    int program_fd_ = -1;
    FastPathCounters before_;
};

/// "XDP_TX" and its like.
std::string verdict_name(uint32_t verdict);

}  // namespace splitline::testing_support
