// SPDX-License-Identifier: GPL-3.0-or-later
// The control protocol: JSON over a Unix stream socket, one object a line in each direction, a response for each
// request in order. Any number of requests may follow each other on a connection.
//
//   request    {"command": "zone load", "args": {"file": "/etc/zones/example.com.zone"}}
//   response   {"ok": true, "result": {...}, "findings": [...]}
//   refused    {"ok": false, "error": "why, and how to mend it", "findings": [...]}
//
// `command` is a verb of `splitline`; `args` (may be left out) holds strings only:
//   status, stats, reload, zone list, line list, xdp attach, xdp detach, xdp status   no arguments
//   stop          keep_xdp: "yes" leaves the XDP program attached and answering
//   zone load     file: path of the master file; contents (optional): "passed" where the file comes with the request
//   zone show     zone: a name        zone drop     zone: a name
//   record change zone: a name; changes: lines as in zone/record_change.h, one commit of them all
//   line which    address: an address
//   explain       name, type ("A" if left out), from: address or address/length
//
// A file is passed open to be read, with the request's first byte (SCM_RIGHTS), by a client whose requests before have
// been answered, and which awaits this one's response: files cannot be told from each other otherwise. It is read in
// place of the path, but for files of the configuration, which the daemon reads itself.
//
// An unknown command, argument or key is refused by name, and so is a line that is no JSON or longer than kMaxRequest.
// The results are api.h's structs; `findings` are what a check had to say, with file and line.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "control/api.h"

namespace splitline {

/// Longest request line in bytes. A commit of many changes is the largest thing that is sent; it is decoded in the
/// control thread, whose heartbeat must not be late for it.
constexpr size_t kMaxRequest = size_t{64} << 20;

struct ControlRequest {
    std::string command;
    std::map<std::string, std::string> args;
};

struct ControlResponse {
    bool ok = false;
    std::string error;   // when not ok
    std::string result;  // JSON text of the command's struct when ok; "" when not
    std::vector<Finding> findings;
};

/// One line each, without the newline. The decoders' errors say what is malformed; they never throw.
std::string encode(const ControlRequest& request);
std::string encode(const ControlResponse& response);
Result<ControlRequest> decode_request(std::string_view line);
Result<ControlResponse> decode_response(std::string_view line);

/// Diagnostics as the API shows them.
std::vector<Finding> findings_of(const Diagnostics& diagnostics);
/// As Diagnostic::text() says it.
std::string text_of(const Finding& finding);

}  // namespace splitline
