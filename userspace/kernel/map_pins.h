// SPDX-License-Identifier: GPL-3.0-or-later
// The maps of the attached program as files of the bpffs, under their names of maps/maps.h.
//
// They are more than something to look at: the kernel cancels a map's timers with its last file or descriptor, so the
// pin of the expiry map is all that lets a dead daemon's program grow stale. A daemon therefore pins its maps under
// temporary names before its program is attached (stage), and renames them over its predecessor's when that one's
// program is gone from every interface (commit). Whenever it dies in between, whatever program is attached has its maps
// pinned under some name; the next commit() clears up.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/responder_program.h"

namespace splitline {

class MapPins {
  public:
    /// `directory` in a bpffs; if empty nothing is ever pinned.
    explicit MapPins(std::string directory);

    /// Pins the maps under temporary names of this object's own.
    Result<void> stage(const ResponderProgram& program) const;
    /// Gives the staged pins their names and removes what an interrupted predecessor left staged.
    [[nodiscard]] Result<void> commit() const;
    /// Unpins all maps, staged or not, whoever pinned them.
    void remove() const;
    /// Kernel ids of all maps pinned here.
    [[nodiscard]] std::vector<uint32_t> map_ids() const;

  private:
    [[nodiscard]] std::string path(const std::string& name) const { return directory_ + "/" + name; }
    [[nodiscard]] std::vector<std::string> names() const;

    std::string directory_;
    std::string staged_;  // what the temporary names begin with
};

}  // namespace splitline
