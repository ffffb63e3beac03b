// SPDX-License-Identifier: GPL-3.0-or-later
#include "line/class_segments.h"

#include <algorithm>
#include <string>
#include <tuple>

namespace splitline {
namespace {

// `default` has its rank to itself and is on no prefix, so inside the sweeps its id stands for "no line of this rank".
constexpr LineId kNoLine = kDefaultLine;

template <typename Number>
constexpr unsigned kBits = sizeof(Number) * 8;

template <typename Number>
Number last_address(Number first, unsigned length) {
    return length == 0 ? ~Number{0} : first | ((Number{1} << (kBits<Number> - length)) - 1);
}

/// A prefix with all that decides which one wins.
template <typename Number>
struct RankedPrefix {
    Number start;
    unsigned rank;
    unsigned precedence;
    LineId line;
    uint8_t length;

    // Rank by rank, an outer prefix before the inner ones, of equal prefixes the winner first.
    bool operator<(const RankedPrefix& other) const {
        return std::tie(rank, start, length, precedence) <
               std::tie(other.rank, other.start, other.length, other.precedence);
    }
    [[nodiscard]] bool same_place(const RankedPrefix& other) const {
        return rank == other.rank && start == other.start && length == other.length;
    }
};

/// Sorts what begins with a long sorted stretch, as databases do that a few prefixes are added to.
template <typename T>
void sort_rest(std::vector<T>& cells) {
    const auto rest = std::is_sorted_until(cells.begin(), cells.end());
    std::sort(rest, cells.end());
    std::inplace_merge(cells.begin(), rest, cells.end());
}

/// Merges the stretches that end at `ends`, each sorted by itself.
template <typename T>
void merge_stretches(std::vector<T>& cells, std::vector<ptrdiff_t> ends) {
    while (ends.size() > 1) {
        std::vector<ptrdiff_t> merged;
        ptrdiff_t begin = 0;
        for (size_t i = 1; i < ends.size(); i += 2) {
            std::inplace_merge(cells.begin() + begin, cells.begin() + ends[i - 1], cells.begin() + ends[i]);
            merged.push_back(begin = ends[i]);
        }
        if (ends.size() % 2 != 0) merged.push_back(ends.back());
        ends = std::move(merged);
    }
}

/// Collects the prefixes of every rank that has a line in use, rank by rank.
template <typename LinePrefix, typename Number>
std::vector<std::vector<RankedPrefix<Number>>> rank_prefixes(const LineCatalog& catalog,
                                                             const std::vector<LinePrefix>& prefixes,
                                                             const std::vector<bool>& used) {
    std::vector<bool> rank_used(catalog.rank_count());
    for (size_t id = 0; id < used.size(); ++id)
        if (used[id]) rank_used[catalog.rank(static_cast<LineId>(id))] = true;
    std::vector<std::vector<RankedPrefix<Number>>> by_rank(catalog.rank_count());
    for (const auto& prefix : prefixes) {
        const unsigned rank = catalog.rank(prefix.line);
        if (!rank_used[rank] || prefix.line == kDefaultLine) continue;
        by_rank[rank].push_back({prefix.address, rank, catalog.precedence(prefix.line), prefix.line, prefix.length});
    }
    for (auto& ranked : by_rank) sort_rest(ranked);
    return by_rank;
}

/// Sweeps the prefixes of one rank after the other and writes down where the winning line changes.
template <typename Number>
class RankSweep {
  public:
    RankSweep(const std::vector<bool>& used, LineChanges<Number>& changes) : used_(used), changes_(changes) {}

    /// REQUIRES: prefixes come sorted, all of one rank between two calls of finish().
    void add(const RankedPrefix<Number>& prefix) {
        rank_ = prefix.rank;
        while (!open_.empty() && open_.back().last < prefix.start) close_innermost();
        open_.push_back({last_address(prefix.start, prefix.length), prefix.line});
        set(prefix.start, prefix.line);
    }

    void finish() {
        while (!open_.empty()) close_innermost();
        first_ = changes_.size();
    }

  private:
    struct Open {
        Number last;
        LineId line;
    };

    void close_innermost() {
        const Number last = open_.back().last;
        open_.pop_back();
        if (last != ~Number{0}) set(last + 1, open_.empty() ? kNoLine : open_.back().line);
    }

    void set(Number at, LineId line) {
        // A line out of use keeps its addresses from the others of its rank, but is no member of a chain.
        const LineId shown = used_[line] ? line : kNoLine;
        if (changes_.size() > first_ && changes_.back().at == at) changes_.pop_back();
        const LineId before = changes_.size() > first_ ? changes_.back().line : kNoLine;
        if (shown != before) changes_.push_back({at, rank_, shown});
    }

