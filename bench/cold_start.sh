#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# How long the daemon takes from nothing to its first answer by XDP, and from another list of prefixes, or another zone file, to the
# answers it makes.
#
#   sudo bench/cold_start.sh [--names 1000000] [--rounds 5] [--daemon FILE]...
#
# The zone: N names, an A record each on four lines (default, internal, oversea, telecom), a line's records in one piece, as programs
# write them. The lines: the whole world's prefixes from tor-geoipdb (internal, oversea) and 30,000 prefixes of an ISP (telecom). Each
# round starts every daemon given (default: the one built here) on cores 0 and 1 in a network namespace of its own, and measures
#   start s           from exec to the first answer; the resolver's answers find no way back here, so it is the XDP program's
#   CPU s             the daemon's time till then, user and system
#   RSS B, kernel B   memory a name of the daemon, of the kernel's tables as far as used
#   reload s, CPU s   `splitline reload` with the ISP's prefixes moved: from the command to the first answer that tells; the zone
#                     is read again as well
#   swap s            of that CPU time, what the prefixes took: reading them, compiling the class table, publishing it
#   load s, CPU s     `splitline zone load` with one address changed: from the command to the first answer that tells
# and prints the medians, and of the last round how long each phase took. Needs some 3 GiB. All it makes is in namespaces of its own and
# ends with it.
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
readonly kCores=0,1
NAMES=1000000 ROUNDS=5 DAEMONS=()

read_options() {
    while (($# > 0)); do
        case $1 in
            --help) usage 0 ;;
            --names) NAMES=${2:?} ;;
            --rounds) ROUNDS=${2:?} ;;
            --daemon) DAEMONS+=("$(realpath "${2:?}")") ;;
            *) usage 2 ;;
        esac
        shift 2
    done
    ((${#DAEMONS[@]} > 0)) || DAEMONS=("$BUILD_DIR/userspace/splitlined")
}

install_and_build() {
    "$SOURCE_DIR/userspace/install_packages.sh" build bench
    build splitlined splitline bench_await_answer
}

# --- the world ----------------------------------------------------------------------------------------------------------------

# isp_prefixes SEED: 25,000 IPv4 prefixes of 16 to 24 bits and 5,000 IPv6 prefixes of 32 to 48, the same for the same seed.
isp_prefixes() {
    awk -v seed="$1" 'BEGIN {
        srand(seed)
        for (i = 0; i < 25000; ++i) {
            bits = 16 + int(rand() * 9)
            block = 2 ^ (24 - bits)
            third = int(int(rand() * 256) / block) * block
            printf "%d.%d.%d.0/%d\n", 16 + int(rand() * 160), rand() * 256, third, bits
        }
        for (i = 0; i < 5000; ++i) printf "24%02x:%x:%x::/48\n", rand() * 256, rand() * 65536, rand() * 65536
    }'
}

make_world() {
    mkdir -p "$WORK/zones" "$WORK/lists"
    { zone_head 1; awk -v names="$NAMES" 'BEGIN {
        split("default internal oversea telecom", lines)
        for (line = 1; line <= 4; ++line) {
            print "$LINE", lines[line]
            for (i = 0; i < names; ++i) printf "www-shop%07d A 10.%d.%d.%d\n", i, line, i % 65536 / 256, i % 256
        }
    }'; } > "$WORK/zone.first"
    sed "s/^www-shop0000000 A 10.4.0.0/www-shop0000000 A 10.4.9.9/" "$WORK/zone.first" > "$WORK/zone.second"
    isp_prefixes 1 > "$WORK/lists/first"
    { isp_prefixes 2; echo "$kInternalClient/32"; } > "$WORK/lists/second"
    cat > "$WORK/splitline.toml" <<- CONF
		[server]
		listen = ["$kServer4"]
		control_socket = "$WORK/control.sock"
		state_directory = "$WORK/state"
		log_level = "debug"
		[xdp]
		interfaces = ["$kServerDevice"]
		mode = "native"
		pin_directory = "$kPins"
		max_names = $((NAMES + NAMES / 4 + 1000))
		arena_mib = $((64 + NAMES * 2 / 5000))
		[zones]
		directory = "zones"
		[geo]
		country_csv = ["/usr/share/tor/geoip", "/usr/share/tor/geoip6"]
		[[line]]
		name = "internal"
		countries = ["CN"]
		prefixes = ["$kInternalClient/32"]
		[[line]]
		name = "oversea"
		countries = ["*", "!CN"]
		[[line]]
		name = "telecom"
		lists = ["lists/telecom"]
	CONF
}

# --- one round ----------------------------------------------------------------------------------------------------------------

daemon_seconds() {
    awk -v ticks="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); printf "%.2f\n", ($12 + $13) / ticks }' "/proc/$DAEMON_PID/stat"
}

cpu_since() { awk -v before="$1" -v now="$(daemon_seconds)" 'BEGIN { print now - before }'; }

# await SINCE ADDRESS: seconds from then to that answer for the first name.
await() {
    run_in client "$BUILD_DIR/bench/bench_await_answer" "$kServer4" "$kInternalClient" "www-shop0000000.$kOrigin." "$2" "$1"
}

resident_bytes() {
    awk '/^[0-9a-f]+-[0-9a-f]+ / { ours = !/bpf-map/ } ours && /^Pss:/ { sum += $2 } END { print sum * 1024 }' "/proc/$DAEMON_PID/smaps"
}

command_line() { run_in server "$BUILD_DIR/userspace/splitline" --socket "$WORK/control.sock" "$@"; }

# other_map_bytes: of all maps but the arena, the largest, of which only what is used counts.
other_map_bytes() {
    cat "/proc/$DAEMON_PID/fdinfo/"* 2> /dev/null | awk '/^memlock:/ { bytes = $2 } /^map_id:/ { map[$2] = bytes }
        END { for (id in map) { sum += map[id]; if (map[id] > most) most = map[id] } printf "%.0f\n", sum - most }'
}

end_daemon() {
    kill "$DAEMON_PID"
    wait "$DAEMON_PID" || true
    rm -rf "$kPins" "$WORK/state"
}

# measure DAEMON: one line of figures, in the order above.
measure() {
    local since start cpu resident kernel reload reload_cpu swap load load_cpu before
    cp "$WORK/lists/first" "$WORK/lists/telecom"
    ln -f "$WORK/zone.first" "$WORK/zones/$kOrigin.zone"
    : > "$WORK/log"
    since=$EPOCHREALTIME
    spawn_in server taskset -c "$kCores" "$1" --config "$WORK/splitline.toml" >> "$WORK/log" 2>&1
    DAEMON_PID=$!
    start=$(await "$since" 10.2.0.0)
    cpu=$(daemon_seconds)
    resident=$(resident_bytes)
    kernel=$(($(command_line --json status | jq '.xdp.arena_bytes') + $(other_map_bytes)))
    echo "--- reload" >> "$WORK/log"
    cp "$WORK/lists/second" "$WORK/lists/telecom"
    before=$(daemon_seconds)
    since=$EPOCHREALTIME
    command_line reload > /dev/null &
    reload=$(await "$since" 10.4.0.0)
    wait $!
    reload_cpu=$(cpu_since "$before")
    swap=$(sed -n '/^--- reload/,$s/.*phase \(prefixes\|classes\|publish\): .* s, \(.*\) s of.*/\2/p' "$WORK/log" | awk '{ sum += $1 } END { print sum }')
    echo "--- load" >> "$WORK/log"
    ln -f "$WORK/zone.second" "$WORK/zones/$kOrigin.zone"
    before=$(daemon_seconds)
    since=$EPOCHREALTIME
    command_line zone load "$WORK/zones/$kOrigin.zone" > /dev/null &
    load=$(await "$since" 10.4.9.9)
    wait $!
    load_cpu=$(cpu_since "$before")
    awk -v names="$NAMES" -v start="$start" -v cpu="$cpu" -v resident="$resident" -v kernel="$kernel" -v reload="$reload" \
        -v reload_cpu="$reload_cpu" -v swap="$swap" -v load="$load" -v load_cpu="$load_cpu" \
        'BEGIN { printf "%.2f %.2f %.0f %.0f %.2f %.2f %.2f %.2f %.2f\n",
                     start, cpu, resident / names, kernel / names, reload, reload_cpu, swap, load, load_cpu }'
    end_daemon
}

