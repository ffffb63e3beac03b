// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/fast_path.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <linux/magic.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "base/fd.h"
#include "base/log.h"
#include "kernel/attachment.h"
#include "kernel/handoff.h"
#include "kernel/host.h"
#include "kernel/map_pins.h"
#include "kernel/publisher.h"
#include "kernel/responder_program.h"
#include "maps/maps.h"

namespace splitline {

namespace {

/// Waits until every packet in flight has left the program: updating a map of maps waits for a grace period (the
/// kernel's promise to whoever swaps inner maps), so one such map is kept for nothing but its updates.
class GracePeriod {
  public:
    GracePeriod() : inner_(bpf_map_create(BPF_MAP_TYPE_ARRAY, "sl_grace_inner", 4, 8, 1, nullptr)) {
        bpf_map_create_opts options{};
        options.sz = sizeof options;
        options.inner_map_fd = static_cast<uint32_t>(inner_.get());
        outer_ = Fd(bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "sl_grace", 4, 4, 1, &options));
        if (inner_.get() < 0 || outer_.get() < 0)
            throw std::system_error(errno, std::generic_category(), "cannot create a BPF map of maps");
    }
    GracePeriod(const GracePeriod&) = delete;
    GracePeriod& operator=(const GracePeriod&) = delete;

    void wait() const {
        const uint32_t zero = 0;
        const int inner = inner_.get();
        // Going on without the wait would hand memory to new records that packets may still be reading.
        if (bpf_map_update_elem(outer_.get(), &zero, &inner, BPF_ANY) != 0)
            throw std::system_error(errno, std::generic_category(), "cannot wait for a grace period");
    }

  private:
    Fd inner_, outer_;
};

uint64_t random_seed() {
    uint64_t seed = 0;
    if (::getrandom(&seed, sizeof seed, 0) != sizeof seed)
        throw std::system_error(errno, std::generic_category(), "cannot get random bytes");
    return seed;
}

Result<void> prepare_pin_directory(const std::string& directory) {
    if (directory.empty()) return {};
    if (::mkdir(directory.c_str(), 0750) != 0 && errno != EEXIST)
        return Error{
            fmt::format("xdp.pin_directory: cannot create {}: {}; mount a bpffs there: mount -t bpf bpf /sys/fs/bpf",
                        directory, std::strerror(errno))};
    struct statfs info {};
    if (::statfs(directory.c_str(), &info) != 0 || info.f_type != BPF_FS_MAGIC)
        return Error{
            fmt::format("xdp.pin_directory: {} is not in a bpffs; mount one: mount -t bpf bpf /sys/fs/bpf", directory)};
    return {};
}

void trust_senders(int map_fd, const std::vector<Prefix>& senders) {
    for (const Prefix& prefix : senders) {
        const sl_ecs_sender key = ecs_sender(prefix);
        const uint8_t one = 1;
        if (bpf_map_update_elem(map_fd, &key, &one, BPF_ANY) != 0)
            throw std::system_error(errno, std::generic_category(), "cannot store ecs.trust " + prefix.text());
    }
}

// The first `count` counters of a per-CPU array, summed over the CPUs; read many at a time, as lines may be ten
// thousand. A counter that cannot be read is 0.
std::vector<uint64_t> sum_counters(int map_fd, uint32_t count) {
    constexpr uint32_t kBatch = 512;
    const auto cpus = static_cast<size_t>(libbpf_num_possible_cpus());
    std::vector<uint32_t> keys(kBatch);
    std::vector<uint64_t> values(kBatch * cpus), sums(count, 0);
    uint32_t position = 0;
    for (uint32_t done = 0; done < count;) {
        uint32_t got = std::min(kBatch, count - done);
        const int error = bpf_map_lookup_batch(map_fd, done == 0 ? nullptr : &position, &position, keys.data(),
                                               values.data(), &got, nullptr);
        for (uint32_t i = 0; i < got; ++i)
            sums[keys[i]] = std::accumulate(&values[i * cpus], &values[i * cpus] + cpus, uint64_t{0});
        if (error != 0 || got == 0) break;
        done += got;
    }
    return sums;
}

/// Reads what the program has sampled since the last time.
class SampleReader {
  public:
    explicit SampleReader(int map_fd) : map_fd_(map_fd), cpus_(static_cast<size_t>(libbpf_num_possible_cpus())) {}

    void read(NameDemand& demand) {
        const uint32_t zero = 0;
        if (bpf_map_lookup_elem(map_fd_, &zero, cpus_.data()) != 0) return;
        seen_.resize(cpus_.size());
        uint64_t taken = 0;
        for (size_t cpu = 0; cpu < cpus_.size(); ++cpu) {
            const uint64_t end = cpus_[cpu].count, begin = std::exchange(seen_[cpu], end);
            taken += end - begin;
            // Those before have been written over.
            for (uint64_t at = std::max(begin, end - std::min<uint64_t>(end, SL_SAMPLES)); at < end; ++at)
                demand.sampled.push_back(cpus_[cpu].hash[at % SL_SAMPLES]);
        }
        if (!demand.sampled.empty())
            demand.queries_a_sample =
                static_cast<double>(taken) * SL_SAMPLE_EVERY / static_cast<double>(demand.sampled.size());
    }

