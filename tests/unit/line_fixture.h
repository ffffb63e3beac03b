// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of lines share: terse makers of addresses, lines and files, and random numbers that repeat.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "line/class_table.h"
#include "line/line.h"
#include "line/prefix_table.h"

namespace splitline::line_test {

inline Address address(const std::string& text) {
    return Address::parse(text).value();
}
inline Prefix prefix(const std::string& text) {
    return Prefix::parse(text).value();
}

inline Line own_line(const std::string& name, const std::vector<std::string>& prefixes = {},
                     LineGroup group = LineGroup::kCustom) {
    Line line;
    line.name = name;
    line.group = group;
    for (const auto& text : prefixes) line.sources.prefixes.push_back(prefix(text));
    return line;
}

inline LineCatalog build(const LineConfig& config) {
    auto catalog = LineCatalog::build(config);
    if (!catalog) throw std::runtime_error(catalog.error().text());
    return std::move(*catalog);
}

inline std::vector<bool> use_all(const LineCatalog& catalog) {
    return std::vector<bool>(catalog.size(), true);
}

inline std::vector<bool> use(const LineCatalog& catalog, const std::vector<std::string>& names) {
    std::vector<bool> used(catalog.size());
    for (const auto& name : names) used[catalog.find(name).value()] = true;
    return used;
}

inline ClassTable compile(const LineCatalog& catalog, const PrefixTable& prefixes, const std::vector<bool>& used) {
    auto table = compile_classes(catalog, prefixes, used);
    if (!table) throw std::runtime_error(table.error().text());
    return std::move(*table);
}

/// "telecom > internal > default"
inline std::string chain_text(const LineCatalog& catalog, const std::vector<LineId>& chain) {
    std::string text;
    for (const auto id : chain) text += (text.empty() ? "" : " > ") + catalog.name(id);
    return text;
}

inline std::string chain_of(const LineCatalog& catalog, const ClassTable& table, const Address& client) {
    return chain_text(catalog, table.chains[table.lookup(client).class_id]);
}

/// A directory of files that goes with the test.
class TempFiles {
  public:
    TempFiles() {
        std::string name = (std::filesystem::temp_directory_path() / "splitline-line-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
        directory_ = name;
    }
    ~TempFiles() {
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }
    TempFiles(const TempFiles&) = delete;
    TempFiles& operator=(const TempFiles&) = delete;

    [[nodiscard]] std::string path(const std::string& name) const { return directory_ + "/" + name; }
    std::string write(const std::string& name, const std::string& content) const {
        std::ofstream(path(name), std::ios::binary) << content;
        return path(name);
    }

  private:
    std::string directory_;
};

/// Addresses near one another and near the corners, so that random prefixes nest.
class RandomAddresses {
  public:
    explicit RandomAddresses(unsigned seed) : engine_(seed) {}

    unsigned below(unsigned bound) { return static_cast<unsigned>(engine_() % bound); }
    Address any(Address::Family family) {
        Address result{family, {}};
        for (unsigned i = 0; i < result.bits() / 8; ++i) result.bytes[i] = static_cast<uint8_t>(engine_());
        return result;
    }
    /// Every byte is one of few values.
    Address clustered(Address::Family family) {
        static constexpr uint8_t kBytes[] = {0, 0, 1, 127, 128, 255};
        Address result{family, {}};
        for (unsigned i = 0; i < result.bits() / 8; ++i) result.bytes[i] = kBytes[below(6)];
        return result;
    }

  private:
    std::mt19937_64 engine_;
};

/// `address` with bit `bit` (0 is the first) flipped.
inline Address flip(Address address, unsigned bit) {
    address.bytes[bit / 8] = static_cast<uint8_t>(address.bytes[bit / 8] ^ (0x80U >> (bit % 8)));
    return address;
}

/// The last address of the block of `length` bits round `address`.
inline Address last_of_block(Address address, unsigned length) {
    for (unsigned bit = length; bit < address.bits(); ++bit)
        address.bytes[bit / 8] = static_cast<uint8_t>(address.bytes[bit / 8] | (0x80U >> (bit % 8)));
    return address;
}

/// The address behind; the first one behind the last.
inline Address next(Address address) {
    for (unsigned i = address.bits() / 8; i-- > 0;)
        if (++address.bytes[i] != 0) break;
    return address;
}

}  // namespace splitline::line_test
