// SPDX-License-Identifier: GPL-3.0-or-later
// Why a client gets what it gets: `splitline explain` and `splitline line which`. Pure functions of the image; the
// answer is made by the resolver's own responder, so it is what a query would get.
#pragma once

#include <string>
#include <string_view>

#include "base/dname.h"
#include "compile/image.h"
#include "control/api.h"

namespace splitline {

/// What to explain: a query for (name, type) from a client, given by its address or by the prefix that ECS names.
struct ExplainQuery {
    Dname name;
    uint16_t type = 1;
    Prefix from;
};

/// Errors name the argument that does not parse. `type` may be empty for A, a bare address is its own prefix.
Result<ExplainQuery> parse_explain_query(std::string_view name, std::string_view type, std::string_view from);

/// What the image does not tell of the fast path.
struct ExplainedPath {
    bool attached = false;  // whether XDP answers at all
    bool left_out = false;  // whether its table leaves the name out, or may take it for one it leaves out
};

/// `udp_payload` is the largest response over UDP.
Explanation explain(const Image& image, const ExplainQuery& query, ExplainedPath path, uint16_t udp_payload);

/// Every line the address is on, and which one wins.
LineWhich which_lines(const Image& image, const Address& address);

}  // namespace splitline
