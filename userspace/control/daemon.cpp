// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/daemon.h"

#include <csignal>
#include <filesystem>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/log.h"
#include "control/commands.h"
#include "control/control_server.h"
#include "control/notify.h"
#include "control/serving.h"

namespace splitline {
namespace {

/// The control thread: signals, heartbeat, control socket.
class Loop {
  public:
    /// Before the first signal could end the process by default: SIGHUP must never.
    Loop() : hangups_(io_, SIGHUP), terminations_(io_) { std::signal(SIGPIPE, SIG_IGN); }

    Result<void> open(const std::string& control_socket) {
        auto server = ControlServer::open(io_, control_socket);
        if (!server) return server.error();
        server_ = std::move(*server);
        return {};
    }

    /// Until told to stop.
    Result<void> run(Serving& serving) {
        serving_ = &serving;
        Commands commands(serving, [this](bool keep_xdp) { return stop(keep_xdp); });
        commands_ = &commands;
        server_->serve([&commands](std::string_view line, Fd& passed) { return commands.answer(line, passed); },
                       [this] {
                           if (stopping_) io_.stop();
                       });
        for (const int signal : {SIGTERM, SIGINT}) terminations_.add(signal);
        terminations_.async_wait([this](const boost::system::error_code& failed, int signal) {
            if (!failed) terminate(signal);
        });
        wait_for_hangup();
        if (serving.heartbeat_interval()) beat();
        if (serving.fast_path() != nullptr) {
            rebalance();
            open_late_ports();
        }
        notify_ready();
        io_.run();
        return outcome_;
    }

  private:
    void terminate(int signal) {
        log_info("signal {}", signal);
        if (!stopping_) outcome_ = stop(false);
        io_.stop();
    }

    Result<void> stop(bool keep_xdp) {
        notify_stopping();
        log_info("stopping{}", keep_xdp ? ": XDP stays attached" : "");
        stopping_ = true;
        return outcome_ = serving_->stop(keep_xdp);
    }

    void wait_for_hangup() {
        hangups_.async_wait([this](const boost::system::error_code& failed, int) {
            if (failed) return;
            commands_->reload_and_log();
            wait_for_hangup();
        });
    }

    void beat() {
        serving_->heartbeat();
        heartbeat_.expires_after(*serving_->heartbeat_interval());
        heartbeat_.async_wait([this](const boost::system::error_code& failed) {
            if (!failed) beat();
        });
    }

    void rebalance() {
        serving_->rebalance();
        rebalancing_.expires_after(FastPath::kRebalanceInterval);
        rebalancing_.async_wait([this](const boost::system::error_code& failed) {
            if (!failed) rebalance();
        });
    }

    void open_late_ports() {
        if (stopping_) return;
        serving_->open_late_ports();
        late_ports_.expires_after(FastPath::kLatePortsInterval);
        late_ports_.async_wait([this](const boost::system::error_code& failed) {
            if (!failed) open_late_ports();
        });
    }

    boost::asio::io_context io_{1};
    boost::asio::signal_set hangups_, terminations_;
    boost::asio::steady_timer heartbeat_{io_}, rebalancing_{io_}, late_ports_{io_};
    std::unique_ptr<ControlServer> server_;
    Serving* serving_ = nullptr;
    Commands* commands_ = nullptr;
    bool stopping_ = false;
    Result<void> outcome_;
};

void log_start(const Serving& serving) {
    const auto& image = serving.image();
    log_info("splitlined {}: generation {}, {} zones, {} client classes", SPLITLINE_VERSION, image.generation,
             image.zones.size(), image.classes->chains.size());
    for (const auto& endpoint : serving.resolver().endpoints()) log_info("answering on {}", endpoint.text());
    if (!serving.fast_path()) return log_info("xdp: off");
    for (const auto& each : serving.fast_path()->interfaces()) {
        log_info("xdp: {} {} by {}{}{}", each.interface, each.mode, each.method, each.note.empty() ? "" : ": ",
                 each.note);
        if (!each.handoff.empty()) log_info("xdp: {}: the rest by {}", each.interface, each.handoff);
    }
}

}  // namespace

int run_daemon(const std::string& config_path) {
    Diagnostics findings;
    // Absolute, so that status and messages mean the same to whoever reads them.
    const auto config = read_config_file(std::filesystem::absolute(config_path).string(), findings);
    log_findings(findings);
    if (findings.has_errors()) return 1;
    set_log_level(config.log_level);
    Loop loop;
    if (auto opened = loop.open(config.control_socket); !opened) {
        log_error("{}", opened.error().text());
        return 1;
    }
    Diagnostics found;
    auto serving = Serving::start(config, found);
    log_findings(found);
    if (!serving) {
        log_error("cannot start: {}", serving.error().text());
        return 1;
    }
    log_start(**serving);
    const auto outcome = loop.run(**serving);
    if (outcome) return 0;
    log_error("{}", outcome.error().text());
    return 1;
}

}  // namespace splitline