  private:
    int map_fd_;
    std::vector<sl_samples> cpus_;
    std::vector<uint64_t> seen_;  // samples that were read, by CPU
};

// For queues that others hold at an attach, of all interfaces: usually a predecessor, and the kernel is about to clear
// up.
constexpr std::chrono::milliseconds kQueuePatience{500};

class KernelFastPath : public FastPath {
  public:
    KernelFastPath(const FastPathSettings& settings, const ResponsePolicy& policy, uint64_t seed,
                   ResponderProgram program)
        : settings_(settings),
          policy_(policy),
          seed_(seed),
          program_(std::move(program)),
          pins_(settings.pin_directory),
          samples_(program_.map_fd(SL_MAP_SAMPLES)),
          publisher_(map_memory(), seed, settings.max_names, [this] { grace_.wait(); }) {
        trust_senders(program_.map_fd(SL_MAP_ECS_TRUST), policy.ecs_trust);
    }

    Result<void> add_interfaces() {
        for (const std::string& name : settings_.interfaces) {
            auto interface = find_interface(name);
            if (!interface) return interface.error();
            attachments_.push_back(std::make_unique<Attachment>(std::move(*interface), settings_));
        }
        return {};
    }

    Result<void> publish(const std::shared_ptr<const Image>& image, const std::function<void()>& on_served) override {
        const auto lines = static_cast<uint32_t>(image->lines->catalog.size());
        auto published = publisher_.publish(image, on_served);
        if (published) lines_ = std::max(lines_, lines);
        rebalancing_ = rebalancing_ && publisher_.leaves_names_out();
        return published;
    }

    [[nodiscard]] bool leaves_names_out() const override { return publisher_.leaves_names_out(); }
    [[nodiscard]] bool leaves_out(DnameView name) const override { return publisher_.leaves_out(name); }

    void rebalance(const AskedNames& asked) override {
        NameDemand demand;
        samples_.read(demand);
        // What was noted before names were left out, or while none were, is of no round.
        if (!std::exchange(rebalancing_, true)) return;
        demand.missed = asked.names;
        if (!asked.names.empty())
            demand.queries_a_missed = static_cast<double>(asked.queries) / static_cast<double>(asked.names.size());
        publisher_.rebalance(demand);
    }

    // Whatever can refuse is asked before anything changes: until then a predecessor goes on answering.
    Result<void> attach() override {
        heartbeat();
        uint32_t slot = 0;
        for (const auto& attachment : attachments_) {
            auto config = program_config(settings_, policy_, &attachment->interface(), bucket_mask() + 1, seed_);
            if (!config) return config.error();
            if (settings_.af_xdp != AfXdp::kOff) {
                config->handoff = 1;
                config->handoff_first = slot;
            }
            slot += SL_HANDOFF_QUEUES;
            if (auto prepared = attachment->prepare(program_, *config); !prepared) return prepared;
        }
        if (auto done = detach_leftovers(settings_.pin_directory, settings_.interfaces); !done) return done;
        in_charge_ = true;
        if (auto staged = pins_.stage(program_); !staged) return staged;
        for (const auto& attachment : attachments_)
            if (auto attached = attachment->attach(); !attached) return attached;
        return pins_.commit();
    }

    Result<void> detach() override {
        if (!in_charge_) return {};
        std::vector<std::string> failures;
        for (const auto& attachment : attachments_)
            if (auto detached = attachment->detach(); !detached) failures.push_back(detached.error().text());
        // What stayed needs the maps' pins: without them it would never grow stale.
        if (!failures.empty()) return Error{fmt::format("{}", fmt::join(failures, "; "))};
        pins_.remove();
        return {};
    }

    std::vector<std::unique_ptr<FramePort>> open_ports() override {
        handoffs_.clear();
        if (settings_.af_xdp == AfXdp::kOff) return {};
        for (const auto& attachment : attachments_) {
            const InterfaceStatus status = attachment->status();
            const auto first_slot = static_cast<uint32_t>(handoffs_.size()) * SL_HANDOFF_QUEUES;
            handoffs_.push_back(status.attached ? std::make_unique<Handoff>(
                                                      status.interface, status.mode == "generic", settings_.af_xdp,
                                                      program_.map_fd(SL_MAP_RESOLVER), first_slot)
                                                : nullptr);
        }
        auto ports = open_held_ports(std::chrono::steady_clock::now() + kQueuePatience);
        for (const auto& handoff : handoffs_)
            if (handoff && handoff->refused()) log_warning("{}: {}", handoff->interface(), handoff->text());
        return ports;
    }

    std::vector<std::unique_ptr<FramePort>> open_late_ports() override { return open_held_ports({}); }

    void heartbeat() override { program_.heartbeat(settings_.stale_after_seconds); }

