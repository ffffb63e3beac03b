// SPDX-License-Identifier: GPL-3.0-or-later
// What the control API says, as plain data: one struct a result. The daemon fills them, `splitline` prints them, and
// api_json.cpp turns each into JSON and back, the one place that knows the form: a JSON object with the fields below by
// these very names, in snake_case; numbers are numbers, nothing is null, an unknown text is "". Keys are stable: later
// versions only add some.
//
// The results of `splitline --json VERB`, and of the protocol (protocol.h), are:
//   status                   StatusReport        stats           StatsReport
//   reload                   ReloadReport        stop            StopReport
//   zone load, zone drop     ZoneChange          zone list       ZoneList
//   record change            ZoneChange          zone show       ZoneText
//   record batch             a ZoneChange, or the response that refused it, a line for each commit
//   check                    ConfigCheck         zone check      ZoneCheck (both made without the daemon)
//   line list                LineList            line which      LineWhich
//   explain                  Explanation         xdp ...         XdpReport
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace splitline {

/// One Diagnostic.
struct Finding {
    std::string severity;  // "error", "warning"
    std::string message;
    std::string file;   // "" where the message itself says where
    unsigned line = 0;  // 0: the whole file
};

/// What `doctor` found out about one thing on the host.
struct HostFinding {
    enum class Severity { kOk, kInfo, kWarning, kError };  // "ok", "info", "warning", "error"
    Severity severity = Severity::kOk;
    std::string subject;  // an interface, or "kernel", "port" and the like
    std::string text;
    std::string fix;  // what to do or to run; "" where there is nothing to mend
};

struct XdpInterface {
    std::string interface;
    bool attached = false;
    std::string mode;    // "native", "generic", "" when detached
    std::string method;  // "link", "libxdp dispatcher", "libxdp single program"
    std::string note;    // why it is not as configured
    uint32_t program_id = 0;
    uint32_t link_id = 0;
    std::string handoff;  // how unanswered queries reach the resolver; "" where it is by sockets
};

struct XdpReport {
    bool enabled = false;  // false: xdp.enabled = false, and all below is empty
    std::vector<XdpInterface> interfaces;
    std::vector<std::string> listen;  // addresses the program answers on
    uint64_t generation = 0;          // that the program serves
    uint64_t names = 0, max_names = 0;
    uint64_t zones = 0, max_zones = 0;
    uint64_t arena_bytes = 0, max_arena_bytes = 0;
    uint64_t unfit_names = 0;  // names left to the resolver
    uint64_t left_out_names =
        0;  // names that there is no room for: the resolver's until they are asked more than others
    uint32_t verified_instructions = 0;
    uint32_t stale_after_seconds = 0;  // 0: never
    std::string pin_directory;
};

struct StatusReport {
    std::string version;
    int64_t pid = 0;
    int64_t started = 0;  // Unix time
    int64_t uptime_seconds = 0;
    std::string config;  // path of the configuration
    std::string state_directory;
    std::vector<std::string> listen;  // of the resolver, as bound
    uint32_t udp_workers = 0;
    uint64_t generation = 0;  // raised by every change
    uint64_t zones = 0;
    uint64_t names = 0;
    uint64_t records = 0;
    uint64_t memory_bytes = 0;  // of the compiled zones
    uint64_t lines_in_use = 0;  // `default` not counted
    uint64_t classes = 0;
    uint64_t prefixes = 0;
    std::vector<std::string> line_order;
    std::vector<Finding> problems;  // what kept zones from being served since the start or the last reload
    XdpReport xdp;
};

struct PathCount {
    std::string path;  // "xdp", "resolver"
    uint64_t answered = 0;
};

struct ReasonCount {
    std::string reason;
    std::string text;
    uint64_t count = 0;
};

struct RcodeCount {
    std::string path;
    std::string rcode;  // "NOERROR"
    uint64_t count = 0;
};

struct LineCount {
    std::string path;
    std::string line;
    uint64_t count = 0;
};

/// All counters run from the daemon's start.
struct StatsReport {
    std::vector<PathCount> paths;
    std::vector<ReasonCount> reasons;  // of the XDP program, every one; empty without it
    std::vector<RcodeCount> rcodes;    // those that occurred
    std::vector<LineCount> lines;      // those that occurred
    uint64_t udp_queries = 0;          // seen by the resolver
    uint64_t tcp_queries = 0;
    uint64_t truncated = 0;
    uint64_t unanswered = 0;
    uint64_t lost = 0;
    uint64_t tcp_open = 0;
    uint64_t tcp_accepted = 0;
    uint64_t tcp_evicted = 0;
    uint64_t tcp_timed_out = 0;
    uint64_t tcp_refused = 0;
};

struct ReloadReport {
    uint64_t generation = 0;
    uint64_t zones = 0;
    std::vector<std::string> restart_needed;  // fields that changed and are only read at start
};

struct StopReport {
    bool keep_xdp = false;
};

struct ZoneReport {
    std::string zone;
    uint32_t serial = 0;
    uint64_t names = 0;
    uint64_t records = 0;
    std::vector<std::string> lines;  // that records are on, `default` too
    std::string origin;              // "configuration", "command"
    std::string file;                // it was read from
    uint64_t memory_bytes = 0;
};

struct ZoneList {
    std::vector<ZoneReport> zones;
};

struct ZoneText {
    std::string zone;
    std::string text;  // a master file
};

struct ZoneChange {
    std::string zone;
    std::string action;  // "loaded", "replaced", "dropped"; "changed", "unchanged" of records
    uint32_t serial = 0;
    uint64_t records = 0;
    uint64_t generation = 0;
};

struct CheckedFile {
    std::string file;
    bool ok = false;
    std::string zone;
    uint32_t serial = 0;
    uint64_t names = 0;
    uint64_t records = 0;
    std::vector<Finding> findings;
};

struct ZoneCheck {
    std::string lines;  // where the line names came from: a configuration's path, or "built-in"
    std::vector<CheckedFile> files;
};

struct ConfigCheck {
    std::string config;
    bool ok = false;
    uint64_t zones = 0;
    uint64_t names = 0;
    uint64_t records = 0;
    uint64_t classes = 0;
    std::vector<Finding> findings;
};

struct LineReport {
    std::string line;
    std::string group;
    uint32_t rank = 0;    // smaller wins
    bool in_use = false;  // some record is on it
    uint64_t ipv4_prefixes = 0;
    uint64_t ipv6_prefixes = 0;
};

struct LineList {
    std::vector<std::string> order;
    std::vector<LineReport> lines;  // those with addresses or in use, by rank
};

struct LineHit {
    std::string line;
    std::string group;
    std::string prefix;
    std::string source;
    bool wins_group = false;  // false: another line of its group has the longer or earlier prefix
    bool in_use = false;
};

struct LineWhich {
    std::string address;
    std::string winner;  // the first line that has records anywhere, or "default"
    uint32_t class_id = 0;
    std::vector<std::string> chain;  // lines in use, winner first, `default` last
    std::vector<LineHit> lines;      // every one the address is on, by rank
};

struct Explanation {
    std::string name;
    std::string type;
    std::string from;
    std::string zone;  // "" outside all zones
    uint32_t class_id = 0;
    std::vector<std::string> chain;
    std::string line;  // that answers; "" when no line of the client has records
    std::string group;
    std::string prefix;  // of the line that covers the client; "" for default
    std::string source;
    std::string rcode;
    bool authoritative = false;
    bool tailored = false;            // the answer depends on the client
    uint32_t scope = 0;               // prefix length of RFC 7871
    std::vector<std::string> answer;  // records in presentation form
    std::vector<std::string> authority;
    std::vector<std::string> additional;
    std::string path;    // "xdp", "resolver": for a query over UDP with EDNS
    std::string reason;  // label of the XDP program's reason, "xdp_off" when it is not attached
    std::string reason_text;
};

}  // namespace splitline
