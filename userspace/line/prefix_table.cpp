// SPDX-License-Identifier: GPL-3.0-or-later
#include "line/prefix_table.h"

#include "line/country_csv.h"
#include "line/mmdb_walk.h"
#include "line/prefix_builder.h"
#include "line/prefix_list.h"
#include "line/source_rules.h"

namespace splitline {
namespace {

/// A line can only be by country, subdivision or ASN where a database knows those.
void check_databases(const LineCatalog& catalog, const GeoDatabases& databases, Diagnostics& diagnostics) {
    const bool has_country = !databases.country_csv.empty() || !databases.country_mmdb.empty();
    for (size_t id = 0; id < catalog.size(); ++id) {
        const auto& line = catalog.line(static_cast<LineId>(id));
        const auto error = [&](const std::string& what) {
            diagnostics.error(line.place, "line '" + line.name + "' " + what);
        };
        if (!line.sources.countries.empty() && !has_country)
            error(
                "is by country, but there is no country database; name one in geo.country_csv (Debian's package "
                "tor-geoipdb "
                "has /usr/share/tor/geoip and /usr/share/tor/geoip6) or geo.country_mmdb");
        if (!line.sources.subdivisions.empty() && databases.country_mmdb.empty())
            error("is by subdivision, but there is no mmdb country database; name one in geo.country_mmdb");
        if (!line.sources.asns.empty() && databases.asn_mmdb.empty())
            error("is by AS number, but there is no ASN database; name one in geo.asn_mmdb");
    }
}

void read_databases(const GeoDatabases& databases, SourceRules& rules, PrefixBuilder& builder,
                    Diagnostics& diagnostics) {
    if (rules.wants_countries())
        for (const auto& path : databases.country_csv) read_country_csv(path, rules, builder, diagnostics);
    if (rules.wants_countries() || rules.wants_subdivisions())
        for (const auto& path : databases.country_mmdb) read_country_mmdb(path, rules, builder, diagnostics);
    if (rules.wants_asns())
        for (const auto& path : databases.asn_mmdb) read_asn_mmdb(path, rules, builder, diagnostics);
}

std::string inline_source(const Line& line) {
    if (line.place.file.empty()) return "configuration";
    return line.place.line == 0 ? line.place.file : line.place.file + ":" + std::to_string(line.place.line);
}

void read_own_sources(const LineCatalog& catalog, PrefixBuilder& builder, Diagnostics& diagnostics) {
    for (size_t i = 0; i < catalog.size(); ++i) {
        const auto id = static_cast<LineId>(i);
        const auto& line = catalog.line(id);
        for (const auto& path : line.sources.lists) read_prefix_list(path, id, builder, diagnostics);
        if (line.sources.prefixes.empty()) continue;
        const Membership member{id, builder.source(inline_source(line))};
        for (const auto& prefix : line.sources.prefixes) builder.add(prefix, member);
    }
}

void report_empty_lines(const LineCatalog& catalog, const PrefixBuilder& builder, Diagnostics& diagnostics) {
    for (size_t i = 0; i < catalog.size(); ++i) {
        const auto& line = catalog.line(static_cast<LineId>(i));
        const bool own = i >= builtin_lines().size();
        if (builder.count(static_cast<LineId>(i)) != 0 || (line.sources.empty() && !own)) continue;
        diagnostics.warning(
            line.place, "line '" + line.name + "' has no address: " +
                            (line.sources.empty() ? "give it countries, lists or prefixes" : "its sources are empty"));
    }
}

}  // namespace

PrefixTable read_prefixes(const LineCatalog& catalog, const GeoDatabases& databases, Diagnostics& diagnostics) {
    PrefixTable table;
    Diagnostics found;
    PrefixBuilder builder(table, catalog.size());
    SourceRules rules(catalog, found);
    check_databases(catalog, databases, found);
    read_databases(databases, rules, builder, found);
    read_own_sources(catalog, builder, found);
    if (builder.too_many_sources()) found.error({}, "more than 65536 sources of prefixes; join prefix lists or lines");
    // What is missing because a source could not be read is no second finding.
    if (!found.has_errors()) {
        rules.report_unseen(catalog, found);
        report_empty_lines(catalog, builder, found);
    }
    diagnostics.append(found);
    return table;
}

}  // namespace splitline
