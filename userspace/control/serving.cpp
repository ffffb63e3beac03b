// SPDX-License-Identifier: GPL-3.0-or-later
// Start, stop, commit and reload; zone_changes.cpp has the changes of single zones.
#include "control/serving.h"

#include <algorithm>
#include <future>

#include "base/parallel.h"
#include "base/phase.h"
#include "control/listen.h"

namespace splitline {

Result<std::unique_ptr<Serving>> Serving::start(Config config, Diagnostics& findings,
                                                const LoadFastPath& load_fast_path) {
    std::unique_ptr<Serving> serving(new Serving(std::move(config)));
    auto inputs = std::async(std::launch::async, [&] { return serving->load_inputs(findings); });
    auto fast_path = serving->load_fast_path(load_fast_path);
    if (auto loaded = inputs.get(); !loaded) return loaded.error();
    auto image = compile_image(serving->lines_, sources_of(serving->zones_), nullptr);
    if (!image) return image.error();
    serving->image_ = std::move(*image);
    for (size_t i = 0; i < serving->zones_.size(); ++i) serving->zones_[i].source = serving->image_->zones[i];
    // The resolver is up before the first packet can be passed to it, the program full before it sees one.
    if (auto published = serving->start_fast_path(std::move(fast_path)); !published) return published.error();
    if (auto started = serving->start_resolver(); !started) return started.error();
    if (serving->fast_path_) {
        if (auto attached = serving->attach_xdp(); !attached) {
            // A start that fails answers nowhere: not on the interfaces before the one that refused either.
            if (auto detached = serving->detach_xdp(); !detached)
                return Error{attached.error().text() + "; then " + detached.error().text()};
            return attached.error();
        }
    }
    return serving;
}

Result<void> Serving::load_inputs(Diagnostics& findings) {
    auto store = ZoneStore::open(zone_store_directory(config_));
    if (!store) return store.error();
    store_ = std::move(*store);
    Diagnostics found;
    const auto stored = store_->list(found);
    auto inputs = read_inputs(config_.lines, config_.zones, stored, findings, found);
    lines_ = std::move(inputs.lines);
    zones_ = std::move(inputs.zones);
    if (!lines_) return Error{"the lines have errors; nothing is served"};
    for (const auto& finding : found.all())
        if (finding.severity == Diagnostic::Severity::kError) problems_.push_back(finding);
    findings.append(found);
    return {};
}

Result<std::unique_ptr<FastPath>> Serving::load_fast_path(const LoadFastPath& load) {
    if (!config_.xdp_enabled) return std::unique_ptr<FastPath>();
    const Phase phase("program");
    auto settings = config_.fast_path;
    settings.listen = fast_path_endpoints_ = named_endpoints(config_.resolver.listen);
    return load(settings, config_.policy);
}

Result<void> Serving::start_fast_path(Result<std::unique_ptr<FastPath>> loaded) {
    if (!config_.xdp_enabled) {
        FastPath::detach_all(config_.fast_path.pin_directory);
        return {};
    }
    if (!loaded) return Error{loaded.error().text() + "; set xdp.enabled = false to answer without the fast path"};
    fast_path_ = std::move(*loaded);
    const Phase phase("publish");
    return fast_path_->publish(image_, {});
}

Result<void> Serving::start_resolver() {
    auto started = Resolver::start(config_.resolver, served());
    if (!started) return started.error();
    resolver_ = std::move(*started);
    return {};
}

// While there are no ports, what the program leaves unanswered goes up the stack to the UDP sockets.
Result<void> Serving::attach_xdp() {
    resolver_->end_ports();
    auto attached = fast_path_->attach();
    resolver_->serve_ports(fast_path_->open_ports());
    return attached;
}

void Serving::open_late_ports() {
    if (fast_path_) resolver_->serve_ports(fast_path_->open_late_ports());
}

Result<void> Serving::detach_xdp() {
    auto detached = fast_path_->detach();
    resolver_->end_ports();
    return detached;
}

Result<void> Serving::commit(std::shared_ptr<const LineSystem> lines, std::vector<OwnedZone> zones,
                             const ResponsePolicy& policy) {
    std::shared_ptr<const Image> image;
    Result<void> published;
    run_beside([&] {
        auto compiled = compile_image(lines, sources_of(zones), image_.get());
        published = compiled ? publish_both(image = *compiled, policy) : Result<void>(compiled.error());
    });
    if (!published) return published;
    image_ = std::move(image);  // before anything can throw: the next image's generation follows from it
    if (lines != lines_) book_lines();
    lines_ = std::move(lines);
    zones_ = std::move(zones);
    // With what the compile added, so that the next one needs to look at changed zones only.
    for (size_t i = 0; i < zones_.size(); ++i) zones_[i].source = image_->zones[i];
    return {};
}

// The resolver follows in the thread that has just made the fast path serve: if it lagged behind, a client could see
// the new image and then the one before.
Result<void> Serving::publish_both(const std::shared_ptr<const Image>& image, const ResponsePolicy& policy) {
    const auto served = std::make_shared<const Served>(Served{image, policy});
    const auto follow = [&] { resolver_->publish(served); };
    const Phase phase("publish");
    if (fast_path_) return fast_path_->publish(image, follow);
    follow();
    return {};
}

Result<ReloadReport> Serving::reload(Diagnostics& findings) {
    finish_folding(true);
    const auto refusal = [](const char* what) {
        return Error{std::string(what) + "; nothing was changed, the image before stays served"};
    };
    Config wanted;
    Inputs inputs;
    Diagnostics found;
    run_beside([&] {
        wanted = read_config_file(config_.path, found);
        if (found.has_errors()) return;
        Diagnostics in_zones;
        const auto stored = store_->list(in_zones);
        inputs = read_inputs(wanted.lines, wanted.zones, stored, found, in_zones);
        if (inputs.lines) found.append(in_zones);
    });
    findings.append(found);
    if (!inputs.lines) return refusal("the configuration or its lines have errors");
    if (found.has_errors()) return refusal("some zones have errors");
    ReloadReport report;
    report.restart_needed = restart_only_changes(config_, wanted);
    if (fast_path_ && named_endpoints(config_.resolver.listen) != fast_path_endpoints_)
        report.restart_needed.emplace_back("server.listen (this host's addresses changed)");
    auto policy = config_.policy;
    policy.version = wanted.policy.version;
    policy.identity = wanted.policy.identity;
    if (auto done = commit(inputs.lines, std::move(inputs.zones), policy); !done) return done.error();
    config_.policy = std::move(policy);
    config_.lines = std::move(wanted.lines);
    config_.zones = std::move(wanted.zones);
    config_.log_level = wanted.log_level;
    set_log_level(config_.log_level);
    problems_.clear();
    unkept_.clear();
    store_->close_journals();
    report.generation = image_->generation;
    report.zones = zones_.size();
    return report;
}

Result<void> Serving::stop(bool keep_xdp) {
    finish_folding(true);
    // The fast path first: as long as it answers, what it passes must find a resolver.
    Result<void> detached;
    if (fast_path_ && !keep_xdp) detached = detach_xdp();
    resolver_->stop();
    return detached;
}

void Serving::heartbeat() {
    if (fast_path_) fast_path_->heartbeat();
}

std::optional<std::chrono::milliseconds> Serving::heartbeat_interval() const {
    if (!fast_path_ || config_.fast_path.stale_after_seconds == 0) return std::nullopt;
    return std::chrono::milliseconds(config_.fast_path.stale_after_seconds * 250);
}

void Serving::rebalance() {
    if (fast_path_ && fast_path_->leaves_names_out()) fast_path_->rebalance(resolver_->take_asked_names());
}

void Serving::run_beside(const std::function<void()>& work) {
    auto done = std::async(std::launch::async, work);
    if (const auto interval = heartbeat_interval())
        while (done.wait_for(*interval) != std::future_status::ready) heartbeat();
    done.get();
}

void Serving::book_lines() {
    resolver_totals_.book(lines_->catalog, resolver_->counters().lines);
    if (fast_path_) fast_path_totals_.book(lines_->catalog, fast_path_->counters().lines);
}

std::map<std::string, uint64_t> Serving::fast_path_lines() const {
    if (!fast_path_) return {};
    return fast_path_totals_.by_name(lines_->catalog, fast_path_->counters().lines);
}

std::map<std::string, uint64_t> Serving::resolver_lines() const {
    return resolver_totals_.by_name(lines_->catalog, resolver_->counters().lines);
}

std::shared_ptr<const Served> Serving::served() const {
    return std::make_shared<const Served>(Served{image_, config_.policy});
}

}  // namespace splitline
