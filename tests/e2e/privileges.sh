#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The privileges of the shipped unit are enough: an unprivileged user with the unit's capabilities and no others, pins in a bpffs
# mounted as the mount unit says. It attaches, answers by XDP, takes over after a death, and takes everything off again. (The rest
# of the unit, its sandbox, needs systemd.)
source "$(dirname "$0")/lib.sh"
source "$E2E_DIR/daemon.sh"

readonly kUnits=$SOURCE_DIR/userspace/share/systemd
readonly kUser=54321 # no account needs to exist

command -v setpriv > /dev/null || skip "needs setpriv (util-linux)"

# setting UNIT KEY: the values of a unit's setting.
setting() { sed -n "s/^$2=//p" "$kUnits/$1"; }

# changes "CAP_X CAP_Y...": as setpriv takes them, "-all,+x,+y".
changes() {
    local capability list=-all
    for capability in $1; do list+=",+$(sed 's/^CAP_//; s/.*/\L&/' <<< "$capability")"; done
    echo "$list"
}

ambient=$(changes "$(setting splitlined.service.in AmbientCapabilities)")
bounding=$(changes "$(setting splitlined.service.in CapabilityBoundingSet)")
check_match "the unit has capabilities" '\+bpf' "$ambient"
check "the unit forbids new privileges" yes "$(setting splitlined.service.in NoNewPrivileges)"
# AF_XDP sockets are billed for 4 MiB each, which the least limit of any kernel covers; the unit's may be out of our reach here.
ulimit -l "$(setting splitlined.service.in LimitMEMLOCK | sed 's/infinity/unlimited/')" 2> /dev/null || true
readonly kAsUnit=(setpriv --reuid "$kUser" --regid "$kUser" --clear-groups --no-new-privs
    --inh-caps "$ambient" --ambient-caps "$ambient" --bounding-set "$bounding" --)
"${kAsUnit[@]}" true 2> /dev/null || skip "setpriv cannot set capabilities here: $("${kAsUnit[@]}" true 2>&1)"

# start_as_unit: as start_daemon, by the unit's user.
start_as_unit() {
    spawn_in server "${kAsUnit[@]}" "$DAEMON" --config "$CONFIG" >> "$WORK/splitlined.log" 2>&1
    DAEMON_PID=$!
    wait_for_daemon
}

expect_served() {
    local before
    check_match "$1: status" "$kServerDevice: native, attached by link" "$(splitline xdp status)"
    wait_until "$1: AF_XDP" says_handoff "1 queue"
    before=$(fast_answers)
    check "$1: an answer" 192.0.2.25 "$(ask +short "@$kServer4" mail.split.example A)"
    check "$1: by XDP" 1 $(($(fast_answers) - before))
    check "$1: over TCP" 192.0.2.25 "$(ask +tcp +short "@$kServer4" mail.split.example A)"
    check "$1: what is pinned" "$(expected_pins "link_$kServerDevice")" "$(pinned_names)"
    check "$1: pinned by the user" "$kUser" "$(stat -c %u "$PINS/control")"
}

# expect_refusal WHAT REGEX: a daemon of the unit's does not start, and says why.
expect_refusal() {
    spawn_in server "${kAsUnit[@]}" "$DAEMON" --config "$CONFIG" >> "$WORK/splitlined.log" 2>&1
    DAEMON_PID=$!
    if wait "$DAEMON_PID"; then fail_check "$1: it started"; fi
    check_match "$1: it says why" "$2" "$(tail -1 "$WORK/splitlined.log")"
}

# configure XDP-LINE...: with the control socket where the user may make it.
configure() {
    write_config "$@"
    sed -i "s|^control_socket = .*|control_socket = \"$WORK/control/socket\"|" "$CONFIG"
    chown -R "$kUser:$kUser" "$WORK/state" "$WORK/control"
}

# The mount unit's file system, given to the user as the service's ExecStartPre does.
check_match "the service gives the mount to its user" '^\+/bin/chown splitline:splitline ' \
    "$(setting splitlined.service.in ExecStartPre)"
mkdir -p "$PINS"
mount -t "$(setting run-splitline-bpf.mount Type)" -o "$(setting run-splitline-bpf.mount Options)" \
    "$(setting run-splitline-bpf.mount What)" "$PINS"
chown "$kUser:$kUser" "$PINS"

set_up_network
serve_split_example
chmod 755 "$WORK"
mkdir "$WORK/control"
configure 'mode = "native"' 'stale_after_seconds = 2' 'af_xdp = "copy"'
splitline() { in_server "$COMMAND" --socket "$WORK/control/socket" "$@"; }

start_as_unit
check "the user" "$kUser" "$(stat -c %u "/proc/$DAEMON_PID")"
for set in CapPrm CapEff CapBnd CapAmb; do
    check "$set is what the unit gives" "$(setting splitlined.service.in AmbientCapabilities | tr ' ' '\n' | sort)" \
        "$(capsh --decode="$(sed -n "s/^$set:\s*//p" "/proc/$DAEMON_PID/status")" | sed 's/.*=//; s/,/\n/g' | tr '[:lower:]' '[:upper:]' | sort)"
done
expect_served "first start"
sleep 3
expect_served "the heartbeat keeps it fresh"

step "killed and started"
kill_daemon
start_as_unit
expect_served "second start"
check_succeeds "reload" splitline reload
check_succeeds "xdp detach" splitline xdp detach
check "nothing attached" "" "$(attached_to "$kServerDevice")"
check_succeeds "xdp attach" splitline xdp attach
expect_served "attached again"

step "killed, then started without fast path"
kill_daemon
configure 'enabled = false'
start_as_unit
check "nothing attached or pinned" "" "$(attached_to "$kServerDevice")$(pinned_names)"
stop_daemon

step "libxdp needs more than the unit gives: no program that nobody could take off again"
configure 'attach = "libxdp"'
expect_refusal "by libxdp" "error: .*CAP_SYS_ADMIN.*xdp.attach = \"link\""
check "nothing attached or pinned" "" "$(attached_to "$kServerDevice")$(pinned_names)"

step "a program that root's daemon left by libxdp: it stays, and so does what lets it grow stale"
configure 'attach = "libxdp"' 'stale_after_seconds = 2'
start_daemon
kill_daemon
chown -R "$kUser:$kUser" "$PINS" "$WORK/state" "$WORK/control"
program=$(attached_to "$kServerDevice")
[[ $program ]] || fail_check "no program was left"
configure 'attach = "link"'
expect_refusal "by link" "error: .*$kServerDevice: .*another XDP program"
check "by link: it stays" "$program" "$(attached_to "$kServerDevice")"
check "by link: with its maps" "$(expected_pins)" "$(pinned_names)"
configure 'enabled = false'
start_as_unit
check "off: it stays" "$program" "$(attached_to "$kServerDevice")"
check "off: with its maps" "$(expected_pins)" "$(pinned_names)"
check_match "off: the log says so" "error: .*$kServerDevice .*CAP_SYS_ADMIN" "$(cat "$WORK/splitlined.log")"
sed -i 's/192\.0\.2\.25/192.0.2.99/' "$WORK/zones/split.example.zone"
splitline reload > /dev/null
is_stale() { [[ $(ask +short "@$kServer4" mail.split.example A) == 192.0.2.99 ]]; }
wait_until "the program to be stale" is_stale
stop_daemon
start_daemon
check "root's daemon takes it off" "" "$(attached_to "$kServerDevice")$(pinned_names)"
stop_daemon
finish
