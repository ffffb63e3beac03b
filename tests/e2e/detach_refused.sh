#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The kernel does not let go of the program (strace has its bpf() calls fail): that is reported and not taken for done, and the pins
# stay, with which the program can grow stale and the next attempt finds it.
source "$(dirname "$0")/lib.sh"
source "$E2E_DIR/daemon.sh"

command -v strace > /dev/null || skip "needs strace"
strace -f -e trace=none true 2> /dev/null || skip "this machine does not let strace trace"

is_traced() { ! grep -q '^TracerPid:[[:space:]]*0$' "/proc/$DAEMON_PID/status"; }
is_not_traced() { ! is_traced; }

# refuse_bpf, allow_bpf: the daemon's bpf() calls from now on.
refuse_bpf() {
    strace -f -qqq -o "$WORK/calls" -e trace=bpf -e inject=bpf:error=EPERM -p "$DAEMON_PID" &
    tracer=$!
    wait_until "strace to trace" is_traced
}
allow_bpf() {
    kill "$tracer"
    wait "$tracer" 2> /dev/null || true
    wait_until "strace to have gone" is_not_traced
}

expect_all_stays() {
    check "$1: the program stays" "$program" "$(attached_to "$kServerDevice")"
    check "$1: the pins stay" "$pins" "$(pinned_names)"
}

set_up_network
serve_split_example
for attach in link libxdp; do
    step "$attach"
    write_config "attach = \"$attach\""
    start_daemon
    program=$(attached_to "$kServerDevice")
    pins=$(pinned_names)
    refuse_bpf
    check_fails "$attach: xdp detach" "$kServerDevice.*CAP_" splitline xdp detach
    allow_bpf
    expect_all_stays "$attach, xdp detach"
    check_match "$attach: status says so" "$kServerDevice: native, attached by .*, program ${program#* }" "$(splitline xdp status)"
    check "$attach: an answer" 192.0.2.25 "$(ask +short "@$kServer4" mail.split.example A)"
    refuse_bpf
    kill -TERM "$DAEMON_PID"
    if wait "$DAEMON_PID"; then fail_check "$attach: the daemon ends as if nothing had happened"; fi
    wait "$tracer" 2> /dev/null || true
    expect_all_stays "$attach, the daemon's end"
    write_config 'enabled = false'
    start_daemon
    check "$attach: the next daemon takes it off" "" "$(attached_to "$kServerDevice")$(pinned_names)"
    stop_daemon
done
finish
