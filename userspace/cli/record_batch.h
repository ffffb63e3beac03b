// SPDX-License-Identifier: GPL-3.0-or-later
// `splitline record batch`: a stream of record changes, each line its own commit, or one commit for all lines between
// `begin` and `commit`.
//
//     add example.com www --line telecom 300 A 192.0.2.1
//     begin
//     del example.com old
//     set example.com new 300 CNAME www
//     commit
//
// `abort` in place of `commit` forgets the block. Empty lines and those that begin with `;` or `#` are passed over.
#pragma once

#include <functional>
#include <istream>
#include <string>

#include "control/protocol.h"

namespace splitline {

struct BatchOutcome {
    size_t commits = 0;
    size_t refused = 0;
    std::string broken;  // why the daemon could not be asked any more; then the rest was not read
};

class RecordBatch {
  public:
    using Exchange = std::function<Result<ControlResponse>(const ControlRequest&)>;
    /// Told of every commit, with the input line it ended at; what was refused says so.
    using Report = std::function<void(size_t line, const ControlResponse& response)>;

    RecordBatch(Exchange exchange, Report report) : exchange_(std::move(exchange)), report_(std::move(report)) {}

    /// To the end of `input`. A commit that is refused does not keep the next ones from being tried.
    BatchOutcome run(std::istream& input);

  private:
    void take(const std::string& line);
    void change(const std::string& action, std::string_view rest);
    void commit(const std::string& zone, const std::string& changes);
    void refuse(const std::string& why);

    Exchange exchange_;
    Report report_;
    BatchOutcome outcome_;
    size_t line_ = 0;
    bool in_block_ = false, block_refused_ = false;
    std::string zone_, changes_;  // of the block
};

}  // namespace splitline
