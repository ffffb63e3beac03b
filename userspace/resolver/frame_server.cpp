// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/frame_server.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
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
// Until replies are tried again that could not leave.
constexpr int kFlushMs = 1;
// Flushes before the end; the device is stuck if so many do not help.
constexpr int kLastFlushes = 100;
// A port does not always tell that it is readable, or gone: while an interface is down an AF_XDP socket says nothing,
// and with a full ring also nothing when it is up again. So each port is looked at now and then.
constexpr int kSweepMs = 1000;
// Every client takes so much (RFC 1035 section 4.2.1); an interface whose MTU is below it is beyond help.
constexpr size_t kMessageMin = 512;

using Clock = std::chrono::steady_clock;

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
        ports_.push_back({std::move(port)});
    }

    void start(const std::string& name) {
        for (auto& served : ports_)
            if (auto admitted = served.port->admit(); !admitted)
                log_warning("{}; its queries take the way of the stack", admitted.error().text());
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
    [[nodiscard]] Demand& demand() { return answerer_.demand(); }

  private:
    struct Served {
        std::unique_ptr<FramePort> port;
        bool flushed = true;
        uint64_t lost = 0;  // of the port's, already counted
    };

    void run() {
        auto next_sweep = Clock::now() + std::chrono::milliseconds(kSweepMs);
        while (!stopping_) {
            answerer_.rest();
            poller_.wait(flush() ? kSweepMs : kFlushMs, [&](int fd, bool broken) { on_event(fd, broken); });
            if (Clock::now() < next_sweep) continue;
            sweep();
            next_sweep = Clock::now() + std::chrono::milliseconds(kSweepMs);
        }
        finish();
        answerer_.rest();
    }

    // What events may not have told.
    void sweep() {
        for (size_t i = ports_.size(); i-- > 0;) {
            count_lost(ports_[i]);
            if (ports_[i].port->gone()) {
                give_up(ports_.begin() + static_cast<std::ptrdiff_t>(i));
                continue;
            }
            ports_[i].flushed = false;
            serve(ports_[i]);
        }
    }

    // Answers what has already come.
    void finish() {
        for (auto& served : ports_) served.port->shut();
        for (auto& served : ports_)
            while (serve(served)) continue;
        for (int tries = 0; !flush() && tries < kLastFlushes; ++tries)
            std::this_thread::sleep_for(std::chrono::milliseconds(kFlushMs));
        for (auto& served : ports_) count_lost(served);
    }

    void count_lost(Served& served) {
        const uint64_t lost = served.port->lost();
        answerer_.count_lost(lost - served.lost);
        served.lost = lost;
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
        if (broken)
            give_up(found);
        else
            serve(*found);
    }

    void give_up(std::vector<Served>::iterator served) {
        log_warning("AF_XDP on {} has ended: the interface is gone or was given to others", served->port->name());
        count_lost(*served);
        poller_.forget(served->port->fd());
        ports_.erase(served);
    }

    // Whether there was a frame.
    bool serve(Served& served) {
        unsigned received = kBatch;
        for (unsigned turn = 0; turn < kBatchesInARow && received == kBatch; ++turn) {
            received = served.port->receive(frames_);
            if (received == 0) return turn > 0;
            answer(received);
            served.flushed = served.port->reply({frames_.data(), received});
        }
        return true;
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
        const size_t longest = frame.mtu == 0 ? frame.room : std::min<size_t>(frame.room, parsed.ip + frame.mtu);
        if (longest < parsed.message + kMessageMin) {
            answerer_.count_lost(1);
            return 0;
        }
        const size_t room = std::min(out_.size(), longest - parsed.message);
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

void FrameServer::take_asked(AskedNames& asked) {
    for (const auto& worker : workers_) worker->demand().take(asked);
}

}  // namespace splitline
