// SPDX-License-Identifier: GPL-3.0-or-later
// How often tests repeat what they draw at random.
#pragma once

namespace splitline::testing_support {

#ifdef __has_feature
inline constexpr bool kSanitized = __has_feature(address_sanitizer);
#else
inline constexpr bool kSanitized = false;
#endif

/// So many of `all` rounds: all in the plain build; a fifth with sanitizers, where each takes several times as long.
/// For draws that are alike only: what is tried in order, to its last value, is tried whole in both.
constexpr unsigned rounds(unsigned all) {
    return all / (kSanitized ? 5 : 1);
}

}  // namespace splitline::testing_support
