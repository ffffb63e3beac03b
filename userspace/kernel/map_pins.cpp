// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernel/map_pins.h"

#include <bpf/bpf.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <random>

#include "base/fd.h"

namespace splitline {

namespace {

constexpr const char* kStaged = "staged_";

bool is_map(const std::string& name) {
    if (name.starts_with(kStaged)) return true;
    const auto& maps = ResponderProgram::map_names();
    return std::any_of(maps.begin(), maps.end(), [&](const char* map) { return name == map; });
}

}  // namespace

// A number of its own keeps the pins of an interrupted predecessor, whose program may be attached, until commit().
MapPins::MapPins(std::string directory)
    : directory_(std::move(directory)), staged_(fmt::format("{}{:08x}_", kStaged, std::random_device{}())) {}

Result<void> MapPins::stage(const ResponderProgram& program) const {
    if (directory_.empty()) return {};
    for (const char* name : ResponderProgram::map_names()) {
        const std::string staged = path(staged_ + name);
        // One that is there is from an attach() of ours that an interface refused.
        if (bpf_obj_pin(program.map_fd(name), staged.c_str()) != 0 && errno != EEXIST)
            return kernel_error("cannot pin map " + staged, errno);
    }
    return {};
}

Result<void> MapPins::commit() const {
    if (directory_.empty()) return {};
    for (const char* name : ResponderProgram::map_names())
        if (std::rename(path(staged_ + name).c_str(), path(name).c_str()) != 0)
            return kernel_error("cannot pin map " + path(name), errno);
    for (const std::string& name : names())
        if (name.starts_with(kStaged)) ::unlink(path(name).c_str());
    return {};
}

void MapPins::remove() const {
    for (const std::string& name : names()) ::unlink(path(name).c_str());
}

std::vector<uint32_t> MapPins::map_ids() const {
    std::vector<uint32_t> ids;
    for (const std::string& name : names()) {
        const Fd fd(bpf_obj_get(path(name).c_str()));
        if (fd.get() < 0) continue;
        bpf_map_info info{};
        uint32_t size = sizeof info;
        if (bpf_obj_get_info_by_fd(fd.get(), &info, &size) == 0) ids.push_back(info.id);
    }
    return ids;
}

// All at once, so that nobody unlinks what is being listed.
std::vector<std::string> MapPins::names() const {
    std::vector<std::string> names;
    if (directory_.empty()) return names;
    std::error_code unreadable;
    for (const auto& entry : std::filesystem::directory_iterator(directory_, unreadable))
        if (std::string name = entry.path().filename().string(); is_map(name)) names.push_back(std::move(name));
    return names;
}

}  // namespace splitline
