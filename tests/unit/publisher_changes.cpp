// SPDX-License-Identifier: GPL-3.0-or-later
// Publishing a zone change by change: after each of them the name table says what one that was filled at once says.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "support/publisher_bed.h"
#include "unit/zone_history.h"

namespace splitline {
namespace {

using namespace testing_support;  // NOLINT(google-build-using-namespace)

std::shared_ptr<const LineSystem> lines() {
    static const auto built = std::make_shared<const LineSystem>(LineSystem{*LineCatalog::build({}), PrefixTable{}});
    return built;
}

std::shared_ptr<const Image> image_of(std::shared_ptr<const ZoneImage> zone) {
    return *compile_image(lines(), {{"example.com.zone", std::move(zone)}}, nullptr);
}

/// What the table has of a name, without what two tables may number differently; "" if nothing.
std::string content(const PublisherBed& bed, const Image& image, const Dname& name) {
    auto record = bed.read_name(name, bed.generation());
    if (!record) return "";
    sl_name_record header{};
    std::memcpy(reinterpret_cast<uint8_t*>(&header) + SL_VERSION_SIZE, record->data(), sizeof header - SL_VERSION_SIZE);
    std::string key = std::to_string(header.flags) + " profile";
    for (const LineSet& set : image.profiles->profiles.at(header.profile).key) {
        for (const LineId line : set) key += " " + std::to_string(line);
        key += ",";
    }
    const size_t skipped = offsetof(sl_name_record, size) - SL_VERSION_SIZE;
    return key + std::string(record->begin() + skipped, record->end());
}

// What a name's record has for the clients of each class, by their chain of lines: types and answers as bytes.
std::map<std::vector<LineId>, std::string> answers(const PublisherBed& bed, const Image& image, const Dname& name) {
    std::vector<uint8_t> record = bed.read_name(name, bed.generation()).value();
    record.insert(record.begin(), SL_VERSION_SIZE, 0);
    const auto read = [&]<typename T>(size_t at, T value) {
        std::memcpy(&value, record.data() + at, sizeof value);
        return value;
    };
    const auto header = read(0, sl_name_record{});
    std::map<std::vector<LineId>, std::string> found;
    for (size_t class_id = 0; class_id < image.classes->chains.size(); ++class_id) {
        const size_t row = header.profile * image.profiles->class_count;
        const size_t variant = header.variant_count > 1 ? image.profiles->variants[row + class_id] : 0;
        size_t at = read(sizeof header + 2 * variant, uint16_t{0});
        std::string& text = found[image.classes->chains[class_id]];
        text = "line " + std::to_string(read(at, sl_answer_list{}).line);
        at += sizeof(sl_answer_list);
        for (sl_answer_entry entry{1, 0}; entry.type != SL_TYPE_OTHER; at += sizeof entry) {
            if (read(at, entry.type) == SL_TYPE_NO_DATA) {
                text += header.profile == kUntailored ? " no data" : " no data, tailored";
                break;
            }
            entry = read(at, entry);
            const size_t size = sizeof(sl_answer) + read(entry.answer, sl_answer{}).length;
            text += " type " + std::to_string(entry.type) + " ";
            text.append(record.begin() + entry.answer, record.begin() + static_cast<ptrdiff_t>(entry.answer + size));
        }
    }
    return found;
}

std::set<Dname> names_of(const ZoneImage& zone) {
    std::set<Dname> names;
    for (const Node& node : zone.nodes()) names.emplace(zone.name(node));
    return names;
}

TEST(PublisherChanges, TheTableSaysWhatAFreshOneSays) {
    for (unsigned seed = 0; seed < 12; ++seed) {
        History history(seed);
        history.allow_structure = seed % 3 == 0;
        auto image = image_of(ZoneImage::build(read(master_file(history.zone)), catalog()));
        PublisherBed bed(16, 2000);
        ASSERT_TRUE(bed.publish(image));
        std::set<Dname> ever = names_of(*image->zones[0].image);
        for (int step = 0; step < 40; ++step) {
            const auto owners = history.step();
            image = *change_zone(*image, changed(*image->zones[0].image, history.zone, owners));
            const auto previous = bed.generation();
            std::map<Dname, std::optional<std::vector<uint8_t>>> before;
            for (const Dname& name : ever) before[name] = bed.read_name(name, previous);
            ASSERT_TRUE(bed.publish(image));
            const auto fresh_image = image_of(ZoneImage::build(read(master_file(history.zone)), catalog()));
            PublisherBed fresh(16, 2000);
            ASSERT_TRUE(fresh.publish(fresh_image));
            ever.merge(names_of(*image->zones[0].image));
            for (const Dname& name : ever) {
                ASSERT_EQ(content(bed, *image, name), content(fresh, *fresh_image, name))
                    << dname_to_text(name) << " seed " << seed << " step " << step;
                if (before.contains(name)) {
                    ASSERT_EQ(bed.read_name(name, previous), before[name]) << "a packet in flight sees what was";
                }
            }
            ASSERT_EQ(bed.usage().names, fresh.usage().names);
        }
    }
}

std::shared_ptr<const LineSystem> lines_with(const std::string& telecom, const std::string& unicom) {
    LineConfig config;
    config.lines.resize(2);
    config.lines[0].name = "telecom";
    config.lines[0].sources.prefixes.push_back(Prefix::parse(telecom).value());
    config.lines[1].name = "unicom";
    config.lines[1].sources.prefixes.push_back(Prefix::parse(unicom).value());
    Diagnostics findings;
    LineCatalog built = *LineCatalog::build(config);
    PrefixTable prefixes = read_prefixes(built, {}, findings);
    return std::make_shared<const LineSystem>(LineSystem{std::move(built), std::move(prefixes)});
}

// All is read again, as by a reload; there is room for two class tables, but not for the names twice.
TEST(PublisherChanges, PrefixesThatMoveLeaveTheNamesWhereTheyAre) {
    Text text = kStart;
    for (int i = 0; i < 20'000; ++i)
        text["h" + std::to_string(i)] = {
            {"default", "A 192.0.2.1"}, {"telecom", "A 192.0.2.2"}, {"unicom", "A 192.0.2.3"}};
    const auto zone = [&] { return ZoneImage::build(read(master_file(text)), catalog()); };
    constexpr size_t kPages = 31;
    PublisherBed bed(kPages, 25'000);
    const auto one = *compile_image(lines_with("10.0.0.0/8", "20.0.0.0/8"), {{"zone", zone()}}, nullptr);
    ASSERT_TRUE(bed.publish(one));
    const size_t table = one->classes->cells.size() * sizeof(uint32_t);
    ASSERT_GT(2 * (bed.usage().arena_bytes - table), kPages * SL_PAGE_SIZE) << "all names would fit twice";
    text["h7"] = {{"telecom", "A 192.0.2.7"}};
    const auto two = *compile_image(lines_with("30.0.0.0/8", "20.0.0.0/8"), {{"zone", zone()}}, one.get());
    EXPECT_NE(two->classes->cells, one->classes->cells);
    EXPECT_NE(two->classes->lookup(Address::parse("30.1.1.1").value()).class_id, 0U);
    ASSERT_TRUE(same_classes(*one, *two));
    ASSERT_TRUE(bed.publish(two));
    const auto fresh_image = *compile_image(lines_with("30.0.0.0/8", "20.0.0.0/8"), {{"zone", zone()}}, nullptr);
    EXPECT_FALSE(same_classes(*two, *fresh_image)) << "its classes are met in another order";
    PublisherBed fresh(kPages, 25'000);
    ASSERT_TRUE(fresh.publish(fresh_image));
    for (const Dname& name : names_of(*two->zones[0].image))
        ASSERT_EQ(answers(bed, *two, name), answers(fresh, *fresh_image, name)) << dname_to_text(name);
}

TEST(PublisherChanges, ManyCommitsNeedNoWaitOfTheirOwn) {
    Text zone = kStart;
    for (int i = 0; i < 1000; ++i) zone["h" + std::to_string(i)] = {{"default", "A 192.0.2.1"}};
    auto image = image_of(ZoneImage::build(read(master_file(zone)), catalog()));
    PublisherBed bed(16, 2000);
    ASSERT_TRUE(bed.publish(image));
    for (int i = 0; i < 100; ++i) {
        // The first commit fills the other epoch slot, for which it does wait.
        bed.hold_waits(i > 0);
        zone["h7"] = {{"default", "A 192.0.2." + std::to_string(i)}};
        image = *change_zone(*image, changed(*image->zones[0].image, zone, {"h7"}));
        ASSERT_TRUE(bed.publish(image)) << "while a grace period that never ends is waited for";
    }
    bed.hold_waits(false);
    const auto settled = bed.usage().arena_bytes;
    PublisherBed fresh(16, 2000);
    ASSERT_TRUE(fresh.publish(image_of(image->zones[0].image)));
    EXPECT_EQ(settled, fresh.usage().arena_bytes) << "and then all versions are freed";
}

}  // namespace
}  // namespace splitline
