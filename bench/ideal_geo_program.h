// SPDX-License-Identifier: GPL-3.0-or-later
// The ideal geo program (ideal_geo.bpf.c), loaded and filled from an image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "compile/image.h"

struct ideal_geo_bpf;

namespace splitline::bench {

class IdealGeo {
  public:
    /// Loads the program and puts every name of bench.example. (world.h) into its table with its A answers. Throws.
    IdealGeo(const Image& image, size_t names);
    ~IdealGeo();
    IdealGeo(const IdealGeo&) = delete;
    IdealGeo& operator=(const IdealGeo&) = delete;

    [[nodiscard]] int program_fd() const;
    /// Queries answered so far.
    [[nodiscard]] uint64_t answers() const;

  private:
    void fill_names(const Image& image, size_t names);
    void fill_clients(const Image& image);

    ideal_geo_bpf* skeleton_;
};

}  // namespace splitline::bench
