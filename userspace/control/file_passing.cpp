// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/file_passing.h"

#include <sys/socket.h>

#include <array>
#include <cstring>

namespace splitline {

ssize_t send_with_files(int socket, std::string_view bytes, std::span<const int> files) {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(2 * sizeof(int))> beside{};
    iovec room{const_cast<char*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_iov = &room;
    message.msg_iovlen = 1;
    message.msg_control = beside.data();
    message.msg_controllen = CMSG_SPACE(files.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(files.size_bytes());
    std::memcpy(CMSG_DATA(header), files.data(), files.size_bytes());
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

ssize_t receive_with_file(int socket, std::span<char> bytes, Fd& file) {
    // Room for one file and not a byte more: into the padding the kernel would put a second one.
    alignas(cmsghdr) std::array<char, CMSG_LEN(sizeof(int))> beside{};
    iovec room{bytes.data(), bytes.size()};
    msghdr message{};
    message.msg_iov = &room;
    message.msg_iovlen = 1;
    message.msg_control = beside.data();
    message.msg_controllen = beside.size();
    const ssize_t size = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size <= 0) return size;
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        int opened = -1;
        std::memcpy(&opened, CMSG_DATA(header), sizeof opened);
        file = Fd(opened);
    }
    if ((message.msg_flags & MSG_CTRUNC) != 0) file = Fd();
    return size;
}

}  // namespace splitline
