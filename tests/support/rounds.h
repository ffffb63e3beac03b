// SPDX-License-Identifier: GPL-3.0-or-later
// How much tests try of what is random or exhaustive.
#pragma once

namespace splitline::testing_support {

#ifdef __has_feature
inline constexpr bool kSanitized = __has_feature(address_sanitizer);
#else
inline constexpr bool kSanitized = false;
#endif

/// One case of so many: all in the plain build, which sees to right results. With sanitizers, where each takes several
/// times as long, a fifth: what they look for does not hide in a single case.
inline constexpr unsigned kOneOf = kSanitized ? 5 : 1;

constexpr unsigned rounds(unsigned all) {
    return all / kOneOf;
}

}  // namespace splitline::testing_support
