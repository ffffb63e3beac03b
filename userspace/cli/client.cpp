// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/client.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "control/file_passing.h"

namespace splitline {
namespace {

std::string connect_hint(int reason) {
    if (reason == ENOENT || reason == ECONNREFUSED) return "; is splitlined running?";
    if (reason == EACCES) return "; use sudo, or join the group of the socket";
    return "";
}

}  // namespace

Result<ControlClient> ControlClient::connect(const std::string& path) {
    sockaddr_un address{};
    if (path.size() >= sizeof address.sun_path) return Error{"the control socket's path is too long", {path, 0}};
    ControlClient client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), path);
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size());
    if (client.fd_.get() < 0 || ::connect(client.fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        return Error{std::string("cannot reach the daemon: ") + std::strerror(errno) + connect_hint(errno), {path, 0}};
    return client;
}

void ControlClient::send(const ControlRequest& request, const Fd& file) {
    const std::string line = encode(request) + "\n";
    for (size_t sent = 0; sent < line.size();) {
        const std::string_view rest = std::string_view(line).substr(sent);
        const int descriptor = file.get();
        const ssize_t size = sent == 0 && descriptor >= 0 ? send_with_files(fd_.get(), rest, {&descriptor, 1})
                                                          : ::send(fd_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        // The daemon may have answered (too long a request) before it hung up: that is still to be read.
        if (size < 0) return;
        sent += static_cast<size_t>(size);
    }
}

Result<ControlResponse> ControlClient::receive() {
    const auto answer = read_line();
    if (!answer) return Error{"the daemon closed the connection; see its log", {path_, 0}};
    return decode_response(*answer);
}

std::optional<std::string> ControlClient::read_line() {
    for (size_t searched = 0;;) {
        const auto end = input_.find('\n', searched);
        if (end != std::string::npos) {
            auto line = input_.substr(0, end);
            input_.erase(0, end + 1);
            return line;
        }
        searched = input_.size();
        char buffer[65536];
        const ssize_t size = recv(fd_.get(), buffer, sizeof buffer, 0);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return std::nullopt;
        input_.append(buffer, static_cast<size_t>(size));
    }
}

void ControlClient::wait_for_end() {
    while (read_line()) continue;
}

}  // namespace splitline
