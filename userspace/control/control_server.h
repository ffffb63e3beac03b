// SPDX-License-Identifier: GPL-3.0-or-later
// The Unix socket that control requests come in by: lines in, lines out, as protocol.h says; what they mean is the
// handler's business.
//
// Life: open() takes the socket's path (mode 0660, so the group may use it), sessions run on the caller's io_context,
// in its thread. The path is removed at the end. Requests of all sessions are handled one after the other.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"

namespace splitline {

class ControlServer {
  public:
    /// Request line -> response line; must not throw. `passed` is the file that came on the connection last
    /// (SCM_RIGHTS) and that no request has taken, or none.
    using Handler = std::function<std::string(std::string_view line, Fd& passed)>;

    /// Takes over the socket of a daemon that died; errors: another one is alive there, the path cannot be used.
    static Result<std::unique_ptr<ControlServer>> open(boost::asio::io_context& io, const std::string& path);
    ~ControlServer();
    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;

    /// Starts to accept. `after_response` runs whenever a response is sent, or could not be.
    void serve(Handler handler, std::function<void()> after_response);

  private:
    struct Impl;
    explicit ControlServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace splitline
