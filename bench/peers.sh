#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Splitline beside the servers that users would otherwise run: same data, same bed, same load, one table.
#
#   sudo bench/peers.sh [--names 1000,100000] [--rounds 3] [--seconds 3] [--rate 20000] [--only splitline,gdnsd,...] [--output FILE.json]
#   sudo bench/peers.sh --asked all|ecs,ipv6,nxdomain,... [--names ...] [--rounds ...] [--seconds ...] [--output FILE.json]
#
# Installs from Debian what is missing, builds, and measures every contestant of bench/peers/ once a round, in two network namespaces
# joined by a veth, the server on one core and the generator on the other. Prints a table a data size and writes every measurement to the
# output (default: build/bench/results/peers.json). A contestant that cannot be installed or does not answer is named and left out. Needs
# two cores for itself, some minutes a round, and for a million names 4 GiB. All it makes is in namespaces of its own and ends with it.
#
# The data: N names www-shopNNNNNNN.bench.example., an A record each on two lines, of a thousand addresses a line; line `internal` is 32768
# prefixes. What differs:
#   XDP_TX reflector, ideal geo program   no servers: the floor of the bed, and of a lookup by name and client with the kernel's own maps
#   Splitline, gdnsd, BIND                lines from the list of prefixes; gdnsd has a resource a pair of addresses, BIND a view a line
#   Splitline AF_XDP, sockets             the resolver alone, as it does with what XDP does not answer
#   Knot, PowerDNS                        lines from an mmdb of the same prefixes; Knot's default line is its zone, PowerDNS has no zone files
#   NSD                                   knows no lines: everyone is given `default`
# With --asked only Splitline XDP is measured, with queries of those kinds (bench/load_kind.cpp), each taking turns with plain ones, and for some of
# them a bare program whose replies are as long.
#
# Every answer is judged in the kernel: id, question, flags, address, line (load.bpf.c). peers/bed.sh says how cores are assigned.
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
readonly kAll=(reflect ideal splitline resolver resolver_xdp knot knot_xdp gdnsd nsd named pdns)

SIZES=1000,100000 ROUNDS=3 SECONDS_EACH=3 RATE=20000 ONLY='' OUTPUT='' ASKED=''

read_options() {
    while (($# > 0)); do
        case $1 in
            --help) usage 0 ;;
            --names) SIZES=${2:?} ;;
            --rounds) ROUNDS=${2:?} ;;
            --seconds) SECONDS_EACH=${2:?} ;;
            --rate) RATE=${2:?} ;;
            --only) ONLY=${2:?} ;;
            --asked) ASKED=${2:?} ;;
            --output) OUTPUT=${2:?} ;;
            *) usage 2 ;;
        esac
        shift 2
    done
    if [[ ! $ASKED ]]; then
        ONLY=${ONLY:-$(IFS=,; echo "${kAll[*]}")}
    elif [[ $ONLY ]]; then
        note "--only does not go with --asked, which measures Splitline XDP alone"
        exit 2
    else
        ONLY=floor,asked # the first round begins with the second
    fi
    OUTPUT=$(realpath -m "${OUTPUT:-$BUILD_DIR/results/${ASKED:+asked_}peers.json}")
}

# --- before the sandbox -------------------------------------------------------------------------------------------------------

