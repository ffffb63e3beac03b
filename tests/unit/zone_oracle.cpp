// SPDX-License-Identifier: GPL-3.0-or-later
// Other servers' tools as oracles: Knot's kzonecheck and NSD's nsd-checkzone judge the same files, and NSD's own parser
// prints the records it read. Knot's parser is the one we use, NSD's shares nothing with it.
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <set>
#include <sstream>
#include <tuple>

#include "unit/zone_check_fixture.h"

namespace splitline::zone_test {
namespace {

const std::filesystem::path kZones = std::filesystem::path(SPLITLINE_TEST_DATA) / "zones";

// The program's path, or "" if it is not installed. Server tools often lie outside a user's PATH.
std::string find_program(const std::string& name) {
    const char* path = std::getenv("PATH");
    std::istringstream folders(std::string(path == nullptr ? "" : path) + ":/usr/sbin:/usr/bin");
    for (std::string folder; std::getline(folders, folder, ':');)
        if (access((folder + "/" + name).c_str(), X_OK) == 0) return folder + "/" + name;
    return "";
}

struct Output {
    int status = -1;
    std::string text;
};

Output run(const std::string& command) {
    Output output;
    FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) return output;
    for (int c; (c = std::fgetc(pipe)) != EOF;) output.text += static_cast<char>(c);
    const int status = pclose(pipe);
    output.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return output;
}

std::string content(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::filesystem::path> files_in(const std::string& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(kZones / folder)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    EXPECT_GT(files.size(), 5U) << folder;
    return files;
}

Diagnostics our_findings(const std::filesystem::path& path) {
    Diagnostics diagnostics;
    const auto zone = read_zone_text(content(path), (path.parent_path() / "example.com.zone").string(), diagnostics);
    check_zone(zone, is_known_line, diagnostics);
    return diagnostics;
}

struct Tool {
    const char* program;
    const char* arguments;          // before the file
    std::set<std::string> lenient;  // files it may accept although they are bad
};

const std::vector<Tool> kTools = {
    // Takes \# of known types unseen, and leaves records out that do not belong into the zone.
    {"kzonecheck", "-o example.com", {"generic_address", "outside", "two_soas"}},
    // Checks less than a server must know before it answers.
    {"nsd-checkzone", "example.com", {"generic_length", "missing_glue", "no_ns", "unclosed_parenthesis"}},
};

class ZoneOracle : public testing::TestWithParam<Tool> {
  protected:
    void SetUp() override {
        program_ = find_program(GetParam().program);
        if (program_.empty()) GTEST_SKIP() << GetParam().program << " is not installed";
    }
    [[nodiscard]] Output judge(const std::filesystem::path& path) const {
        return run(program_ + " " + GetParam().arguments + " '" + path.string() + "'");
    }
    std::string program_;
};

TEST_P(ZoneOracle, accepts_what_we_accept) {
    for (const auto& path : files_in("good")) {
        const auto output = judge(path);
        EXPECT_EQ(output.status, 0) << path << "\n" << output.text;
        EXPECT_FALSE(our_findings(path).has_errors()) << path << "\n" << our_findings(path).text();
    }
}

TEST_P(ZoneOracle, refuses_what_we_refuse) {
    for (const auto& path : files_in("bad")) {
        EXPECT_TRUE(our_findings(path).has_errors()) << path;
        if (GetParam().lenient.contains(path.stem().string())) continue;
        const auto output = judge(path);
        EXPECT_GT(output.status, 0) << path << "\n" << output.text;
    }
}

INSTANTIATE_TEST_SUITE_P(Tools, ZoneOracle, testing::ValuesIn(kTools), [](const auto& test) {
    std::string name = test.param.program;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});

// Owner, TTL, type and RDATA of every record, repeated ones once.
std::set<std::tuple<std::string, uint32_t, uint16_t, std::string>> record_set(const ZoneRecords& zone) {
    std::set<std::tuple<std::string, uint32_t, uint16_t, std::string>> rows;
    for (const auto& record : zone.records)
        rows.emplace(zone.owner(record), record.ttl, record.type, rdata_to_text(record.type, zone.rdata(record)));
    return rows;
}

TEST(ZoneOracleNsd, reads_the_same_records) {
    const std::string program = find_program("nsd-checkzone");
    if (program.empty()) GTEST_SKIP() << "nsd-checkzone is not installed";
    for (const auto& path : files_in("good")) {
        const auto output = run(program + " -p example.com '" + path.string() + "'");
        ASSERT_EQ(output.status, 0) << output.text;
        const auto ours = read_text(content(path));
        const auto theirs = read_text(output.text);
        EXPECT_THAT(theirs.findings, testing::IsEmpty()) << path;
        EXPECT_EQ(record_set(ours.zone), record_set(theirs.zone)) << path;
    }
}

TEST(ZoneOracleNsd, reads_what_we_render) {
    const std::string program = find_program("nsd-checkzone");
    if (program.empty()) GTEST_SKIP() << "nsd-checkzone is not installed";
    const TempDir dir;
    for (const auto& path : files_in("good")) {
        const auto ours = read_text(content(path));
        const auto output =
            run(program + " -p example.com '" + dir.write("rendered.zone", render_zone(ours.zone)) + "'");
        ASSERT_EQ(output.status, 0) << path << "\n" << output.text;
        EXPECT_EQ(record_set(ours.zone), record_set(read_text(output.text).zone)) << path;
    }
}

}  // namespace
}  // namespace splitline::zone_test
