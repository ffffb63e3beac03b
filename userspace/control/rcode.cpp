// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/rcode.h"

extern "C" {
#include <libknot/codes.h>
#include <libknot/lookup.h>
}

namespace splitline {

std::string rcode_name(unsigned rcode) {
    const auto* known = knot_lookup_by_id(knot_rcode_names, static_cast<int>(rcode));
    return known ? known->name : "RCODE" + std::to_string(rcode);
}

}  // namespace splitline
