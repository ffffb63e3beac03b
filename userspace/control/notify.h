// SPDX-License-Identifier: GPL-3.0-or-later
// sd_notify(3) by hand: one datagram to $NOTIFY_SOCKET, nothing where there is none.
#pragma once

namespace splitline {

void notify_ready();
/// A reload has begun; notify_ready() ends it.
void notify_reloading();
void notify_stopping();

}  // namespace splitline
