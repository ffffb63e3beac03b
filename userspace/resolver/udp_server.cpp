// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/udp_server.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <new>
#include <system_error>
#include <thread>

#include "base/log.h"
#include "resolver/socket.h"
#include "resolver/thread.h"
#include "resolver/udp_batch.h"

namespace splitline {

namespace {

// Full batches one socket may take before the worker's other sockets have their turn.
constexpr unsigned kBatchesInARow = 16;
// After an error no retry can mend at once (out of memory): rather idle than busy.
constexpr std::chrono::milliseconds kErrorPause{10};

Fd checked(int fd, const char* what) {
    if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
    return Fd(fd);
}

void watch(int epoll, int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

}  // namespace

class UdpServer::Worker {
  public:
    Worker(std::vector<Fd> sockets, const ImageSlot& slot)
        : sockets_(std::move(sockets)),
          epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
          wake_(checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
          image_(slot) {
        watch(epoll_.get(), wake_.get());
        for (const auto& socket : sockets_) watch(epoll_.get(), socket.get());
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
        // The value is never read, so the descriptor stays readable; only a full counter could refuse, and it is
        // readable then.
        [[maybe_unused]] const int written = eventfd_write(wake_.get(), 1);
        thread_.join();
        sockets_.clear();
    }

    [[nodiscard]] const QueryCounters& counters() const { return counters_; }

  private:
    void run() {
        std::vector<epoll_event> events(sockets_.size() + 1);
        while (!stopping_) {
            image_.release();
            const int ready = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
            for (int i = 0; i < ready; ++i)
                if (events[static_cast<size_t>(i)].data.fd != wake_.get())
                    serve(events[static_cast<size_t>(i)].data.fd);
        }
        for (const auto& socket : sockets_) serve(socket.get());
        image_.release();
    }

    void serve(int socket) {
        for (unsigned turn = 0; turn < kBatchesInARow; ++turn) {
            const int received = batch_.receive(socket);
            if (received < 0) return recover(errno);
            answer(static_cast<unsigned>(received));
            counters_.count_lost(batch_.send(socket));
            if (static_cast<unsigned>(received) < UdpBatch::kSize) return;
        }
    }

    void answer(unsigned received) {
        const Served& served = image_.current();
        counters_.reserve_lines(served.image->lines->catalog.size());
        for (unsigned i = 0; i < received; ++i) {
            const Responded responded = respond(served, i);
            counters_.count(responded);
            if (responded.size != 0) batch_.reply(i, responded.size);
        }
    }

    // Out of memory costs this query its response and nothing else.
    Responded respond(const Served& served, unsigned i) {
        try {
            return responder_.respond(*served.image, served.policy, Transport::kUdp, batch_.client(i), batch_.query(i),
                                      batch_.out(i));
        } catch (const std::bad_alloc&) {
            return {};
        }
    }

    void recover(int error) {
        if (error == EAGAIN || error == EINTR) return;
        if (error != last_error_) log_warning("UDP receive: {}", std::generic_category().message(error));
        last_error_ = error;  // said once, however long it lasts
        std::this_thread::sleep_for(kErrorPause);
    }

    std::vector<Fd> sockets_;
    Fd epoll_, wake_;
    ImageSlot::Reader image_;
    Responder responder_;
    UdpBatch batch_;
    QueryCounters counters_{Transport::kUdp};
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

}  // namespace splitline
