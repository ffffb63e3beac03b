// SPDX-License-Identifier: GPL-3.0-or-later
// One loaded instance of the XDP program: its constants, its maps, its file descriptors.
//
// The first instance creates the maps, sized by the settings; the instances of the interfaces share them and differ
// only in their constants (MAC, addresses). Everything ends with the object unless it was pinned or attached.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/fast_path.h"
#include "kernel/host.h"
#include "maps/config.h"

struct responder_bpf;
struct bpf_object;

namespace splitline {

/// Constants of the program for one interface; `interface` may be null (tests): then no MAC is checked and no address
/// is our own.
Result<sl_config> program_config(const FastPathSettings& settings, const ResponsePolicy& policy,
                                 const Interface* interface, uint32_t buckets, uint64_t hash_seed);

/// Adds an address of this host, from which no client asks; false if there is no place for it.
bool add_own_address(sl_config& config, const Address& address);

/// The key of map "ecs_trust" for senders in `prefix`.
sl_ecs_sender ecs_sender(const Prefix& prefix);

/// Number of buckets that hold `max_names` at no more than two thirds full; a power of two.
uint32_t bucket_count(uint32_t max_names);

class ResponderProgram {
  public:
    /// Creates the maps, as large as `settings` say.
    static Result<ResponderProgram> create(const FastPathSettings& settings, const sl_config& config);
    /// Another instance over the maps of `first`; with `load` false it is only opened, for libxdp to load it.
    static Result<ResponderProgram> share(const ResponderProgram& first, const sl_config& config, bool load);

    ResponderProgram(ResponderProgram&&) noexcept;
    ResponderProgram& operator=(ResponderProgram&&) noexcept;
    ~ResponderProgram();

    [[nodiscard]] int fd() const;
    [[nodiscard]] uint32_t verified_instructions() const;
    [[nodiscard]] bpf_object* object() const;
    /// The map of that name (maps/maps.h). REQUIRES: the program has it.
    [[nodiscard]] int map_fd(const char* name) const;
    [[nodiscard]] uint32_t map_entries(const char* name) const;
    /// Names of all maps that are pinned for others to read.
    [[nodiscard]] static const std::vector<const char*>& map_names();
    /// Arms or re-arms the expiry timer (maps/control.h: stale) for `seconds` from now.
    void heartbeat(uint32_t seconds) const;

  private:
    struct Destroy {
        void operator()(responder_bpf* skeleton) const;
    };
    using Skeleton = std::unique_ptr<responder_bpf, Destroy>;
    explicit ResponderProgram(Skeleton skeleton);
    Skeleton skeleton_;
};

/// "…: reason" with what usually is missing: capability, kernel version, memory.
Error kernel_error(const std::string& what, int error);

}  // namespace splitline
