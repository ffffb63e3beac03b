#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Splitline on one machine, in a minute: one name, a different CNAME for a client in mainland China and for one overseas,
# answered by XDP.
#
#   sudo ./userspace/demo.sh                shows it and takes everything down again
#   sudo ./userspace/demo.sh --keep         leaves it running and says how to query, load-test and stop it
#   sudo ./userspace/demo.sh --stop NAME    takes down what --keep left
#
# On a fresh Debian 12 it installs what is missing, builds, makes two network namespaces joined by a veth pair with native XDP, and
# runs splitlined with the shipped example zone and the country prefixes of the whole world (package tor-geoipdb). Everything it
# makes is named after its process, so that two can run at once. SPLITLINE_BUILD_DIR=DIR takes the programs of that build.
set -euo pipefail

SOURCE_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=userspace/veth_pair.sh
source "$SOURCE_DIR/userspace/veth_pair.sh"

NAME=splitline-demo-$$
KEEP=
BUILD_DIR=${SPLITLINE_BUILD_DIR:-}
readonly kName=img.example.com
# Documentation prefixes that the example configuration puts on lines `internal` and `oversea`.
readonly kMainlandSource=198.51.100.1 kOverseaSource=203.0.113.1
readonly kSteps=6
STEP=0

if [[ -t 1 ]]; then
    BOLD=$'\e[1m' DIM=$'\e[2m' GREEN=$'\e[32m' RED=$'\e[31m' PLAIN=$'\e[0m'
else
    BOLD='' DIM='' GREEN='' RED='' PLAIN=''
fi

step() { printf '%s[%d/%d]%s %s\n' "$BOLD" "$((++STEP))" "$kSteps" "$PLAIN" "$*"; }
note() { printf '      %s\n' "$*"; }
die() {
    printf '%serror:%s %s\n' "$RED" "$PLAIN" "$*" >&2
    exit 1
}

# The folder, the namespaces and the daemon of NAME.
use_name() {
    NAME=$1
    RUN=/run/$NAME
    SERVER=$NAME-server
    CLIENT=$NAME-client
}

# --- taking down ------------------------------------------------------------------------------------------------------------

# Whether the process in $RUN/pid is still our daemon.
daemon_runs() {
    local pid
    pid=$(cat "$RUN/pid" 2> /dev/null) && grep -qs '^splitlined$' "/proc/$pid/comm"
}

take_down() {
    local status=$?
    trap - EXIT INT TERM
    if daemon_runs; then
        kill "$(< "$RUN/pid")" || true
        while daemon_runs; do sleep 0.1; done
    fi
    ! mountpoint -q "$RUN/bpf" || umount "$RUN/bpf"
    ip netns delete "$SERVER" 2> /dev/null || true
    ip netns delete "$CLIENT" 2> /dev/null || true
    rm -rf "$RUN"
    exit "$status"
}

stop() {
    [[ $1 == splitline-demo-* && -d /run/$1 ]] || die "no demo named '$1' is running; running: $(cd /run && echo splitline-demo-*)"
    use_name "$1"
    take_down
}

# --- building up ------------------------------------------------------------------------------------------------------------

install_packages() {
    step "Packages from Debian"
    "$SOURCE_DIR/userspace/install_packages.sh" build demo
    note "all there"
}

build() {
    step "Build"
    if [[ $BUILD_DIR ]]; then
        note "taken from $BUILD_DIR"
        return
    fi
    BUILD_DIR=$SOURCE_DIR/build/release
    mkdir -p "$BUILD_DIR"
    # Another demo may be building the same folder.
    exec 8> "$BUILD_DIR/.demo.lock"
    flock 8
    (cd "$SOURCE_DIR" && cmake --preset release > "$BUILD_DIR/configure.log" 2>&1) || die "$(cat "$BUILD_DIR/configure.log")"
    compile || die "the build failed"
    exec 8>&-
    note "$BUILD_DIR"
}

# ninja rewrites its one line on a terminal; elsewhere a line for every fifth of the work will do.
compile() {
    if [[ -t 1 ]]; then
        NINJA_STATUS='      %f/%t ' ninja -C "$BUILD_DIR"
    else
        NINJA_STATUS='%p ' ninja -C "$BUILD_DIR" | awk '
            /^ *[0-9]+% / { if ($1 + 0 >= due) { printf "      %d %%\n", $1; fflush(); due += 20 } next }
            { print }'
    fi
}

network() {
    step "A server and a client: two network namespaces, one veth pair, native XDP"
    make_veth_pair "$SERVER" "$CLIENT" "$BUILD_DIR/bpf/pass.bpf.o"
    mkdir -p "$RUN/bpf"
    mount -t bpf bpf "$RUN/bpf"
    note "server $kServer4 and $kServer6; client $kClient4 and documentation prefixes"
}

# set_key KEY VALUE: in the copied example configuration; the key may be commented out there.
set_key() {
    grep -Eq "^#? *$1 *=" "$RUN/splitline.toml" || die "the example configuration has no key '$1'"
    sed -Ei "s|^#? *$1 *=.*|$1 = $2|" "$RUN/splitline.toml"
}

