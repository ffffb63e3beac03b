// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/control_server.h"

#include <sys/stat.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <filesystem>

#include "base/log.h"
#include "control/file_passing.h"
#include "control/protocol.h"

namespace splitline {
namespace {

namespace asio = boost::asio;
using Protocol = asio::local::stream_protocol;

constexpr size_t kMaxSessions = 64;

/// What all sessions share; it outlives them, since the io_context it runs on is stopped before it goes.
struct Service {
    ControlServer::Handler handler;
    std::function<void()> after_response;
    size_t sessions = 0;
};

/// One connection; keeps itself alive by the handlers it has pending.
class Session : public std::enable_shared_from_this<Session> {
  public:
    Session(Protocol::socket socket, std::shared_ptr<Service> service)
        : socket_(std::move(socket)), service_(std::move(service)) {
        ++service_->sessions;
    }
    ~Session() { --service_->sessions; }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void start() {
        if (service_->sessions > kMaxSessions) return refuse("too many control connections; try again");
        read();
    }

  private:
    void read() {
        const auto end = input_.find('\n', searched_);
        if (end != std::string::npos) return on_line(end);
        searched_ = input_.size();
        if (searched_ > kMaxRequest)
            return refuse("the request is longer than " + std::to_string(kMaxRequest) +
                          " bytes; make it several commits");
        socket_.async_wait(Protocol::socket::wait_read,
                           [self = shared_from_this()](const boost::system::error_code& failed) {
                               if (!failed) self->receive();
                           });
    }

    // By hand, because Asio has no way to take what comes beside the bytes.
    void receive() {
        std::array<char, 65536> bytes{};
        const ssize_t size = receive_with_file(socket_.native_handle(), bytes, passed_);
        if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) return;
        if (size > 0) input_.append(bytes.data(), static_cast<size_t>(size));
        read();
    }

    void on_line(size_t end) {
        output_ = service_->handler(std::string_view(input_).substr(0, end), passed_);
        input_.erase(0, end + 1);
        searched_ = 0;
        if (input_.empty()) input_.shrink_to_fit();  // a large commit need not stay while the client idles
        write(true);
    }

    /// Answers without a request and hangs up.
    void refuse(const std::string& why) {
        ControlResponse response;
        response.error = why;
        output_ = encode(response);
        write(false);
    }

    void write(bool go_on) {
        output_ += '\n';
        asio::async_write(socket_, asio::buffer(output_),
                          [self = shared_from_this(), go_on](const boost::system::error_code& failed, size_t) {
                              self->service_->after_response();
                              if (!failed && go_on) self->read();
                          });
    }

    Protocol::socket socket_;
    std::shared_ptr<Service> service_;
    std::string input_, output_;
    size_t searched_ = 0;  // so much of input_ has no newline
    Fd passed_;
};

/// Whether a daemon answers on the path.
bool is_alive(asio::io_context& io, const std::string& path) {
    boost::system::error_code failed;
    Protocol::socket probe(io);
    probe.connect(Protocol::endpoint(path), failed);
    return !failed;
}

}  // namespace

struct ControlServer::Impl {
    Impl(asio::io_context& io, std::string socket_path) : path(std::move(socket_path)), acceptor(io) {}

    void accept() {
        acceptor.async_accept([this](const boost::system::error_code& failed, Protocol::socket socket) {
            if (failed == asio::error::operation_aborted) return;
            if (failed)
                log_warning("control socket: {}", failed.message());
            else
                std::make_shared<Session>(std::move(socket), service)->start();
            accept();
        });
    }

    std::string path;
    Protocol::acceptor acceptor;
    std::shared_ptr<Service> service = std::make_shared<Service>();
};

ControlServer::ControlServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ControlServer::~ControlServer() {
    unlink(impl_->path.c_str());
}

Result<std::unique_ptr<ControlServer>> ControlServer::open(asio::io_context& io, const std::string& path) {
    if (is_alive(io, path))
        return Error{"another splitlined answers here; stop it or set another server.control_socket", {path, 0}};
    std::error_code no_folder;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), no_folder);
    std::error_code no_file;
    if (std::filesystem::is_socket(path, no_file)) unlink(path.c_str());
    auto impl = std::make_unique<Impl>(io, path);
    boost::system::error_code failed;
    impl->acceptor.open(Protocol(), failed);
    // Nobody can connect before listen(), so the mode is right from the first connection on.
    if (!failed) impl->acceptor.bind(Protocol::endpoint(path), failed);
    if (failed) return Error{"cannot open the control socket: " + failed.message(), {path, 0}};
    std::unique_ptr<ControlServer> server(new ControlServer(std::move(impl)));
    if (chmod(path.c_str(), 0660) != 0) return Error{"cannot set the control socket's mode", {path, 0}};
    server->impl_->acceptor.listen(static_cast<int>(kMaxSessions), failed);
    if (failed) return Error{"cannot listen on the control socket: " + failed.message(), {path, 0}};
    return server;
}

void ControlServer::serve(Handler handler, std::function<void()> after_response) {
    impl_->service->handler = std::move(handler);
    impl_->service->after_response = std::move(after_response);
    impl_->accept();
}

}  // namespace splitline
