#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A daemon that is killed in the middle of taking over (strace kills it at a chosen system call) leaves a program attached that can
# still grow stale, the predecessor's or its own; and the next start leaves no trace of it.
source "$(dirname "$0")/lib.sh"
source "$E2E_DIR/daemon.sh"

command -v strace > /dev/null || skip "needs strace"
strace -f -e trace=none true 2> /dev/null || skip "this machine does not let strace trace"

# answered: XDP is the only one who can, while no daemon lives.
answered() { [[ $(in_client dig +tries=2 +timeout=1 +short "@$kServer4" mail.split.example A) == 192.0.2.25 ]]; }
silent() { ! answered; }

# traced NAME OPTION...: a start under strace, which writes $WORK/NAME.
traced() {
    spawn_in server strace -f -qqq -o "$WORK/$1" "${@:2}" "$DAEMON" --config "$CONFIG" >> "$WORK/splitlined.log" 2>&1
    DAEMON_PID=$!
}

# crash_at CALL N: a start that is killed when it enters its Nth system call of that name.
crash_at() {
    traced crash -e trace="/^$1" -e inject="/^$1:signal=KILL:when=$2"
    wait_until "the daemon to be killed" has_ended "$DAEMON_PID"
    wait "$DAEMON_PID" 2> /dev/null || true
}

has_ended() { ! kill -0 "$1"; }

# after_crash PROGRAM-IS: the program that is attached answers, and then grows stale.
after_crash() {
    local now
    now=$(attached_to "$kServerDevice")
    check "the program is $1" "$1" "$([[ $now == "$program" ]] && echo old || echo new)"
    [[ $now ]] || fail_check "no program is attached"
    check_succeeds "it answers" answered
    wait_until "the program to be stale" silent
}

# restart: everything is as after any start.
restart() {
    start_daemon
    check_succeeds "the next daemon's program answers" answered
    check "and nothing else is pinned" "$(expected_pins "link_$kServerDevice")" "$(pinned_names)"
    program=$(attached_to "$kServerDevice")
}

set_up_network
serve_split_example
write_config "stale_after_seconds = 3"
restart

step "which of its calls swaps the program"
kill_daemon
launched=$SECONDS
traced calls -e trace=bpf
wait_for_daemon
# The predecessor's program must not be stale before its successor's start has come to its crash and the program has been asked,
# however slow this machine is.
write_config "stale_after_seconds = $((5 + 4 * (SECONDS - launched)))"
kill -KILL "$(pgrep -x splitlined)"
wait "$DAEMON_PID" 2> /dev/null || true
swap=$(grep -n BPF_LINK_UPDATE "$WORK/calls" | cut -d: -f1)
check_match "one of them does" '^[0-9]+$' "$swap"
check "all are of one thread, so that they can be counted" 1 "$(head -n "$swap" "$WORK/calls" | awk '{ print $1 }' | sort -u | wc -l)"

for call in before:0:old after:1:new; do
    IFS=: read -r when offset whose <<< "$call"
    step "killed just $when it"
    launch_daemon
    wait_for_daemon
    program=$(attached_to "$kServerDevice")
    kill_daemon
    crash_at bpf $((swap + offset))
    after_crash "$whose"
done
restart

step "killed with some maps renamed"
for call in 1 5 8; do
    kill_daemon
    crash_at rename "$call"
    after_crash new
    restart
done

step "killed twice in a row"
kill_daemon
crash_at rename 3
crash_at rename 3
after_crash new
restart

step "killed at the very first start"
stop_daemon
crash_at rename 1
program=
after_crash new
restart

step "killed, then started without fast path"
kill_daemon
crash_at rename 3
write_config "enabled = false"
start_daemon
check "nothing is attached or pinned" "" "$(attached_to "$kServerDevice")$(pinned_names)"
check "the resolver answers" 192.0.2.25 "$(ask +short "@$kServer4" mail.split.example A)"
stop_daemon
finish
