// SPDX-License-Identifier: GPL-3.0-or-later
// One pass of libzscanner over one file: takes its records, errors and includes as they come. Lives for that pass only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "zone/zone_scanner.h"

extern "C" {
#include <libzscanner/scanner.h>
}

namespace splitline {

class FileScan {
  public:
    /// `text` must outlive the object.
    FileScan(ZoneScanner& zone, ZoneBuilder& builder, std::string_view text, uint16_t file, const ScanContext& context);

    /// To the end of the file, or to where going on makes no sense.
    void run();
    /// What holds at the end of the file.
    [[nodiscard]] ScanContext context() const;

  private:
    struct ScannerDeleter {
        void operator()(zs_scanner_t* scanner) const;
    };
    /// A place between two entries: the newline that ends line `line`, or the start of the text with line 0.
    struct Mark {
        const char* at = nullptr;
        uint32_t line = 0;
    };

    bool start(const ScanContext& context);
    bool step();
    void on_record();
    void on_include();
    bool on_error();
    void on_line_directive(std::string_view name, uint32_t line_number);
    bool extend_origin(std::string_view relative_text);
    bool skip_line(uint32_t line_number);

    [[nodiscard]] uint32_t entry_line() const;
    [[nodiscard]] bool parenthesis_is_closed() const;
    [[nodiscard]] Dname origin_before(uint32_t line_number) const;
    [[nodiscard]] DnameView origin() const;
    void set_origin(DnameView name);
    [[nodiscard]] std::string_view text_of_line(uint32_t line_number) const;
    [[nodiscard]] uint32_t line_number() const { return static_cast<uint32_t>(scanner_->line_counter); }
    [[nodiscard]] const char* text_end() const { return text_.data() + text_.size(); }
    void error(uint32_t line_number, std::string message);

    ZoneScanner& zone_;
    ZoneBuilder& builder_;
    std::string_view text_;
    std::unique_ptr<zs_scanner_t, ScannerDeleter> scanner_;
    Mark before_;   // where the entry being scanned begins, or blank lines and directives in front of it
    Dname origin_;  // in force at `before_`
    bool after_open_error_ = false;  // the scanner still skips the parenthesis in which it met an error
    int start_state_ = 0;  // of the scanner's automaton, to resume from after an error it cannot leave by itself
    uint32_t last_ttl_;
    uint16_t file_;
    uint16_t line_;
    bool has_generic_rdata_;  // \# somewhere: libzscanner does not look into such RDATA, so we do
};

}  // namespace splitline