start_daemon() {
    step "splitlined with the example zone and the country prefixes of the world"
    cp "$SOURCE_DIR"/userspace/share/splitline.toml "$RUN/splitline.toml"
    cp -r "$SOURCE_DIR"/userspace/share/zones "$RUN/zones"
    set_key listen "[\"$kServer4\", \"$kServer6\"]"
    set_key control_socket "\"$RUN/control.sock\""
    set_key state_directory "\"$RUN/state\""
    set_key interfaces "[\"$kServerDevice\"]"
    set_key pin_directory "\"$RUN/bpf/splitline\""
    set_key directory "\"$RUN/zones\""
    mkdir -p "$RUN/state"
    spawn_in "$SERVER" setsid "$BUILD_DIR/userspace/splitlined" --config "$RUN/splitline.toml" \
        > "$RUN/splitlined.log" 2>&1 < /dev/null
    echo $! > "$RUN/pid"
    until control status > /dev/null 2>&1; do
        kill -0 "$(< "$RUN/pid")" 2> /dev/null || die "splitlined ended: $(cat "$RUN/splitlined.log")"
        sleep 0.05
    done
    control status | sed 's/^/      /'
}

control() { run_in "$SERVER" "$BUILD_DIR/userspace/splitline" --socket "$RUN/control.sock" "$@"; }

# --- asking -----------------------------------------------------------------------------------------------------------------

# xdp_answers: how many queries XDP has answered so far.
xdp_answers() {
    control --json stats | tr -d ' \n' | grep -oE '"paths":\[[^]]*\]' | tr '{' '\n' | grep '"path":"xdp"' |
        grep -oE '"answered":[0-9]+' | cut -d: -f2
}

# ask CLIENT-TEXT NAME DIG-OPTION...: one row of the table.
ask() {
    local before output answer flags scope by=resolver
    before=$(xdp_answers)
    output=$(run_in "$CLIENT" dig +norecurse "@$kServer4" "${@:3}" "$2" A)
    (($(xdp_answers) == before)) || by=XDP
    answer=$(awk '/^;; ANSWER SECTION/ { on = 1; next } /^$/ { on = 0 } on { printf "%s %s ", $4, $5 }' <<< "$output")
    [[ $answer ]] || answer=$(sed -nE 's/.*status: ([A-Z]+).*/\1/p' <<< "$output")
    flags=$(sed -nE 's/^;; flags: ([^;]*);.*/\1/p' <<< "$output")
    scope=$(sed -nE 's|^; CLIENT-SUBNET: .*/([0-9]+)$|/\1|p' <<< "$output")
    printf '      %-20s %-32s %s%-42s%s %-6s %-6s %s\n' "$2" "$1" "$GREEN" "$answer" "$PLAIN" "$flags" "${scope:--}" "$by"
}

questions() {
    local other=www.example.com
    step "Who gets what?"
    note "asked by: dig +norecurse @$kServer4 [+subnet=SUBNET] [-b SENDER] NAME A"
    printf '      %s%-20s %-32s %-42s %-6s %-6s %s%s\n' "$DIM" name client answer flags scope "answered by" "$PLAIN"
    ask "mainland, subnet 223.5.5.0/24" "$kName" +subnet=223.5.5.0/24
    ask "overseas, subnet 8.8.8.0/24" "$kName" +subnet=8.8.8.0/24
    ask "mainland, subnet 240e::/20" "$kName" +subnet=240e::/20
    ask "overseas, subnet 2a00:1450::/32" "$kName" +subnet=2a00:1450::/32
    ask "mainland, sender $kMainlandSource" "$kName" -b "$kMainlandSource"
    ask "overseas, sender $kOverseaSource" "$kName" -b "$kOverseaSource"
    ask "mainland, sender $kMainlandSource" "$other" -b "$kMainlandSource"
    ask "overseas, sender $kOverseaSource" "$other" -b "$kOverseaSource"
    ask "overseas, over TCP" "$kName" -b "$kOverseaSource" +tcp
    ask "overseas, no such name" "nothing.example.com" -b "$kOverseaSource"
}

# What was counted, zeros left out.
counters() {
    step "Counters of both paths"
    control stats | grep -vE '^[a-z_ ]+ 0( |$)' | sed 's/^/      /'
}

# --- keeping ----------------------------------------------------------------------------------------------------------------

explain_keep() {
    local queries=$RUN/queries.txt
    printf '%s A\n' "$kName" "www.example.com" > "$queries"
    cat << TEXT

${BOLD}It keeps running${PLAIN} as $NAME.

  query       sudo nsenter --net=/run/netns/$CLIENT dig @$kServer4 $kName +subnet=223.5.5.0/24
  load test   sudo nsenter --net=/run/netns/$CLIENT dnsperf -s $kServer4 -d $queries -l 10 -c 4 -q 100
  look        sudo $BUILD_DIR/userspace/splitline --socket $RUN/control.sock stats
  stop        sudo $SOURCE_DIR/userspace/demo.sh --stop $NAME
TEXT
}

usage() {
    sed -n '4,12s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    exit "$1"
}

main() {
    case ${1:-} in
        '') ;;
        --keep) KEEP=1 ;;
        --stop) (($# == 2)) || usage 2; stop "$2" ;;
        -h | --help) usage 0 ;;
        *) usage 2 >&2 ;;
    esac
    ((EUID == 0)) || die "namespaces and XDP need root: sudo $0 $*"
    use_name "$NAME"
    install_packages
    build
    trap take_down EXIT
    trap 'exit 130' INT TERM
    mkdir -p "$RUN"
    network
    start_daemon
    questions
    counters
    if [[ $KEEP ]]; then
        trap - EXIT INT TERM
        explain_keep
    fi
}

main "$@"
