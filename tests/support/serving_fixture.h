// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of the control room share: a folder with zones, a Serving on a free loopback port, and a fast path
// that only notes what it is told.
#pragma once

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "control/serving.h"
#include "support/packet_dns.h"
#include "support/socket_client.h"
#include "support/temp_folder.h"

namespace splitline::testing_support {

/// A zone with www A ADDRESS on default.
inline std::string simple_zone(const std::string& apex, unsigned serial, const std::string& www,
                               const std::string& more = "") {
    return "$ORIGIN " + apex + "\n$TTL 60\n@ SOA ns1 hostmaster " + std::to_string(serial) +
           " 14400 3600 1209600 300\n@ NS ns1\n@ NS ns2\nns1 A 192.0.2.53\nns2 A 192.0.2.54\nwww A " + www + "\n" +
           more;
}

/// Notes the calls; refuses what it is told to refuse.
class FakeFastPath : public FastPath {
  public:
    struct Log {
        std::vector<uint64_t> published;  // generations
        std::string refuse_publish, refuse_attach;
        bool attached = false, destroyed = false;
        int detached = 0;
        std::atomic<int> heartbeats = 0;
        bool throw_on_publish = false;
        bool slow_publish = false;  // publishing takes until the next heartbeat has come
        FastPathCounters counters;
        FastPathSettings settings;
    };
    /// Whether a heartbeat comes from now on. Gives up some time, or a daemon that sends none would hang the test.
    static bool heartbeat_comes(const Log& log) {
        const int before = log.heartbeats;
        for (int i = 0; i < 3000 && log.heartbeats == before; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        return log.heartbeats > before;
    }
    explicit FakeFastPath(Log& log) : log_(log) {}
    ~FakeFastPath() override { log_.destroyed = true; }

    Result<void> publish(const std::shared_ptr<const Image>& image, const std::function<void()>& on_served) override {
        if (log_.throw_on_publish) throw std::runtime_error("publishing threw");
        if (!log_.refuse_publish.empty()) return Error{log_.refuse_publish};
        if (log_.slow_publish && !heartbeat_comes(log_)) return Error{"no heartbeat while an image is published"};
        log_.published.push_back(image->generation);
        if (on_served) on_served();
        return {};
    }
    Result<void> attach() override {
        if (!log_.refuse_attach.empty()) return Error{log_.refuse_attach};
        log_.attached = true;
        return {};
    }
    Result<void> detach() override {
        log_.attached = false;
        ++log_.detached;
        return {};
    }
    std::vector<std::unique_ptr<FramePort>> open_ports() override { return {}; }
    std::vector<std::unique_ptr<FramePort>> open_late_ports() override { return {}; }
    [[nodiscard]] bool leaves_names_out() const override { return false; }
    [[nodiscard]] bool leaves_out(DnameView) const override { return false; }
    void rebalance(const AskedNames&) override {}
    void heartbeat() override { ++log_.heartbeats; }
    [[nodiscard]] std::vector<InterfaceStatus> interfaces() const override {
        return {{"eth9", log_.attached, log_.attached ? "native" : "", "link", "", 7, 8, ""}};
    }
    [[nodiscard]] FastPathCounters counters() const override { return log_.counters; }
    [[nodiscard]] FastPathUsage usage() const override {
        FastPathUsage usage;
        usage.max_names = log_.settings.max_names;
        return usage;
    }
    [[nodiscard]] uint64_t generation() const override { return log_.published.empty() ? 0 : log_.published.back(); }
    [[nodiscard]] uint32_t verified_instructions() const override { return 0; }

    /// For Serving::start().
    static Serving::LoadFastPath loader(Log& log) {
        return [&log](const FastPathSettings& settings, const ResponsePolicy&) {
            log.settings = settings;
            return Result<std::unique_ptr<FastPath>>(std::make_unique<FakeFastPath>(log));
        };
    }

  private:
    Log& log_;
};

/// A folder with splitline.toml, zones/ and state/. XDP is off unless the test gives a FakeFastPath.
class ServingTest : public testing::Test {
  protected:
    /// Writes the configuration; `more` is further TOML behind an [xdp] table.
    void configure(const std::string& more = "", bool xdp = false) {
        folder_.write("splitline.toml",
                      "[server]\nlisten = \"127.0.0.1:53\"\nstate_directory = \"state\"\n[resolver]\nudp_workers = "
                      "1\n[zones]\ndirectory = "
                      "\"zones\"\n[xdp]\n" +
                          std::string(xdp ? "interfaces = \"eth9\"\n" : "enabled = false\n") + more);
        std::filesystem::create_directories(folder_.path("zones"));
    }

    Result<std::unique_ptr<Serving>> try_start(FakeFastPath::Log* log = nullptr) {
        findings_ = Diagnostics();
        auto config = read_config_file(folder_.path("splitline.toml"), findings_);
        EXPECT_FALSE(findings_.has_errors()) << findings_.text();
        config.resolver.listen[0].port = 0;  // a free one, which no configuration can ask for
        return log ? Serving::start(config, findings_, FakeFastPath::loader(*log)) : Serving::start(config, findings_);
    }
    std::unique_ptr<Serving> start(FakeFastPath::Log* log = nullptr) {
        auto serving = try_start(log);
        if (!serving) throw std::runtime_error(serving.error().text() + "\n" + findings_.text());
        return std::move(*serving);
    }

    /// What the resolver's socket answers: the records, or the RCODE.
    static std::string ask(const Serving& serving, const std::string& name, uint16_t type = kA) {
        const auto response =
            read_response(UdpClient(serving.resolver().endpoints().at(0)).ask(DnsQuery(name, type).bytes()));
        EXPECT_EQ(response.fault, "");
        std::string text = response.rcode == 0 ? "" : "rcode " + std::to_string(response.rcode);
        for (const auto& record : response.answer) text += (text.empty() ? "" : "; ") + record;
        return text;
    }

    TempFolder folder_;
    Diagnostics findings_;
};

}  // namespace splitline::testing_support