install_and_build() {
    local name set
    "$SOURCE_DIR/userspace/install_packages.sh" build bench
    for name in ${ONLY//,/ }; do
        set=$(sed -n 's/^PACKAGES=//p' "$SOURCE_DIR/bench/peers/${name%_xdp}.sh")
        [[ -z $set ]] || "$SOURCE_DIR/userspace/install_packages.sh" "$set" || note "$name: its packages cannot be installed"
    done
    build splitlined splitline bench_load bench_baseline bench_await_answer
}

# read_kinds: makes a list of ASKED `all`, refuses unknown kinds; FLOOR_KINDS are those that the bare program tells apart.
read_kinds() {
    local kinds kind
    kinds=$("$BUILD_DIR/bench/bench_load" --kinds)
    FLOOR_KINDS=$(sed -n 's/ floor$//p' <<< "$kinds" | paste -sd,)
    kinds=$(cut -d' ' -f1 <<< "$kinds" | paste -sd,)
    [[ $ASKED != all ]] || ASKED=$kinds
    for kind in ${ASKED//,/ }; do
        [[ ,$kinds, == *,$kind,* ]] || { note "--asked: there is no kind $kind, only $kinds"; exit 2; }
    done
}

# --- one measurement ----------------------------------------------------------------------------------------------------------

# offer FILE: a new version of the data, as an editor would save it.
offer() {
    cp "$1" "$DIR/data.new"
    mv "$DIR/data.new" "$DIR/data"
}

# A floor cannot be asked by a socket: what comes as a socket buffer over veth has no room for its answers.
is_floor() { [[ ${FLOOR:-} ]]; }
# address_of ON-DEFAULT ON-INTERNAL: what the client that waits for changes is given.
address_of() { if [[ $EXPECT == flat ]]; then echo "$1"; else echo "$2"; fi; }

prepare() {
    [[ -d $DIR ]] && return
    mkdir -p "$DIR"
    peer_data 1 "$DATA/names" > "$DIR/data.first"
    is_floor || peer_data 2 "$DATA/names.changed" > "$DIR/data.changed"
    peer_prepare
}

# start: seconds to the first right answer, into LOAD_SECONDS.
start() {
    local since
    offer "$DIR/data.first"
    [[ -z $SOCKETS ]] || pass_on_server on
    since=$EPOCHREALTIME
    peer_start
    # What answers from XDP may answer from its sockets first: that is not the answer meant.
    until ip -n server link show "$kServerDevice" | grep -q prog/xdp; do server_runs; done
    if declare -F peer_started > /dev/null; then peer_started; fi
    LOAD_SECONDS=null
    is_floor || LOAD_SECONDS=$(await "$since" "$(address_of "${kFirst[@]}")")
}

# change: seconds from the command to the first changed answer, into CHANGE_SECONDS.
change() {
    local since reload
    CHANGE_SECONDS=null
    ! is_floor || return 0
    offer "$DIR/data.changed"
    since=$EPOCHREALTIME
    peer_reload > "$DIR/reload.log" 2>&1 &
    reload=$!
    CHANGE_SECONDS=$(await "$since" "$(address_of "${kChanged[@]}")")
    wait "$reload"
}

stop() {
    trap '' TERM
    end_server
    pass_on_server off
    rm -rf /sys/fs/bpf/splitline
}

# measure CONTESTANT ROUND: lines of JSON.
measure() {
    # shellcheck source=/dev/null
    source "$SOURCE_DIR/bench/peers/$1.sh"
    DIR=$WORK/$1-$NAMES
    prepare
    trap stop EXIT
    trap 'exit 143' TERM # without one, a second signal at once would end it before it could stop the server
    start
    receive_on generator
    if [[ $ASKED ]]; then measure_kinds "$@"; else measure_all "$@"; fi
}

# behind KIND: how many bytes Splitline's answer has behind the question.
behind() {
    jq -n --arg kind "$1" --argjson names "$NAMES" \
        '[inputs | select(.contestant == "asked" and .names == $names)] | map({plain, (.kind): .own} | .[$kind] // empty | .behind)[0]' "$WORK/results"
}

# measure_kinds CONTESTANT ROUND: one line for each kind, taking turns with plain queries.
measure_kinds() {
    local kind both options
    for kind in ${ASKED//,/ }; do
        options=(--window "$WINDOW" --ask "plain,$kind" --turns 10 --warm-up 0.2 --server6 "$kServer6")
        if is_floor; then
            [[ ,$FLOOR_KINDS, == *,$kind,* ]] || continue
            options+=(--behind "$(behind plain),$(behind "$kind")")
        fi
        both=$(load "${options[@]}")
        jq -nc --arg contestant "$1" --arg kind "$kind" --argjson names "$NAMES" --argjson round "$2" --argjson both "$both" \
            '{$contestant, $kind, $names, $round, own: $both[$kind], plain: $both.plain}'
    done
}

# measure_all CONTESTANT ROUND: one line.
measure_all() {
    local resident maps saturated paced single
    resident=$(resident_mib) maps=$(maps_mib)
    saturated=$(load --window "$WINDOW")
    receive_on server
    paced=$(load --window "$WINDOW" --rate "$RATE")
    single=$(load --window 1 --timed)
    change
    jq -nc --arg contestant "$1" --arg title "$TITLE" --argjson names "$NAMES" --argjson round "$2" \
        --argjson saturated "$saturated" --argjson paced "$paced" --argjson single "$single" --argjson resident_mib "$resident" \
        --argjson maps_mib "$maps" --argjson load_seconds "$LOAD_SECONDS" --argjson change_seconds "$CHANGE_SECONDS" '$ARGS.named'
}

# --- all of them --------------------------------------------------------------------------------------------------------------

run() {
    local contestants=() round i name
    IFS=, read -r -a contestants <<< "$ONLY"
    for NAMES in ${SIZES//,/ }; do
        make_data
        for ((round = 1; round <= ROUNDS; ++round)); do
            for ((i = 0; i < ${#contestants[@]}; ++i)); do
                name=${contestants[(i + round) % ${#contestants[@]}]}
                note "$NAMES names, round $round: $name"
                (measure "$name" "$round" >> "$WORK/results") &
                MEASURING=$!
                wait "$MEASURING" || note "$name is left out this time; the end of its log:" "$(tail -5 "$WORK/$name-$NAMES/log")"
            done
        done
    done
}

main() {
    read_options "$@"
    ((EUID == 0)) || { note "needs root, for namespaces and XDP"; exit 1; }
    (($(nproc) >= 2)) || { note "needs two cores: one for the server, one for the generator"; exit 1; }
    if [[ ! ${SPLITLINE_PEERS_SANDBOX:-} ]]; then
        install_and_build
        SPLITLINE_PEERS_SANDBOX=1 exec unshare --mount --net --propagation private bash "$0" "$@"
    fi
    [[ ! $ASKED ]] || read_kinds
    SERVER_DEVICE=s$$ CLIENT_DEVICE=c$$
    # shellcheck source=userspace/veth_pair.sh
    source "$SOURCE_DIR/userspace/veth_pair.sh"
    # shellcheck source=bench/peers/bed.sh
    source "$SOURCE_DIR/bench/peers/bed.sh"
    # shellcheck source=bench/peers/data.sh
    source "$SOURCE_DIR/bench/peers/data.sh"
    mount -t tmpfs -o mode=755 tmpfs /run
    mount -t bpf bpf /sys/fs/bpf
    WORK=/run/peers
    mkdir -p "$WORK" /run/netns "$(dirname "$OUTPUT")"
    trap 'kill "$MEASURING"; wait "$MEASURING"; exit 130' INT TERM
    make_bed
    run
    jq -s --arg revision "$(git -C "$SOURCE_DIR" describe --always --dirty 2> /dev/null || echo unknown)" \
        --arg kernel "$(uname -r)" --arg date "$(date -I)" --argjson rate "$RATE" \
        '{context: {$revision, $kernel, $date, $rate}, measurements: .}' "$WORK/results" > "$OUTPUT"
    /usr/bin/python3 "$SOURCE_DIR/bench/peers/${ASKED:+asked_}table.py" "$OUTPUT"
    note "JSON: $OUTPUT"
}

main "$@"
