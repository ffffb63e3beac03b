// SPDX-License-Identifier: GPL-3.0-or-later
// Images of tests, which are built one by one and so are all of the first generation, as the publisher wants them.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "compile/image.h"

namespace splitline::testing_support {

/// The image, or a copy of it, of a later generation than the served one.
inline std::shared_ptr<const Image> later_image(std::shared_ptr<const Image> image, uint64_t served) {
    if (image->generation > served) return image;
    Image copy = *image;
    copy.generation = served + 1;
    return std::make_shared<const Image>(std::move(copy));
}

}  // namespace splitline::testing_support
