// SPDX-License-Identifier: GPL-3.0-or-later
// Where names are in the name table of a loaded responder, for the program that reads nothing but memory.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/dname.h"
#include "base/fd.h"
#include "kernel/bucket_table.h"
#include "maps/arena.h"
#include "maps/mapped_array.h"

namespace splitline::bench {

class NamePlaces {
  public:
    /// Maps the tables of the program; throws where it has none. The program must outlive this.
    explicit NamePlaces(int program_fd);

    struct Place {
        uint32_t bucket;
        sl_ref record;
    };
    /// Throws if the name is not in the table.
    [[nodiscard]] Place of(DnameView name) const;

  private:
    struct Page {
        uint8_t bytes[SL_PAGE_SIZE];
    };

    std::map<std::string, Fd> maps_;
    MappedArray<sl_bucket> buckets_;
    MappedArray<Page> arena_;
    std::unique_ptr<BucketTable> table_;
};

}  // namespace splitline::bench