    [[nodiscard]] std::vector<InterfaceStatus> interfaces() const override {
        std::vector<InterfaceStatus> all;
        for (const auto& attachment : attachments_) all.push_back(attachment->status());
        for (size_t i = 0; i < handoffs_.size(); ++i)
            if (all[i].attached && handoffs_[i]) all[i].handoff = handoffs_[i]->text();
        return all;
    }

    [[nodiscard]] FastPathCounters counters() const override {
        FastPathCounters counters;
        const auto reasons = sum_counters(program_.map_fd(SL_MAP_REASONS), SL_REASON_COUNT);
        std::copy(reasons.begin(), reasons.end(), counters.reasons);
        counters.lines = sum_counters(program_.map_fd(SL_MAP_LINES), lines_);
        return counters;
    }

    [[nodiscard]] FastPathUsage usage() const override {
        const PublishedUsage published = publisher_.usage();
        FastPathUsage usage;
        usage.names = published.names;
        usage.max_names = settings_.max_names;
        usage.zones = published.zones;
        usage.max_zones = settings_.max_zones;
        usage.arena_bytes = published.arena_bytes;
        usage.max_arena_bytes = uint64_t{settings_.arena_mib} << 20;
        usage.unfit_names = published.unfit_names;
        usage.left_out_names = published.left_out_names;
        return usage;
    }

    [[nodiscard]] uint64_t generation() const override { return publisher_.generation(); }

    // The interfaces' instances know more constants than the first one, so the verifier finds more of them alive.
    [[nodiscard]] uint32_t verified_instructions() const override {
        uint32_t most = program_.verified_instructions();
        for (const auto& attachment : attachments_) most = std::max(most, attachment->verified_instructions());
        return most;
    }

  private:
    // Of the queues without a socket, or none at all yet, those that can be had by `deadline`; none: at once, and late.
    std::vector<std::unique_ptr<FramePort>> open_held_ports(std::optional<XskSocket::Deadline> deadline) {
        std::vector<std::unique_ptr<FramePort>> all;
        for (size_t i = 0; i < handoffs_.size(); ++i) {
            if (!handoffs_[i] || !handoffs_[i]->waits() || !attachments_[i]->status().attached) continue;
            Handoff& handoff = *handoffs_[i];
            const std::string before = handoff.text();
            auto ports = handoff.open(deadline.value_or(XskSocket::Deadline::min()));
            if (const std::string now = handoff.text(); !deadline && now != before) {
                if (handoff.refused())
                    log_warning("{}: now {}", handoff.interface(), now);
                else
                    log_info("{}: now {}", handoff.interface(), now);
            }
            std::move(ports.begin(), ports.end(), std::back_inserter(all));
        }
        return all;
    }

    [[nodiscard]] uint32_t bucket_mask() const { return program_.map_entries(SL_MAP_BUCKETS) - 1; }

    MappedMaps map_memory() {
        const auto map = [&]<typename T>(const char* name) {
            return MappedArray<T>(program_.map_fd(name), program_.map_entries(name));
        };
        return {map.operator()<sl_control>(SL_MAP_CONTROL), map.operator()<sl_bucket>(SL_MAP_BUCKETS),
                map.operator()<ZoneCell>(SL_MAP_ZONES), map.operator()<ArenaPage>(SL_MAP_ARENA)};
    }

    FastPathSettings settings_;
    ResponsePolicy policy_;
    uint64_t seed_;
    ResponderProgram program_;
    MapPins pins_;
    GracePeriod grace_;
    SampleReader samples_;
    Publisher publisher_;
    std::vector<std::unique_ptr<Attachment>> attachments_;
    std::vector<std::unique_ptr<Handoff>> handoffs_;  // of the attachments, by number; nullptr: none
    bool rebalancing_ = false;                        // a round has begun since names are left out
    bool in_charge_ = false;  // an attach() has changed something: what is on the interfaces is ours to take off
    uint32_t lines_ = 0;      // line counters ever used: what was counted for lines that are gone stays readable
};

}  // namespace

void FastPath::detach_all(const std::string& pin_directory) {
    if (auto detached = detach_leftovers(pin_directory, {}); !detached) {
        log_error("{}; until then it goes on answering, and what is pinned stays", detached.error().text());
        return;
    }
    MapPins(pin_directory).remove();
}

Result<std::unique_ptr<FastPath>> FastPath::load(const FastPathSettings& settings, const ResponsePolicy& policy) {
    if (auto prepared = prepare_pin_directory(settings.pin_directory); !prepared) return prepared.error();
    const uint64_t seed = random_seed();
    auto config = program_config(settings, policy, nullptr, bucket_count(settings.max_names), seed);
    if (!config) return config.error();
    auto program = ResponderProgram::create(settings, *config);
    if (!program) return program.error();
    try {
        auto fast_path = std::make_unique<KernelFastPath>(settings, policy, seed, std::move(*program));
        if (auto added = fast_path->add_interfaces(); !added) return added.error();
        return std::unique_ptr<FastPath>(std::move(fast_path));
    } catch (const std::system_error& error) {
        return kernel_error("cannot set up the fast path", error.code().value());
    }
}

}  // namespace splitline