    const std::vector<bool>& used_;
    LineChanges<Number>& changes_;
    std::vector<Open> open_;
    size_t first_ = 0;  // where this rank's changes start
    unsigned rank_ = 0;
};

template <typename LinePrefix, typename Number>
LineChanges<Number> changes_of(const LineCatalog& catalog, const std::vector<LinePrefix>& prefixes,
                               const std::vector<bool>& used) {
    const auto by_rank = rank_prefixes<LinePrefix, Number>(catalog, prefixes, used);
    LineChanges<Number> changes;
    RankSweep<Number> sweep(used, changes);
    std::vector<ptrdiff_t> ends;
    for (const auto& ranked : by_rank) {
        if (ranked.empty()) continue;
        for (size_t i = 0; i < ranked.size(); ++i)
            if (i == 0 || !ranked[i].same_place(ranked[i - 1])) sweep.add(ranked[i]);
        sweep.finish();
        ends.push_back(static_cast<ptrdiff_t>(changes.size()));
    }
    merge_stretches(changes, std::move(ends));
    return changes;
}

/// Puts the line of one rank into the chain, which is sorted by rank, or takes it out.
void apply(const LineCatalog& catalog, std::vector<LineId>& chain, unsigned rank, LineId line) {
    const auto before = [&](LineId id, unsigned value) { return catalog.rank(id) < value; };
    const auto at = std::lower_bound(chain.begin(), chain.end(), rank, before);
    const bool present = at != chain.end() && catalog.rank(*at) == rank;
    if (line == kNoLine) {
        if (present) chain.erase(at);
    } else if (present) {
        *at = line;
    } else {
        chain.insert(at, line);
    }
}

template <typename Number>
Result<Segments<Number>> cut(const LineCatalog& catalog, const LineChanges<Number>& changes, ChainInterner& chains) {
    Segments<Number> segments{{0, 0}};
    std::vector<LineId> chain;
    for (size_t i = 0; i < changes.size();) {
        const Number at = changes[i].at;
        for (; i < changes.size() && changes[i].at == at; ++i) apply(catalog, chain, changes[i].rank, changes[i].line);
        const auto class_id = chains.intern(chain);
        if (!class_id)
            return Error{
                "the lines in use make too many different classes of clients; put fewer lines to use, or lines that "
                "overlap less"};
        if (at == 0) segments.clear();
        if (segments.empty() || segments.back().class_id != *class_id) segments.push_back({at, *class_id});
    }
    return segments;
}

}  // namespace

size_t ChainInterner::Hash::operator()(const std::vector<LineId>& chain) const {
    uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, a line at a time
    for (const auto id : chain) hash = (hash ^ id) * 0x100000001b3;
    return hash ^ (hash >> 32);
}

ChainInterner::ChainInterner(ClassId max_class) : max_class_(max_class) {
    classes_.emplace(std::vector<LineId>{}, 0);
    chains_.push_back({kDefaultLine});
}

std::optional<ClassId> ChainInterner::intern(const std::vector<LineId>& chain) {
    const auto found = classes_.find(chain);
    if (found != classes_.end()) return found->second;
    if (chains_.size() > max_class_) return std::nullopt;
    const auto class_id = static_cast<ClassId>(chains_.size());
    classes_.emplace(chain, class_id);
    chains_.push_back(chain);
    chains_.back().push_back(kDefaultLine);
    return class_id;
}

std::vector<ClassId> ChainInterner::number_as(const std::vector<std::vector<LineId>>& before) {
    if (before.size() != chains_.size()) return {};
    std::vector<ClassId> numbers(before.size());
    for (size_t id = 0; id < before.size(); ++id) {
        const auto found = classes_.find({before[id].begin(), before[id].end() - 1});
        if (found == classes_.end()) return {};
        numbers[found->second] = static_cast<ClassId>(id);
    }
    for (auto& [chain, id] : classes_) id = numbers[id];
    chains_ = before;
    return numbers;
}

LineChanges<uint32_t> find_changes(const LineCatalog& catalog, const std::vector<LinePrefix4>& prefixes,
                                   const std::vector<bool>& used) {
    return changes_of<LinePrefix4, uint32_t>(catalog, prefixes, used);
}

LineChanges<uint128> find_changes(const LineCatalog& catalog, const std::vector<LinePrefix6>& prefixes,
                                  const std::vector<bool>& used) {
    return changes_of<LinePrefix6, uint128>(catalog, prefixes, used);
}

Result<Segments<uint32_t>> cut_segments(const LineCatalog& catalog, const LineChanges<uint32_t>& changes,
                                        ChainInterner& chains) {
    return cut(catalog, changes, chains);
}

Result<Segments<uint128>> cut_segments(const LineCatalog& catalog, const LineChanges<uint128>& changes,
                                       ChainInterner& chains) {
    return cut(catalog, changes, chains);
}

void overwrite(Segments<uint128>& segments, uint128 first, uint128 last, ClassId class_id) {
    Segments<uint128> result;
    result.reserve(segments.size() + 2);
    const auto starts_after = [](uint128 address, const auto& segment) { return address < segment.start; };
    const auto head = std::lower_bound(segments.begin(), segments.end(), first,
                                       [](const auto& segment, uint128 address) { return segment.start < address; });
    const auto tail = std::upper_bound(segments.begin(), segments.end(), last, starts_after);
    result.insert(result.end(), segments.begin(), head);
    result.push_back({first, class_id});
    // What covered the address behind the block goes on there.
    const bool tail_starts_there = tail != segments.end() && last + 1 == tail->start;
    if (last != ~uint128{0} && !tail_starts_there) result.push_back({last + 1, std::prev(tail)->class_id});
    result.insert(result.end(), tail, segments.end());
    segments = std::move(result);
}

}  // namespace splitline
