// SPDX-License-Identifier: GPL-3.0-or-later
// Which names of a zone are aliases of which names inside it: for finding what else a change of a name affects.
//
// An ordered set of (target, alias), ordered so that the targets at and below a name stand together. Copies share what
// they have in common; a change costs one block of the set and a pointer for each other block. CNAMEs that lead out of
// the zone are no business of it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/dname.h"

namespace splitline {

class AliasIndex {
  public:
    /// Folded names. An alias may have several targets (by line) and is in the set once for each.
    void insert(DnameView target, DnameView alias);
    void erase(DnameView target, DnameView alias);
    /// Takes many in any order. REQUIRES: the set is empty.
    void fill(const std::vector<std::pair<Dname, Dname>>& targets_and_aliases);

    /// Calls visit(alias) for the aliases of exactly `target`.
    void for_each_of(DnameView target, const std::function<void(DnameView alias)>& visit) const;
    /// Calls visit(target, alias) for those of every target at or below `name`.
    void for_each_at_or_below(DnameView name,
                              const std::function<void(DnameView target, DnameView alias)>& visit) const;

    [[nodiscard]] bool empty() const { return blocks_ == nullptr || blocks_->empty(); }
    /// Resident bytes.
    [[nodiscard]] size_t memory() const;

  private:
    // An entry is the target's labels from the root down, each with its length in front, a zero, and the alias.
    using Block = std::vector<std::string>;
    using Blocks = std::vector<std::shared_ptr<const Block>>;

    template <typename Change>
    void change_block(const std::string& entry, Change change);
    template <typename Visit>
    void for_each_prefixed(const std::string& prefix, Visit visit) const;

    std::shared_ptr<const Blocks> blocks_;  // none of them empty
};

}  // namespace splitline
