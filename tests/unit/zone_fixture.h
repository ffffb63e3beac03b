// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of zones share: records and findings as lines of text, so that a test reads as "this file, these
// lines".
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/dname.h"
#include "zone/zone_check.h"
#include "zone/zone_reader.h"
#include "zone/zone_render.h"

namespace splitline::zone_test {

using Lines = std::vector<std::string>;

/// "oversea www.example.com. 300 A 192.0.2.1"
inline std::string record_text(const ZoneRecords& zone, const Record& record) {
    return zone.lines[record.line] + " " + dname_to_text(zone.owner(record)) + " " + std::to_string(record.ttl) + " " +
           type_to_text(record.type) + " " + rdata_to_text(record.type, zone.rdata(record));
}

inline Lines record_texts(const ZoneRecords& zone) {
    Lines texts;
    for (const auto& record : zone.records) texts.push_back(record_text(zone, record));
    return texts;
}

inline Lines finding_texts(const Diagnostics& diagnostics) {
    Lines texts;
    for (const auto& finding : diagnostics.all()) texts.push_back(finding.text());
    return texts;
}

/// What reading a text gave. `places` goes with `records`: "file:line".
struct Reading {
    ZoneRecords zone;
    Lines records;
    Lines places;
    Lines findings;
};

inline Reading reading_of(ZoneRecords zone, const Diagnostics& diagnostics) {
    Reading reading{std::move(zone), {}, {}, finding_texts(diagnostics)};
    reading.records = record_texts(reading.zone);
    for (const auto& record : reading.zone.records) {
        const Place place = reading.zone.place(record);
        reading.places.push_back(place.file + ":" + std::to_string(place.line));
    }
    return reading;
}

inline Reading read_text(std::string_view text, const std::string& path = "example.com.zone") {
    Diagnostics diagnostics;
    auto zone = read_zone_text(text, path, diagnostics);
    return reading_of(std::move(zone), diagnostics);
}

/// A directory that is gone after the test.
class TempDir {
  public:
    TempDir() {
        std::string name = (std::filesystem::temp_directory_path() / "zone_test.XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp: " + name);
        path_ = name;
    }
    ~TempDir() { std::filesystem::remove_all(path_); }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;

    /// Writes a file, with the directories above it, and returns its path.
    std::string write(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name, std::ios::binary) << text;
        return path(name);
    }
    [[nodiscard]] std::string path(const std::string& name) const { return (path_ / name).string(); }

    [[nodiscard]] Reading read(const std::string& name) const {
        Diagnostics diagnostics;
        auto zone = read_zone_file(path(name), diagnostics);
        auto reading = reading_of(std::move(zone), diagnostics);
        for (auto* texts : {&reading.places, &reading.findings})
            for (auto& text : *texts)
                for (size_t at; (at = text.find(path_.string() + "/")) != std::string::npos;)
                    text.erase(at, path_.string().size() + 1);
        return reading;
    }

  private:
    std::filesystem::path path_;
};

}  // namespace splitline::zone_test