# median COLUMN FILE
median() { awk -v column="$1" '{ print $column }' "$2" | sort -g | awk '{ all[NR] = $1 } END { print (all[int((NR + 1) / 2)] + all[int(NR / 2) + 1]) / 2 }'; }

run() {
    local round i column
    for ((round = 1; round <= ROUNDS; ++round)); do
        for ((i = 0; i < ${#DAEMONS[@]}; ++i)); do
            measure "${DAEMONS[i]}" | tee -a "$WORK/result-$i" | sed "s|^|round $round, ${DAEMONS[i]}: |" >&2
        done
    done
    printf '%14s' 'start s' 'CPU s' 'RSS B/name' 'kernel B/name' 'reload s' 'CPU s' 'swap s' 'load s' 'CPU s'
    printf '  daemon\n'
    for ((i = 0; i < ${#DAEMONS[@]}; ++i)); do
        for column in {1..9}; do printf '%14s' "$(median "$column" "$WORK/result-$i")"; done
        printf '  %s\n' "${DAEMONS[i]}"
    done
    note "phases of the last round:"
    grep -E 'phase|---' "$WORK/log" >&2 || true
}

main() {
    read_options "$@"
    ((EUID == 0)) || { note "needs root, for namespaces and XDP"; exit 1; }
    if [[ ! ${SPLITLINE_COLD_START_SANDBOX:-} ]]; then
        [[ ${NO_BUILD:-} ]] || install_and_build
        SPLITLINE_COLD_START_SANDBOX=1 exec unshare --mount --net --pid --fork --kill-child --mount-proc --propagation private bash "$0" "$@"
    fi
    # shellcheck source=userspace/veth_pair.sh
    source "$SOURCE_DIR/userspace/veth_pair.sh"
    # shellcheck source=bench/peers/data.sh
    source "$SOURCE_DIR/bench/peers/data.sh"
    mount -t tmpfs -o mode=755 tmpfs /run
    mount -t bpf bpf /sys/fs/bpf
    WORK=/run/cold_start
    kPins=/sys/fs/bpf/splitline
    mkdir -p "$WORK" /run/netns
    make_veth_pair server client "$BUILD_DIR/bpf/pass.bpf.o"
    # The XDP program sends an answer back the way its query came; only the resolver's would be routed.
    ip -n server route add blackhole "$kInternalClient/32"
    make_world
    run
}

main "$@"
