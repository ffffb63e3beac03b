// SPDX-License-Identifier: GPL-3.0-or-later
// What is served, on both paths, and every way to change it.
//
// Life: start() brings up lines, zones, fast path and resolver; each change compiles a new image beside the served one,
// publishes it to the fast path, then hands it to the resolver. A change that fails at any step leaves everything as it
// was and says why. Changes are serialised: only the control thread calls this class. Reading files, compiling,
// publishing and printing zones happen in a thread beside it, while the heartbeat to the kernel side goes on; only
// small changes of records, which take less time than a heartbeat may be late, are done in the control thread itself.
// The resolver's threads never wait.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/fd.h"
#include "control/api.h"
#include "control/config.h"
#include "control/inputs.h"
#include "control/line_totals.h"
#include "kernel/fast_path.h"
#include "resolver/resolver.h"
#include "store/zone_store.h"

namespace splitline {

class Serving {
  public:
    using LoadFastPath =
        std::function<Result<std::unique_ptr<FastPath>>(const FastPathSettings&, const ResponsePolicy&)>;

    /// Brings everything up and answers on return. A zone that cannot be served is an error in `findings` and a problem
    /// of the status; everything else that is wrong keeps the daemon from starting.
    /// `load_fast_path` is FastPath::load, but for tests.
    static Result<std::unique_ptr<Serving>> start(Config config, Diagnostics& findings,
                                                  const LoadFastPath& load_fast_path = FastPath::load);
    /// Ends the resolver; what the fast path has attached and pinned stays (stop() detaches it).
    ~Serving() = default;

    /// Serves the zone in `file` and keeps it in the store; `opened` is that file where the caller has opened it to be
    /// read. A file of the configuration is read again instead. Refused: a zone that the configuration serves from
    /// another file.
    Result<ZoneChange> load_zone(const std::string& file, const Fd& opened, Diagnostics& findings);
    /// Ends a zone that was loaded by command. Refused: a zone of the configuration.
    Result<ZoneChange> drop_zone(const std::string& name);
    /// Changes records of a zone that was loaded by command: one change a line of `changes` (zone/record_change.h), all
    /// of them in one commit, or none. The serial rises by one, unless a change sets the SOA. Refused: a zone of the
    /// configuration, changes that leave the zone with errors.
    Result<ZoneChange> change_records(const std::string& zone, const std::string& changes, Diagnostics& findings);
    /// Reads the configuration, databases, lists and all zones again. Refused if any of them has an error.
    Result<ReloadReport> reload(Diagnostics& findings);
    /// Puts the fast path on its interfaces, again where it is there already, and takes it off; see FastPath.
    /// REQUIRES: there is one.
    Result<void> attach_xdp();
    Result<void> detach_xdp();
    /// Ends the resolver, and the fast path unless it is to be kept.
    Result<void> stop(bool keep_xdp);

    /// Tells the fast path that the daemon lives; due every heartbeat_interval() where there is one.
    void heartbeat();
    [[nodiscard]] std::optional<std::chrono::milliseconds> heartbeat_interval() const;
    /// Runs `work` in a thread of its own and keeps the heartbeat going until it is done; nothing changes meanwhile.
    /// For whatever may take longer than heartbeat_interval().
    void run_beside(const std::function<void()>& work);
    /// Has the fast path hold the names that are asked most, where it has no room for all; due every
    /// FastPath::kRebalanceInterval where there is a fast path.
    void rebalance();
    /// Has the resolver serve ports of the fast path that could not be had so far; due every
    /// FastPath::kLatePortsInterval where there is a fast path.
    void open_late_ports();

    [[nodiscard]] const Config& config() const { return config_; }
    [[nodiscard]] const Image& image() const { return *image_; }
    [[nodiscard]] const std::vector<OwnedZone>& zones() const { return zones_; }
    [[nodiscard]] const std::vector<Diagnostic>& problems() const { return problems_; }
    [[nodiscard]] const Resolver& resolver() const { return *resolver_; }
    /// Null when the configuration switches it off.
    [[nodiscard]] FastPath* fast_path() const { return fast_path_.get(); }
    /// Addresses the fast path answers on.
    [[nodiscard]] const std::vector<Endpoint>& fast_path_endpoints() const { return fast_path_endpoints_; }
    [[nodiscard]] std::map<std::string, uint64_t> fast_path_lines() const;
    [[nodiscard]] std::map<std::string, uint64_t> resolver_lines() const;

  private:
    /// A stored zone whose file is being written anew beside everything else.
    struct Folding {
        Dname apex;
        uint64_t journal_size = 0;  // up to where the journal will be in the file
        std::future<Result<ZoneStore::Pending>> written;
    };

    explicit Serving(Config config) : config_(std::move(config)) {}
    Result<void> load_inputs(Diagnostics& findings);
    /// Nothing where the configuration has it off. May run beside the control thread.
    Result<std::unique_ptr<FastPath>> load_fast_path(const LoadFastPath& load);
    Result<void> start_fast_path(Result<std::unique_ptr<FastPath>> loaded);
    Result<void> start_resolver();
    Result<void> commit(std::shared_ptr<const LineSystem> lines, std::vector<OwnedZone> zones,
                        const ResponsePolicy& policy);
    /// May run beside the control thread.
    Result<void> publish_both(const std::shared_ptr<const Image>& image, const ResponsePolicy& policy);
    Result<ZoneChange> reread_configured(const std::string& file, Diagnostics& findings);
    Result<ZoneChange> load_stored(const std::string& file, const Fd& opened, Diagnostics& findings);
    Result<ZoneChange> replace_zone(OwnedZone zone);
    Result<void> commit_records(size_t zone, const std::shared_ptr<const ZoneImage>& image, const JournalNames& names);
    [[nodiscard]] bool may_fill_fast_path(const std::string& changes) const;
    void fold_if_due(size_t zone, const Journal& journal);
    void finish_folding(bool wait);
    [[nodiscard]] ZoneChange change_of(const ZoneSource& zone, const char* action) const;
    [[nodiscard]] Error unknown_zone(const std::string& name) const;
    void book_lines();
    void forget_problems(const std::string& file);
    [[nodiscard]] std::shared_ptr<const Served> served() const;

    Config config_;
    std::unique_ptr<ZoneStore> store_;
    std::shared_ptr<const LineSystem> lines_;
    std::vector<OwnedZone> zones_;
    std::vector<Diagnostic> problems_;
    std::shared_ptr<const Image> image_;
    std::unique_ptr<FastPath> fast_path_;
    std::vector<Endpoint> fast_path_endpoints_;
    std::unique_ptr<Resolver> resolver_;
    std::optional<Folding> folding_;                      // one at a time
    std::chrono::steady_clock::time_point next_folding_;  // not before, after one that failed
    std::set<Dname> unkept_;                              // stored zones whose file is another one than is served
    LineTotals fast_path_totals_, resolver_totals_;
};

}  // namespace splitline
