// SPDX-License-Identifier: GPL-3.0-or-later
// Zones whose SOA has names in the zone, out of it and nearly in it, of many lengths, with how each is to be written in
// negative answers: which of its names end in a pointer, and how long they are then.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace splitline::testing_support {

struct SoaCase {
    std::string origin, mname, rname;  // absolute, as the zone file has them
    size_t mname_size, rname_size;     // in the answer
    bool mname_pointed, rname_pointed;

    /// The zone; soa_questions() are about it.
    [[nodiscard]] std::string zone() const {
        return "$ORIGIN " + origin + "\n$TTL 60\n@ SOA " + mname + " " + rname + " 1 2 3 4 30\n@ NS ns.example.org.\n" +
               "host A 192.0.2.1\nalias CNAME gone\n*.wild A 192.0.2.2\n*.w CNAME gone\n";
    }
    /// Owner, type, class, TTL, RDLENGTH, the names, five counters.
    [[nodiscard]] size_t size() const { return 2 + 10 + mname_size + rname_size + 20; }
    /// How libknot tells the SOA of an answer to a question in lower case: names in full as the zone has them, of
    /// others the apex as the question has it.
    [[nodiscard]] std::string text(const std::string& apex) const {
        const auto spelled = [&](const std::string& name, bool pointed) {
            return pointed ? name.substr(0, name.size() - apex.size()) + apex : name;
        };
        return apex + " 30 IN SOA " + spelled(mname, mname_pointed) + " " + spelled(rname, rname_pointed) +
               " 1 2 3 4 30";
    }
};

inline std::string soa_label(size_t size) {
    return std::string(size, static_cast<char>('a' + size % 26)) + ".";
}

/// The name of 255 bytes that ends in that one.
inline std::string longest_name(const std::string& end) {
    const std::string three = soa_label(63) + soa_label(63) + soa_label(63);
    return end == "." ? three + soa_label(61) : three + soa_label(61 - end.size()) + end;
}

inline std::vector<SoaCase> soa_cases() {
    const std::string apex = "example.com.", long_name = longest_name(".");
    std::vector<SoaCase> cases = {
        {apex, "ns1.example.com.", "hostmaster.example.com.", 6, 13, true, true},
        {apex, "ns1.example.com.", "h.example.net.", 6, 15, true, false},
        {apex, "ns1.example.net.", "h.example.com.", 17, 4, false, true},
        {apex, "ns1.example.net.", "h.example.org.", 17, 15, false, false},
        {apex, "example.com.", "h.example.com.", 2, 4, true, true},
        {apex, "ns1.example.com.", "example.com.", 6, 2, true, true},
        {apex, "example.com.", "example.com.", 2, 2, true, true},
        {apex, ".", ".", 1, 1, false, false},
        {apex, "com.", ".", 5, 1, false, false},
        {apex, "a.b.c.example.com.", "first\\.last.example.com.", 8, 13, true, true},
        // Compared as names are; the pointer leads to the letters of the question.
        {apex, "NS1.EXAMPLE.Com.", "Host.eXample.com.", 6, 7, true, true},
        {"EXAMPLE.com.", "ns1.example.com.", "Host.Example.COM.", 6, 7, true, true},
        // They end in the apex's text, and in its very bytes, but within a label.
        {apex, "ns.xexample.com.", "notexample.com.", 17, 16, false, false},
        {apex, "ns.x\\007example.com.", "\\007example.com.", 18, 14, false, false},
        // A pointer takes more than the root, and less than any other apex.
        {".", "ns.", "h.", 4, 3, false, false},
        {"a.", "ns.a.", "a.", 5, 2, true, true},
        // The longest names; pointers far behind.
        {apex, long_name, long_name, 255, 255, false, false},
        {apex, long_name, longest_name(apex), 255, 244, false, true},
        {apex, long_name, "h.example.com.", 255, 4, false, true},
        {apex, long_name, "ho.example.com.", 255, 5, false, true},
        {apex, soa_label(63) + soa_label(63) + apex, soa_label(63) + soa_label(62) + apex, 130, 129, true, true},
    };
    // About the lengths that are copied in another way: 64 and 128 bytes.
    for (const size_t size : {6, 7, 8})
        cases.push_back({apex, soa_label(20) + apex, soa_label(size) + apex, 23, size + 3, true, true});
    for (const size_t size : {26, 27, 28, 29})
        cases.push_back({apex, soa_label(63) + apex, soa_label(size) + apex, 66, size + 3, true, true});
    return cases;
}

/// With which the answer to "alias.example.com" A, without EDNS, takes that many bytes: 483 to 545.
inline SoaCase soa_of_answer(size_t size) {
    const std::string rname = soa_label(63) + soa_label(63) + soa_label(size - 482);
    return {"example.com.", longest_name("."), rname, 255, size - 352, false, false};
}

/// What has no answer in such a zone: names relative to its apex, "" for that, and types. NODATA of the apex, a name
/// and a wildcard; NXDOMAIN of a name, ones far below, and the target of an alias and of a wildcard's.
inline std::vector<std::pair<std::string, uint16_t>> soa_questions() {
    return {{"", 16},
            {"host.", 16},
            {"x.wild.", 16},
            {"xy.wild.", 16},
            {"a.bc.def.wild.", 16},
            {"gone.", 1},
            {"very-far-gone.", 1},
            {"x.y.z.gone.", 1},
            {"alias.", 1},
            {"x.w.", 1},
            {"xy.w.", 16},
            {"a.bc.def.w.", 1},
            {"x.host.", 28},
            {"xy.host.", 1},
            {soa_label(60) + "h.", 1},
            {soa_label(61) + "h.", 1}};
}

}  // namespace splitline::testing_support
