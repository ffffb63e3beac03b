// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/tcp_server.h"

#include <utility>  // before Asio, whose headers need std::exchange with some compilers

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>
#include <thread>

#include "base/log.h"
#include "resolver/socket.h"
#include "resolver/tcp_connection.h"
#include "resolver/tcp_pool.h"
#include "resolver/thread.h"

namespace splitline {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// How long accepting rests when the process has run out of descriptors or memory.
constexpr std::chrono::milliseconds kAcceptPause{100};

Address client_of(const tcp::endpoint& remote) {
    sockaddr_storage storage{};
    std::memcpy(&storage, remote.data(), remote.size());
    return address_of(storage);
}

/// Accepts connections on one endpoint.
class Listener {
  public:
    Listener(asio::io_context& io, const Endpoint& endpoint, Fd socket, TcpContext& context)
        : acceptor_(io), pause_(io), context_(context) {
        acceptor_.assign(endpoint.address.family == Address::Family::kIpv4 ? tcp::v4() : tcp::v6(), socket.release());
    }

    void accept() {
        acceptor_.async_accept(
            [this](const error_code& error, tcp::socket socket) { on_accept(error, std::move(socket)); });
    }

    void close() {
        closed_ = true;
        error_code ignored;
        acceptor_.close(ignored);
        pause_.cancel();
    }

  private:
    void on_accept(const error_code& error, tcp::socket socket) {
        if (closed_) return;
        if (!error) {
            serve(std::move(socket));
        } else if (error != asio::error::connection_aborted) {
            return rest();
        }
        accept();
    }

    void serve(tcp::socket socket) {
        error_code error;
        const tcp::endpoint remote = socket.remote_endpoint(error);
        if (error) return;  // gone already
        socket.set_option(tcp::no_delay(true), error);
        auto connection = std::make_shared<TcpConnection>(std::move(socket), client_of(remote), context_);
        context_.pool->add(connection);
        connection->start();
    }

    // Out of descriptors or memory: the longest idle connection gives its own back.
    void rest() {
        context_.pool->count_refused();
        context_.pool->evict();
        pause_.expires_after(kAcceptPause);
        pause_.async_wait([this](const error_code&) {
            if (!closed_) accept();
        });
    }

    tcp::acceptor acceptor_;
    asio::steady_timer pause_;
    TcpContext& context_;
    bool closed_ = false;
};

}  // namespace

class TcpServer::Loop {
  public:
    Loop(const TcpSettings& settings, const ImageSlot& slot)
        : context_(slot), pool_(io_, settings.max_connections, settings.idle_timeout) {
        context_.pool = &pool_;
    }
    ~Loop() { stop(); }
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    void listen(const Endpoint& endpoint, Fd socket) {
        listeners_.push_back(std::make_unique<Listener>(io_, endpoint, std::move(socket), context_));
    }

    void start() {
        for (const auto& listener : listeners_) listener->accept();
        thread_ = start_thread("tcp", [this] { run(); });
    }

    void stop() {
        if (!thread_.joinable()) return;
        asio::post(io_, [this] {
            for (const auto& listener : listeners_) listener->close();
            pool_.close_all();
        });
        thread_.join();
    }

    void add_to(ResolverCounters& sum) const {
        context_.counters.add_to(sum);
        pool_.add_to(sum);
    }

  private:
    // Out of memory ends one handler, not the server: its connection has nothing pending then and times out.
    void run() {
        for (;;) try {
                io_.run();
                return;
            } catch (const std::exception& failure) {
                log_warning("TCP: {}", failure.what());
            }
    }

    asio::io_context io_{1};
    TcpContext context_;
    TcpPool pool_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    std::thread thread_;
};

TcpServer::TcpServer() = default;
TcpServer::~TcpServer() = default;

Result<std::unique_ptr<TcpServer>> TcpServer::start(const std::vector<Endpoint>& listen, const TcpSettings& settings,
                                                    const ImageSlot& slot) {
    std::unique_ptr<TcpServer> server(new TcpServer);
    server->loop_ = std::make_unique<Loop>(settings, slot);
    for (const auto& endpoint : listen) {
        auto socket = open_tcp_socket(endpoint, settings.fastopen);
        if (!socket) return socket.error();
        server->endpoints_.push_back(bound_endpoint(socket->get()));
        server->loop_->listen(endpoint, std::move(*socket));
    }
    server->loop_->start();
    return server;
}

void TcpServer::stop() {
    loop_->stop();
}

void TcpServer::add_to(ResolverCounters& sum) const {
    loop_->add_to(sum);
}

}  // namespace splitline
