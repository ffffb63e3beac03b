// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/toml_table.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "control/nearest.h"

namespace splitline {

struct TomlTable::Node {
    std::shared_ptr<const toml::table> document;  // keeps `table` alive
    const toml::table* table;                     // null: absent
    std::string name;                             // "xdp", "line[2]"; "" for the root
    std::string path;
    unsigned line;
    Diagnostics* diagnostics;
    std::vector<std::string> known;

    const toml::node* find(const std::string& key) {
        if (std::find(known.begin(), known.end(), key) == known.end()) known.push_back(key);
        return table ? table->get(key) : nullptr;
    }
    [[nodiscard]] Place place_of(const toml::node& node) const { return {path, node.source().begin.line}; }
    [[nodiscard]] std::string full_name(const std::string& key) const { return name.empty() ? key : name + "." + key; }
};

namespace {

/// What a node is, as messages name it.
std::string kind(const toml::node& node) {
    if (node.is_string()) return "a string";
    if (node.is_integer()) return "an integer";
    if (node.is_floating_point()) return "a fraction";
    if (node.is_boolean()) return "a boolean";
    if (node.is_array_of_tables()) return "a list of tables";
    if (node.is_array()) return "a list";
    return node.is_table() ? "a table" : "a date or time";
}

std::string range_message(int64_t minimum, int64_t maximum, int64_t value) {
    return fmt::format("must be {} to {}, not {}", minimum, maximum, value);
}

}  // namespace

TomlTable::TomlTable(std::shared_ptr<Node> node) : node_(std::move(node)) {}

std::optional<TomlTable> TomlTable::parse(std::string_view text, const std::string& path, Diagnostics& diagnostics) {
    try {
        const auto document = std::make_shared<const toml::table>(toml::parse(text, path));
        return TomlTable(std::make_shared<Node>(Node{document, document.get(), "", path, 0, &diagnostics, {}}));
    } catch (const toml::parse_error& failure) {
        diagnostics.error({path, failure.source().begin.line}, std::string(failure.description()));
        return std::nullopt;
    }
}

Place TomlTable::place() const {
    return {node_->path, node_->line};
}

Place TomlTable::place(const std::string& key) const {
    const auto* found = node_->table ? node_->table->get(key) : nullptr;
    return found ? node_->place_of(*found) : place();
}

void TomlTable::error(const std::string& key, const std::string& message) {
    node_->diagnostics->error(place(key), node_->full_name(key) + ": " + message);
}

void TomlTable::read(const std::string& key, bool& value) {
    const auto* found = node_->find(key);
    if (!found) return;
    if (const auto* boolean = found->as_boolean())
        value = boolean->get();
    else
        error(key, "must be true or false, not " + kind(*found));
}

void TomlTable::read(const std::string& key, std::string& value) {
    std::optional<std::string> read_value;
    read(key, read_value);
    if (read_value) value = *read_value;
}

void TomlTable::read(const std::string& key, std::optional<std::string>& value) {
    const auto* found = node_->find(key);
    if (!found) return;
    if (const auto* string = found->as_string())
        value = string->get();
    else
        error(key, "must be a string, not " + kind(*found));
}

std::optional<int64_t> TomlTable::integer(const std::string& key, int64_t minimum, int64_t maximum) {
    const auto* found = node_->find(key);
    if (!found) return std::nullopt;
    const auto* number = found->as_integer();
    if (!number) {
        error(key, fmt::format("must be an integer of {} to {}, not {}", minimum, maximum, kind(*found)));
        return std::nullopt;
    }
    if (number->get() >= minimum && number->get() <= maximum) return number->get();
    error(key, range_message(minimum, maximum, number->get()));
    return std::nullopt;
}

void TomlTable::read(const std::string& key, int64_t minimum, int64_t maximum, uint32_t& value) {
    if (const auto number = integer(key, minimum, maximum)) value = static_cast<uint32_t>(*number);
}

void TomlTable::read(const std::string& key, int64_t minimum, int64_t maximum, uint16_t& value) {
    if (const auto number = integer(key, minimum, maximum)) value = static_cast<uint16_t>(*number);
}

std::optional<size_t> TomlTable::choice(const std::string& key, const std::vector<std::string>& choices) {
    std::optional<std::string> value;
    read(key, value);
    if (!value) return std::nullopt;
    const auto found = std::find(choices.begin(), choices.end(), *value);
    if (found != choices.end()) return static_cast<size_t>(found - choices.begin());
    error(key, fmt::format("must be one of {}, not '{}'{}", fmt::join(choices, ", "), *value,
                           did_you_mean(*value, choices)));
    return std::nullopt;
}

std::optional<std::vector<TomlTable::Text>> TomlTable::texts(const std::string& key) {
    const auto* found = node_->find(key);
    if (!found) return std::nullopt;
    if (const auto* single = found->as_string()) return std::vector<Text>{{single->get(), node_->place_of(*found)}};
    const auto* list = found->as_array();
    if (!list) {
        error(key, "must be a list of strings, not " + kind(*found));
        return std::nullopt;
    }
    std::vector<Text> values;
    for (const auto& element : *list) {
        if (const auto* string = element.as_string())
            values.push_back({string->get(), node_->place_of(element)});
        else
            node_->diagnostics->error(
                node_->place_of(element),
                node_->full_name(key) + ": must be a list of strings, but holds " + kind(element));
    }
    return values;
}

void TomlTable::read(const std::string& key, int64_t minimum, int64_t maximum, std::vector<uint32_t>& values) {
    const auto* found = node_->find(key);
    if (!found) return;
    const auto* list = found->as_array();
    if (!list) return error(key, "must be a list of integers, not " + kind(*found));
    for (const auto& element : *list) {
        const auto* number = element.as_integer();
        if (number && number->get() >= minimum && number->get() <= maximum)
            values.push_back(static_cast<uint32_t>(number->get()));
        else
            node_->diagnostics->error(node_->place_of(element),
                                      node_->full_name(key) + ": " +
                                          (number ? range_message(minimum, maximum, number->get())
                                                  : "must be a list of integers, but holds " + kind(element)));
    }
}

TomlTable TomlTable::table(const std::string& key) {
    const auto* found = node_->find(key);
    const auto* inner = found ? found->as_table() : nullptr;
    if (found && !inner) error(key, "must be a table: write [" + node_->full_name(key) + "]");
    return TomlTable(std::make_shared<Node>(Node{node_->document,
                                                 inner,
                                                 node_->full_name(key),
                                                 node_->path,
                                                 found ? node_->place_of(*found).line : node_->line,
                                                 node_->diagnostics,
                                                 {}}));
}

std::vector<TomlTable> TomlTable::tables(const std::string& key) {
    const auto* found = node_->find(key);
    if (!found) return {};
    const auto* list = found->as_array();
    if (!list || !std::all_of(list->begin(), list->end(), [](const auto& element) { return element.is_table(); })) {
        error(key, "must be a list of tables: write [[" + node_->full_name(key) + "]] before each");
        return {};
    }
    std::vector<TomlTable> result;
    for (const auto& element : *list) {
        const auto name = fmt::format("{}[{}]", node_->full_name(key), result.size() + 1);
        result.push_back(TomlTable(std::make_shared<Node>(Node{node_->document,
                                                               element.as_table(),
                                                               name,
                                                               node_->path,
                                                               node_->place_of(element).line,
                                                               node_->diagnostics,
                                                               {}})));
    }
    return result;
}

void TomlTable::report_unknown() {
    if (!node_->table) return;
    for (const auto& [key, value] : *node_->table) {
        const std::string name(key.str());
        if (std::find(node_->known.begin(), node_->known.end(), name) != node_->known.end()) continue;
        // The key's own place: a table's value begins at its header, which is the same line.
        node_->diagnostics->error({node_->path, key.source().begin.line}, node_->full_name(name) + ": unknown " +
                                                                              (value.is_table() ? "table" : "key") +
                                                                              did_you_mean(name, node_->known));
    }
}

}  // namespace splitline
