// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/resolver.h"

namespace splitline {

Resolver::~Resolver() {
    stop();
}

Result<std::unique_ptr<Resolver>> Resolver::start(const ResolverSettings& settings,
                                                  std::shared_ptr<const Served> served) {
    std::unique_ptr<Resolver> resolver(new Resolver(std::move(served), settings.udp_workers));
    auto udp = UdpServer::start(settings.listen, settings.udp_workers, resolver->slot_);
    if (!udp) return udp.error();
    resolver->udp_ = std::move(*udp);
    auto tcp = TcpServer::start(resolver->udp_->endpoints(), settings.tcp, resolver->slot_);
    if (!tcp) return tcp.error();
    resolver->tcp_ = std::move(*tcp);
    return resolver;
}

void Resolver::serve_ports(std::vector<std::unique_ptr<FramePort>> ports) {
    if (!ports.empty()) frames_.push_back(std::make_unique<FrameServer>(std::move(ports), workers_, slot_));
}

void Resolver::end_ports() {
    for (const auto& frames : frames_) {
        frames->stop();
        frames->add_to(ended_);
    }
    frames_.clear();
}

void Resolver::stop() {
    end_ports();
    if (tcp_) tcp_->stop();
    if (udp_) udp_->stop();
}

AskedNames Resolver::take_asked_names() {
    AskedNames asked;
    for (const auto& frames : frames_) frames->take_asked(asked);
    udp_->take_asked(asked);
    return asked;
}

ResolverCounters Resolver::counters() const {
    ResolverCounters sum = ended_;
    for (const auto& frames : frames_) frames->add_to(sum);
    udp_->add_to(sum);
    tcp_->add_to(sum);
    return sum;
}

}  // namespace splitline
