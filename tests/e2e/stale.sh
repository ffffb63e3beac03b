#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# `stale_after_seconds`: while the daemon stands still, XDP goes on answering only for so long, then passes every query; when the daemon
# lives again, so does the fast path. Without the setting (restart.sh) it would answer for ever.
source "$(dirname "$0")/lib.sh"
source "$E2E_DIR/daemon.sh"

# raises REASON: one query; succeeds if it was counted under that reason.
raises() {
    local before
    before=$(reason_count "$1")
    in_client dig +tries=1 +timeout=1 "@$kServer4" mail.split.example A > /dev/null 2>&1 || true
    (($(reason_count "$1") > before))
}

set_up_network
serve_split_example
write_config "stale_after_seconds = 2"
start_daemon
asked=$SECONDS
check_succeeds "at first XDP answers" raises answer
stop_daemon

# Long enough to ask once more in between, however slow this machine is.
seconds=$((4 + 4 * (SECONDS - asked)))
write_config "stale_after_seconds = $seconds"
start_daemon
kill -STOP "$DAEMON_PID"
check_succeeds "it still does when the daemon has just stopped" raises answer
wait_until "the image to be stale" raises no_image
check_succeeds "then every query passes" raises no_image
kill -CONT "$DAEMON_PID"
wait_until "the daemon to say that it lives" raises answer
check "and XDP answers again" 192.0.2.25 "$(ask +short "@$kServer4" mail.split.example A)"
sleep $((seconds + 1))
check_succeeds "for as long as it lives" raises answer
stop_daemon
finish
