// SPDX-License-Identifier: GPL-3.0-or-later
// Random histories of a small zone, in which names come and go, hold each other, point at each other, and hide behind
// wildcards, delegations and DNAMEs: for holding what changes against what is built.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "compile/zone_update.h"
#include "zone/zone_reader.h"

namespace splitline::testing_support {

inline const LineCatalog& catalog() {
    static const LineCatalog built = *LineCatalog::build({});
    return built;
}

/// Records in presentation form without owner, by owner; each with its $LINE.
using Text = std::map<std::string, std::set<std::pair<std::string, std::string>>>;

inline ZoneRecords read(const std::string& text) {
    Diagnostics diagnostics;
    ZoneRecords zone = read_zone_text("$ORIGIN example.com.\n$TTL 60\n" + text, "example.com.zone", diagnostics);
    EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.text() << text;
    return zone;
}

inline std::string master_file(const Text& zone) {
    std::string text;
    for (const auto& [owner, records] : zone)
        for (const auto& [line, record] : records) text += "$LINE " + line + "\n" + owner + " " + record + "\n";
    return text;
}

inline const Text kStart = {
    {"@", {{"default", "SOA ns1 h 1 14400 3600 1209600 300"}, {"default", "NS ns1"}, {"default", "NS ns2"}}},
    {"ns1", {{"default", "A 192.0.2.1"}}},
    {"ns2", {{"default", "A 192.0.2.2"}}},
};

/// The records of one owner, alive as long as the object.
struct OwnerRecords {
    OwnerRecords(const std::string& owner, const Text& all) {
        Text one = kStart;  // a zone needs its apex
        if (all.contains(owner))
            one[owner] = all.at(owner);
        else
            one.erase(owner);
        zone = read(master_file(one));
        name = *dname_from_text(owner == "@" ? "example.com" : owner + ".example.com");
        for (const Record& record : zone.records) {
            if (zone.owner(record) != name) continue;
            const auto rdata = zone.rdata(record);
            records.push_back({*catalog().find(zone.lines[record.line]),
                               record.type,
                               record.ttl,
                               {reinterpret_cast<const char*>(rdata.data()), rdata.size()}});
        }
    }
    Dname name;
    ZoneRecords zone;
    std::vector<NodeRecord> records;
};

class History {
  public:
    explicit History(unsigned seed) : random_(seed) {}

    /// Changes the records of some names and returns those names.
    std::set<std::string> step() {
        std::set<std::string> changed;
        for (size_t i = 0, count = 1 + random_() % 3; i < count; ++i) {
            const std::string owner = pick_owner();
            if (random_() % 3 == 0)
                zone.erase(owner);
            else
                zone[owner] = pick_records();
            changed.insert(owner);
        }
        return changed;
    }
    std::string pick_owner() {
        const std::string labels[] = {"a", "b", "c", "*"};
        std::string owner = labels[random_() % 4];
        for (size_t i = random_() % 4; i > 0; --i) owner += "." + labels[random_() % (random_() % 8 == 0 ? 4 : 3)];
        return owner;
    }
    Text zone = kStart;

  private:
    std::set<std::pair<std::string, std::string>> pick_records() {
        const std::string lines[] = {"default", "internal", "telecom"};
        std::set<std::pair<std::string, std::string>> records;
        for (size_t i = 0, count = 1 + random_() % 3; i < count; ++i) {
            const std::string& line = lines[random_() % 3];
            switch (random_() % 8) {
                case 0:
                case 1:
                case 2:
                    records.insert({line, "CNAME " + pick_owner()});
                    break;
                case 3:
                    records.insert({line, "CNAME cdn.example.net."});
                    break;
                case 4:
                    if (allow_structure) records.insert({"default", random_() % 2 == 0 ? "NS ns1" : "DNAME b.c"});
                    [[fallthrough]];
                default:
                    records.insert({line, "A 192.0.2." + std::to_string(random_() % 4)});
            }
        }
        return records;
    }

    std::mt19937 random_;

  public:
    bool allow_structure = false;
};

inline std::shared_ptr<const ZoneImage> changed(const ZoneImage& base, const Text& zone,
                                                const std::set<std::string>& owners) {
    ZoneUpdate update(base, catalog());
    std::vector<OwnerRecords> given;
    for (const auto& owner : owners) given.emplace_back(owner, zone);
    for (auto& each : given) update.replace(each.name, each.records);
    return update.finish();
}

}  // namespace splitline::testing_support
