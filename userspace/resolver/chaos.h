// SPDX-License-Identifier: GPL-3.0-or-later
// Class CH: the names under which a server tells its version and its identity (RFC 4892).
#pragma once

#include <cstdint>

#include "base/dname.h"
#include "compile/answer.h"
#include "resolver/respond.h"

namespace splitline {

/// Fills `answer` with the TXT record of version.bind, version.server, id.server or hostname.bind, where the policy
/// names one and TXT or ANY is asked for; false for everything else. `name` is folded. REQUIRES: a cleared answer.
bool answer_chaos(const ResponsePolicy& policy, DnameView name, uint16_t type, Answer& answer);

}  // namespace splitline
