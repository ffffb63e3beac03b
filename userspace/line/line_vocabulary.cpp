// SPDX-License-Identifier: GPL-3.0-or-later
// The built-in line names, as data: Alibaba Cloud DNS's codes.
#include <array>
#include <span>

#include "line/line.h"

namespace splitline {
namespace {

using Names = std::span<const std::string_view>;

// In the order of LineGroup.
constexpr std::string_view kGroupNames[] = {"custom",     "search-engine", "search",   "cloud",  "isp-province",
                                            "isp-region", "isp",           "province", "region", "mainland",
                                            "country",    "continent",     "oversea",  "default"};
static_assert(std::size(kGroupNames) == static_cast<size_t>(LineGroup::kDefault) + 1);

constexpr std::string_view kIsps[] = {"telecom",   "unicom",  "mobile",       "edu",  "drpeng", "btvn", "cstnet",
                                      "wexchange", "founder", "topway_video", "wasu", "ocn",    "cnix", "bgctv"};
// Those with lines of their own for regions and provinces: the first four.
constexpr size_t kDividedIsps = 4;

constexpr std::string_view kSearchEngines[] = {"google", "baidu", "biying", "youdao", "yahoo", "sougou", "qihu"};

constexpr std::string_view kRegions[] = {"dongbei", "huabei", "huadong", "huanan", "huazhong", "xibei", "xinan"};

constexpr std::string_view kProvinces[] = {
    "anhui",  "beijing",  "chongqing",    "fujian",   "gansu",   "guangdong", "guangxi",  "guizhou",
    "hainan", "hebei",    "heilongjiang", "henan",    "hubei",   "hunan",     "jiangsu",  "jiangxi",
    "jilin",  "liaoning", "neimenggu",    "ningxia",  "qinghai", "shaanxi",   "shandong", "shanghai",
    "shanxi", "sichuan",  "tianjin",      "xinjiang", "xizang",  "yunnan",    "zhejiang"};
static_assert(std::size(kProvinces) == 31);

class Vocabulary {
  public:
    void add(LineGroup group, Names names, std::string_view before = "") {
        for (const auto name : names) {
            Line line;
            line.name = std::string(before) + std::string(name);
            line.group = group;
            lines.push_back(std::move(line));
        }
    }
    void add(LineGroup group, std::string_view name) { add(group, Names(&name, 1)); }

    std::vector<Line> lines;
};

std::vector<Line> make_vocabulary() {
    Vocabulary words;
    words.add(LineGroup::kDefault, "default");
    words.add(LineGroup::kMainland, "internal");
    words.add(LineGroup::kOversea, "oversea");
    words.add(LineGroup::kIsp, kIsps);
    words.add(LineGroup::kCloud, "aliyun");
    words.add(LineGroup::kSearch, "search");
    words.add(LineGroup::kSearchEngine, kSearchEngines);
    for (const auto isp : Names(kIsps).first(kDividedIsps)) {
        const auto before = "cn_" + std::string(isp) + "_";
        words.add(LineGroup::kIspRegion, kRegions, before);
        words.add(LineGroup::kIspProvince, kProvinces, before);
    }
    words.add(LineGroup::kRegion, kRegions, "cn_region_");
    words.add(LineGroup::kProvince, kProvinces, "cn_region_");
    return std::move(words.lines);
}

}  // namespace

const std::vector<Line>& builtin_lines() {
    static const std::vector<Line> lines = make_vocabulary();
    return lines;
}

std::string_view line_group_name(LineGroup group) {
    return kGroupNames[static_cast<size_t>(group)];
}

std::optional<LineGroup> line_group_from_name(std::string_view name) {
    for (size_t i = 0; i < std::size(kGroupNames); ++i)
        if (kGroupNames[i] == name) return static_cast<LineGroup>(i);
    return std::nullopt;
}

}  // namespace splitline
