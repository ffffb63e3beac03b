// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/frame_server.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <optional>
#include <thread>

#include "base/log.h"
#include "maps/schema.h"
#include "resolver/answerer.h"
#include "resolver/poller.h"
#include "resolver/query_frame.h"
#include "resolver/thread.h"

namespace splitline {

namespace {

// Frames taken at once: as many as the kernel sends in one call.
constexpr unsigned kBatch = 32;
// Full batches one port may take before the worker's other ports have their turn.
constexpr unsigned kBatchesInARow = 16;
// Until replies are tried again that could not leave.
constexpr int kFlushMs = 1;
// Every client takes so much (RFC 1035 section 4.2.1); an interface whose MTU is below it is beyond help.
constexpr size_t kMessageMin = 512;

}  // namespace

class FrameServer::Worker {
  public:
    explicit Worker(const ImageSlot& slot) : answerer_(slot) {}
    ~Worker() { stop(); }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// REQUIRES: not started.
    void add(std::unique_ptr<FramePort> port) {
        poller_.watch(port->fd());
        ports_.push_back({std::move(port), true});
    }

    void start(const std::string& name) {
        thread_ = start_thread(name, [this] { run(); });
    }

    void stop() {
        if (!thread_.joinable()) return;
        stopping_ = true;
        poller_.wake();
        thread_.join();
        ports_.clear();
    }

    [[nodiscard]] const QueryCounters& counters() const { return answerer_.counters(); }

  private:
    struct Served {
        std::unique_ptr<FramePort> port;
        bool flushed = true;
    };

    void run() {
        while (!stopping_) {
            answerer_.rest();
            poller_.wait(flush() ? -1 : kFlushMs, [&](int fd, bool broken) { on_event(fd, broken); });
        }
        for (auto& served : ports_) served.port->shut();
        for (auto& served : ports_) serve(served);
        flush();
        answerer_.rest();
    }

    // Whether nothing is waiting to leave.
    bool flush() {
        bool all = true;
        for (auto& served : ports_) {
            if (!served.flushed) served.flushed = served.port->flush();
            all = all && served.flushed;
        }
        return all;
    }

    void on_event(int fd, bool broken) {
        const auto found =
            std::find_if(ports_.begin(), ports_.end(), [&](const Served& served) { return served.port->fd() == fd; });
        if (!broken) return serve(*found);
        log_warning("AF_XDP on {} has ended: the interface is gone or was given to others", found->port->name());
        poller_.forget(fd);
        ports_.erase(found);
    }

    void serve(Served& served) {
        for (unsigned turn = 0; turn < kBatchesInARow; ++turn) {
            const unsigned received = served.port->receive(frames_);
            if (received == 0) return;
            answer(received);
            served.flushed = served.port->reply({frames_.data(), received});
            if (received < kBatch) return;
        }
    }

    void answer(unsigned received) {
        for (unsigned i = 0; i < received; ++i) {
            const Frame& frame = frames_[i];
            parsed_[i] = QueryFrame::parse({frame.data, frame.size});
            queries_[i] = {};
            if (parsed_[i]) queries_[i] = {frame.data + parsed_[i]->message, parsed_[i]->message_size};
        }
        answerer_.begin_batch({queries_.data(), received});
        for (unsigned i = 0; i < received; ++i) {
            const size_t size = parsed_[i] ? answer(frames_[i], *parsed_[i], queries_[i]) : 0;
            frames_[i].size = static_cast<uint32_t>(size);
        }
    }

    // Returns the size of the reply, as a frame; 0 if there is none.
    size_t answer(const Frame& frame, const QueryFrame& parsed, std::span<const uint8_t> query) {
        if (frame.room < parsed.message + kMessageMin) return 0;
        const size_t room = std::min(out_.size(), frame.room - parsed.message);
        const size_t size = answerer_.answer(parsed.client, query, std::span(out_).first(room));
        if (size == 0) return 0;
        std::memcpy(frame.data + parsed.message, out_.data(), size);
        return parsed.turn_round({frame.data, parsed.message + size}, size);
    }

    std::vector<Served> ports_;
    Poller poller_;
    Answerer answerer_;
    std::array<Frame, kBatch> frames_;
    std::array<std::optional<QueryFrame>, kBatch> parsed_;
    std::array<std::span<const uint8_t>, kBatch> queries_;
    std::array<uint8_t, SL_UDP_PAYLOAD_MAX> out_{};
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

FrameServer::FrameServer(std::vector<std::unique_ptr<FramePort>> ports, unsigned workers, const ImageSlot& slot) {
    for (size_t i = 0; i < std::min<size_t>(workers, ports.size()); ++i)
        workers_.push_back(std::make_unique<Worker>(slot));
    for (size_t i = 0; i < ports.size(); ++i) workers_[i % workers_.size()]->add(std::move(ports[i]));
    for (size_t i = 0; i < workers_.size(); ++i) workers_[i]->start("xsk-" + std::to_string(i));
}

FrameServer::~FrameServer() = default;

void FrameServer::stop() {
    for (const auto& worker : workers_) worker->stop();
}

void FrameServer::add_to(ResolverCounters& sum) const {
    for (const auto& worker : workers_) worker->counters().add_to(sum);
}

}  // namespace splitline
