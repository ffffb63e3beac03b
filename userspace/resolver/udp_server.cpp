// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/udp_server.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

#include "base/log.h"
#include "resolver/answerer.h"
#include "resolver/poller.h"
#include "resolver/socket.h"
#include "resolver/thread.h"
#include "resolver/udp_batch.h"

namespace splitline {

namespace {

// After an error no retry can mend at once (out of memory): rather idle than busy.
constexpr std::chrono::milliseconds kErrorPause{10};

}  // namespace

class UdpServer::Worker {
  public:
    Worker(std::vector<Fd> sockets, const ImageSlot& slot) : sockets_(std::move(sockets)), answerer_(slot) {
        for (const auto& socket : sockets_) poller_.watch(socket.get());
    }
    ~Worker() { stop(); }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void start(const std::string& name) {
        thread_ = start_thread(name, [this] { run(); });
    }

    void stop() {
        if (!thread_.joinable()) return;
        stopping_ = true;
        poller_.wake();
        thread_.join();
        sockets_.clear();
    }

    [[nodiscard]] const QueryCounters& counters() const { return answerer_.counters(); }
    [[nodiscard]] Demand& demand() { return answerer_.demand(); }

  private:
    void run() {
        while (!stopping_) {
            answerer_.rest();
            poller_.wait(-1, [this](int socket, bool) { serve(socket); });
        }
        for (const auto& socket : sockets_) serve(socket.get());
        answerer_.rest();
    }

    void serve(int socket) {
        for (unsigned turn = 0; turn < kBatchesInARow; ++turn) {
            const int received = batch_.receive(socket);
            if (received < 0) return recover(errno);
            answer(static_cast<unsigned>(received));
            answerer_.count_lost(batch_.send(socket));
            if (static_cast<unsigned>(received) < UdpBatch::kSize) return;
        }
    }

    void answer(unsigned received) {
        for (unsigned i = 0; i < received; ++i) queries_[i] = batch_.query(i);
        answerer_.begin_batch({queries_.data(), received});
        for (unsigned i = 0; i < received; ++i)
            if (const size_t size = answerer_.answer(batch_.client(i), queries_[i], batch_.out(i)); size != 0)
                batch_.reply(i, size);
    }

    void recover(int error) {
        if (error == EAGAIN || error == EINTR) return;
        if (error != last_error_) log_warning("UDP receive: {}", std::generic_category().message(error));
        last_error_ = error;  // said once, however long it lasts
        std::this_thread::sleep_for(kErrorPause);
    }

    std::vector<Fd> sockets_;
    Poller poller_;
    Answerer answerer_;
    UdpBatch batch_;
    std::array<std::span<const uint8_t>, UdpBatch::kSize> queries_;
    int last_error_ = 0;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

UdpServer::UdpServer() = default;
UdpServer::~UdpServer() = default;

Result<std::unique_ptr<UdpServer>> UdpServer::start(const std::vector<Endpoint>& listen, unsigned workers,
                                                    const ImageSlot& slot) {
    std::unique_ptr<UdpServer> server(new UdpServer);
    server->endpoints_ = listen;
    for (unsigned i = 0; i < workers; ++i) {
        std::vector<Fd> sockets;
        for (auto& endpoint : server->endpoints_) {
            auto socket = open_udp_socket(endpoint);
            if (!socket) return socket.error();
            endpoint = bound_endpoint(socket->get());  // port 0 becomes the port the other workers share
            sockets.push_back(std::move(*socket));
        }
        server->workers_.push_back(std::make_unique<Worker>(std::move(sockets), slot));
    }
    for (size_t i = 0; i < server->workers_.size(); ++i) server->workers_[i]->start("udp-" + std::to_string(i));
    return server;
}

void UdpServer::stop() {
    for (const auto& worker : workers_) worker->stop();
}

void UdpServer::add_to(ResolverCounters& sum) const {
    for (const auto& worker : workers_) worker->counters().add_to(sum);
}

void UdpServer::take_asked(AskedNames& asked) {
    for (const auto& worker : workers_) worker->demand().take(asked);
}

}  // namespace splitline
