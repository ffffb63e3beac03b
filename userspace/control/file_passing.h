// SPDX-License-Identifier: GPL-3.0-or-later
// How a file goes along with bytes over a Unix stream socket (SCM_RIGHTS, unix(7)); when, protocol.h says.
#pragma once

#include <sys/types.h>

#include <span>
#include <string_view>

#include "base/fd.h"

namespace splitline {

/// sendmsg(): what it returns and sets. The files stay the caller's; at most two.
ssize_t send_with_files(int socket, std::string_view bytes, std::span<const int> files);

/// recvmsg(), never waiting: what it returns and sets. `file` becomes the one that came with the bytes; none where
/// several came or it could not be opened, since nobody knows which was meant; and stays where none came.
ssize_t receive_with_file(int socket, std::span<char> bytes, Fd& file);

}  // namespace splitline
