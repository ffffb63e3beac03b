#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Our daemon in the server's namespace: configuration, start, death, counters. To be sourced after lib.sh.
# shellcheck disable=SC2154,SC2034,SC2119,SC2120  # addresses come with lib.sh; some names are for the tests; arguments are optional

readonly DAEMON=$BUILD_DIR/userspace/splitlined
readonly COMMAND=$BUILD_DIR/userspace/splitline
readonly CONFIG=$WORK/splitline.toml
readonly CONTROL_SOCKET=$WORK/control.sock
DAEMON_PID=

# Sources of the lines, most specific category first; a client's chain is what client_chain says.
readonly kLineConfig='
[[line]]
name = "office"
prefixes = ["198.51.100.0/28", "2001:db8:1:1::/64"]
[[line]]
name = "telecom"
prefixes = ["198.51.100.0/25", "2001:db8:1:1::/64", "2001:db8:1:2::/64"]
[[line]]
name = "internal"
prefixes = ["198.51.100.0/24", "2001:db8:1::/48"]
[[line]]
name = "oversea"
prefixes = ["203.0.113.0/24", "2001:db8:2::/48"]
'
# Clients of each line and the chain of lines they belong to, in the order of the `alibaba` preset.
readonly kChains=(
    "198.51.100.1|2001:db8:1:1::1|office telecom internal default"
    "198.51.100.100|2001:db8:1:2::1|telecom internal default"
    "198.51.100.200|2001:db8:1:3::1|internal default"
    "203.0.113.7|2001:db8:2::7|oversea default"
    "$kClient4|$kClient6|default"
)

# write_config [XDP-LINE...]: the zones of $WORK/zones, the lines above; each argument is a line of the [xdp] table.
write_config() {
    mkdir -p "$WORK/zones" "$WORK/state"
    {
        echo "[server]"
        echo "listen = [\"$kServer4\", \"$kServer6\"${MORE_LISTEN:-}]"
        echo "control_socket = \"$CONTROL_SOCKET\""
        echo "state_directory = \"$WORK/state\""
        echo "version = \"splitline test\""
        echo "[xdp]"
        echo "interfaces = [${INTERFACES:-\"$kServerDevice\"}]"
        echo "pin_directory = \"$PINS\""
        printf '%s\n' "$@"
        echo "[zones]"
        echo "directory = \"$WORK/zones\""
        echo "$kLineConfig"
    } > "$CONFIG"
}

# splitline ARGUMENT...: the command line, talking to the test's daemon.
splitline() { in_server "$COMMAND" --socket "$CONTROL_SOCKET" "$@"; }

# says_handoff QUEUES: status says that AF_XDP sockets are on so many; after a daemon before, once the kernel has cleared up.
says_handoff() { splitline xdp status | grep -Eq "the rest by AF_XDP by copy on $1"; }

launch_daemon() {
    spawn_in server "$DAEMON" --config "$CONFIG" >> "$WORK/splitlined.log" 2>&1
    DAEMON_PID=$!
}

# expect_refusal WHAT REGEX: the daemon does not start, and says why.
expect_refusal() {
    launch_daemon
    if wait "$DAEMON_PID"; then fail_check "$1: it started"; fi
    check_match "$1: it says why" "$2" "$(tail -1 "$WORK/splitlined.log")"
}

# start_daemon: returns when it answers its control socket, which it does once everything is served.
start_daemon() {
    launch_daemon
    wait_for_daemon
}

wait_for_daemon() {
    until splitline status > /dev/null 2>&1; do
        kill -0 "$DAEMON_PID" 2> /dev/null || { echo "FATAL: the daemon has ended"; exit 1; }
        sleep 0.05
    done
}

# stop_daemon: as systemd does it; the exit code counts as a check.
stop_daemon() {
    local status=0
    kill -TERM "$DAEMON_PID"
    wait "$DAEMON_PID" || status=$?
    check "the daemon ends with success on SIGTERM" 0 "$status"
}

kill_daemon() {
    kill -KILL "$DAEMON_PID"
    wait "$DAEMON_PID" 2> /dev/null || true
}

# attached_to DEVICE: "native PROGRAM" or "generic PROGRAM" as the kernel tells `ip`, "" when nothing is attached.
attached_to() {
    in_server ip -j link show dev "$1" |
        jq -r '.[0].xdp // empty | "\(if .mode == 1 then "native" elif .mode == 2 then "generic" else .mode end) \(.prog.id)"'
}

# pinned_names: what is in the pin folder but the kernel's own files (NAME.debug); expected_pins LINK...: the maps (maps/maps.h) and these.
pinned_names() { find "$PINS" -mindepth 1 ! -name '*.debug' -printf '%P\n' | LC_ALL=C sort; }
expected_pins() {
    {
        sed -nE 's/^#define SL_MAP_[A-Z_]+ "(.*)"$/\1/p' "$SOURCE_DIR/maps/maps.h"
        (($# == 0)) || printf '%s\n' "$@"
    } | LC_ALL=C sort
}

# reason_count LABEL...: the fast path's own counters, summed over CPUs, read from the pinned map by bpftool; 0 when it is detached.
reason_count() {
    local key keys=()
    [[ -e $PINS/reasons ]] || { echo 0; return; }
    for key in "$@"; do keys+=("$(reason_number "$key")"); done
    bpftool -j map dump pinned "$PINS/reasons" |
        jq --argjson keys "[$(IFS=,; echo "${keys[*]}")]" \
            '[.[].formatted | select(.key as $key | $keys | index($key)) | .values[].value] | add // 0'
}

# The number of a reason is its place in the list of maps/counters.h.
reason_number() {
    awk -F'"' -v label="$1" '/^    X\(/ { if ($2 == label) { print n + 0; exit } n++ }' "$SOURCE_DIR/maps/counters.h"
}

fast_answers() { reason_count answer nodata nxdomain refused; }

# serve_split_example: the zone that has everything.
serve_split_example() {
    mkdir -p "$WORK/zones"
    cp "$DATA_DIR/split.example.zone" "$WORK/zones/"
    awk -f "$E2E_DIR/list_queries.awk" "$DATA_DIR/split.example.zone" > "$WORK/queries"
}

readonly kSource4=198.51.100.100 kSource6=2001:db8:1:2::1

# record NAME: what serve_split_example's queries are answered with, the four kinds of query over both families, as hexadecimal
# messages.
record() {
    local edns
    for edns in "" "--edns 1232" "--edns 512 --dnssec" "--edns 4096"; do
        # shellcheck disable=SC2086  # options are words
        dns_answers --hex $edns --source "$kSource4" "$kServer4" < "$WORK/queries"
        # shellcheck disable=SC2086
        dns_answers --hex $edns --source "$kSource6" "$kServer6" < "$WORK/queries"
    done > "$WORK/$1"
}
