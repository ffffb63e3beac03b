// SPDX-License-Identifier: GPL-3.0-or-later
// Result<T>: a value, or the Error that bad input caused. Member names follow std::expected, which GCC 12 lacks.
//
// Used for everything input can cause (zone, config, database, packet, API call). Exceptions are for start-up failures
// and bugs; hot paths return plain values.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace splitline {

/// Where in the operator's input something is: a file and a line in it. line 0 means the whole file; an empty file
/// means that the message itself says where (a field, a command).
struct Place {
    std::string file;
    unsigned line = 0;

    /// "file:line: ", "file: " or "".
    [[nodiscard]] std::string prefix() const;
    bool operator==(const Place&) const = default;
};

/// What went wrong, where, and how to mend it, as one readable line.
struct Error {
    std::string message;
    Place place = {};

    /// The line shown to the operator: place, then message.
    [[nodiscard]] std::string text() const { return place.prefix() + message; }
};

/// One finding of a check. Errors keep an image from being served; warnings do not.
struct Diagnostic {
    enum class Severity { kWarning, kError };
    Severity severity = Severity::kError;
    std::string message;
    Place place = {};

    /// "file:line: error: message".
    [[nodiscard]] std::string text() const;
    bool operator==(const Diagnostic&) const = default;
};

/// All findings of one check, in the order of the input.
class Diagnostics {
  public:
    void error(Place place, std::string message);
    void warning(Place place, std::string message);
    void append(const Diagnostics& other);

    [[nodiscard]] bool has_errors() const;
    [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }
    /// Every finding as Diagnostic::text(), one a line; "" without findings.
    [[nodiscard]] std::string text() const;

  private:
    std::vector<Diagnostic> all_;
};

/// A value or an Error. REQUIRES: value() only if has_value(), error() only if not.
template <typename T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    T& value() & { return std::get<0>(state_); }
    const T& value() const& { return std::get<0>(state_); }
    T&& value() && { return std::get<0>(std::move(state_)); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    [[nodiscard]] const Error& error() const { return std::get<1>(state_); }

  private:
    std::variant<T, Error> state_;
};

/// Result without a value: done, or the Error.
template <>
class [[nodiscard]] Result<void> {
  public:
    Result() = default;
    Result(Error error) : error_(std::move(error)), failed_(true) {}

    [[nodiscard]] bool has_value() const { return !failed_; }
    explicit operator bool() const { return has_value(); }
    [[nodiscard]] const Error& error() const { return error_; }

  private:
    Error error_;
    bool failed_ = false;
};

}  // namespace splitline
