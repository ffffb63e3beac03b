// SPDX-License-Identifier: GPL-3.0-or-later
#include "compile/alias_index.h"

#include <algorithm>
#include <array>

namespace splitline {

namespace {

constexpr size_t kBlockMax = 256;

// Whatever lies below a name has the name's key as a prefix, and nothing else has: lengths delimit labels.
std::string key_of(DnameView name) {
    std::array<size_t, 128> starts{};
    size_t labels = 0;
    for (size_t at = 0; name[at] != 0; at += size_t{1} + static_cast<uint8_t>(name[at])) starts.at(labels++) = at;
    std::string key;
    key.reserve(name.size());
    while (labels-- > 0) key.append(name, starts.at(labels), size_t{1} + static_cast<uint8_t>(name[starts.at(labels)]));
    return key;
}

std::string entry_of(DnameView target, DnameView alias) {
    return key_of(target).append(1, '\0').append(alias);
}

// Of an entry: where the alias begins.
size_t alias_at(std::string_view entry) {
    size_t at = 0;
    while (entry[at] != 0) at += size_t{1} + static_cast<uint8_t>(entry[at]);
    return at + 1;
}

Dname target_of(std::string_view entry) {
    Dname target(1, '\0');
    for (size_t at = 0; entry[at] != 0;) {
        const size_t size = size_t{1} + static_cast<uint8_t>(entry[at]);
        target.insert(0, entry.substr(at, size));
        at += size;
    }
    return target;
}

}  // namespace

// Finds the block that `entry` belongs into, gives change() a copy of it, and puts in what that leaves.
template <typename Change>
void AliasIndex::change_block(const std::string& entry, Change change) {
    Blocks blocks = blocks_ != nullptr ? *blocks_ : Blocks();
    auto at = std::upper_bound(blocks.begin(), blocks.end(), entry,
                               [](const std::string& wanted, const auto& block) { return wanted < block->front(); });
    if (at != blocks.begin()) --at;
    Block block = at != blocks.end() ? **at : Block();
    change(block);
    if (at == blocks.end()) at = blocks.insert(at, nullptr);
    if (block.empty()) {
        blocks.erase(at);
    } else if (block.size() <= kBlockMax) {
        *at = std::make_shared<const Block>(std::move(block));
    } else {
        const auto middle = block.begin() + kBlockMax / 2;
        *at = std::make_shared<const Block>(std::make_move_iterator(middle), std::make_move_iterator(block.end()));
        block.erase(middle, block.end());
        blocks.insert(at, std::make_shared<const Block>(std::move(block)));
    }
    blocks_ = std::make_shared<const Blocks>(std::move(blocks));
}

void AliasIndex::insert(DnameView target, DnameView alias) {
    const std::string entry = entry_of(target, alias);
    change_block(entry, [&](Block& block) {
        const auto at = std::lower_bound(block.begin(), block.end(), entry);
        if (at == block.end() || *at != entry) block.insert(at, entry);
    });
}

void AliasIndex::erase(DnameView target, DnameView alias) {
    const std::string entry = entry_of(target, alias);
    change_block(entry, [&](Block& block) {
        const auto at = std::lower_bound(block.begin(), block.end(), entry);
        if (at != block.end() && *at == entry) block.erase(at);
    });
}

void AliasIndex::fill(const std::vector<std::pair<Dname, Dname>>& targets_and_aliases) {
    std::vector<std::string> entries;
    entries.reserve(targets_and_aliases.size());
    for (const auto& [target, alias] : targets_and_aliases) entries.push_back(entry_of(target, alias));
    std::sort(entries.begin(), entries.end());
    entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
    Blocks blocks;
    constexpr size_t kFill = kBlockMax / 2;
    for (size_t first = 0; first < entries.size(); first += kFill) {
        const auto from = entries.begin() + static_cast<ptrdiff_t>(first);
        const auto to = entries.begin() + static_cast<ptrdiff_t>(std::min(entries.size(), first + kFill));
        blocks.push_back(std::make_shared<const Block>(std::make_move_iterator(from), std::make_move_iterator(to)));
    }
    blocks_ = blocks.empty() ? nullptr : std::make_shared<const Blocks>(std::move(blocks));
}

template <typename Visit>
void AliasIndex::for_each_prefixed(const std::string& prefix, Visit visit) const {
    if (empty()) return;
    auto block = std::upper_bound(blocks_->begin(), blocks_->end(), prefix,
                                  [](const std::string& wanted, const auto& each) { return wanted < each->front(); });
    if (block != blocks_->begin()) --block;
    for (; block != blocks_->end(); ++block) {
        const Block& entries = **block;
        for (auto at = std::lower_bound(entries.begin(), entries.end(), prefix); at != entries.end(); ++at) {
            if (at->compare(0, prefix.size(), prefix) != 0) return;
            visit(*at);
        }
    }
}

void AliasIndex::for_each_of(DnameView target, const std::function<void(DnameView)>& visit) const {
    for_each_prefixed(key_of(target).append(1, '\0'),
                      [&](const std::string& entry) { visit(DnameView(entry).substr(alias_at(entry))); });
}

void AliasIndex::for_each_at_or_below(DnameView name, const std::function<void(DnameView, DnameView)>& visit) const {
    for_each_prefixed(key_of(name), [&](const std::string& entry) {
        visit(target_of(entry), DnameView(entry).substr(alias_at(entry)));
    });
}

size_t AliasIndex::memory() const {
    if (empty()) return 0;
    size_t bytes = blocks_->capacity() * sizeof(blocks_->front());
    for (const auto& block : *blocks_) {
        bytes += sizeof(Block) + block->capacity() * sizeof(std::string);
        for (const auto& entry : *block)
            if (entry.capacity() > 15) bytes += entry.capacity() + 1;
    }
    return bytes;
}

}  // namespace splitline
