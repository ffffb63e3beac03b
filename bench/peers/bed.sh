#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The bed of the load test: a server's core and a generator's core, a veth between them. To be sourced by peers.sh.
#
# One queue on each end. The server's end receives in a NAPI thread pinned to the server's core, where XDP programs run; without
# that they would run on the core that sends. The generator's end receives answers on the generator's core, and before anything else
# is done there: an answer must never find its ring full. While latencies are measured it receives on the server's core instead, which costs
# the server some hundred nanoseconds an answer but lets no scheduler come between answer and clock.
# shellcheck disable=SC2154  # constants come with userspace/veth_pair.sh, BUILD_DIR and WORK with peers.sh

readonly kGeneratorCpu=0 kServerCpu=1
# The addresses that prepared queries carry (tests/support/packet.h).
readonly kServerMac=02:00:00:00:00:53 kClientMac=02:00:00:00:00:07

make_bed() {
    make_veth_pair server client "$BUILD_DIR/bpf/pass.bpf.o"
    ip -n server link set "$kServerDevice" address "$kServerMac"
    ip -n client link set "$kClientDevice" address "$kClientMac"
    ip -n server neighbour replace "$kClient4" lladdr "$kClientMac" dev "$kServerDevice" nud permanent
    ip -n client neighbour replace "$kServer4" lladdr "$kServerMac" dev "$kClientDevice" nud permanent
    run_in server ethtool -L "$kServerDevice" rx 1 tx 1
    run_in client ethtool -L "$kClientDevice" rx 1 tx 1
}

# pass_on_server on|off: the server's end with a program that passes everything to the sockets, or with none.
pass_on_server() {
    if [[ $1 == on ]]; then
        ip -n server link set dev "$kServerDevice" xdp object "$BUILD_DIR/bpf/pass.bpf.o" section xdp
    else
        ip -n server link set dev "$kServerDevice" xdp off
    fi
}

# set_threaded NAMESPACE DEVICE 0|1
set_threaded() { ip netns exec "$1" sh -c "echo $3 > /sys/class/net/$2/threaded"; }

# napi_thread DEVICE: the process id of its NAPI thread.
napi_thread() { pgrep "^napi/$1-"; }

# A program that comes or goes may make NAPI, and with it the thread, anew: so this is called when the server runs.
# receive_on generator|server: where the generator's end receives.
receive_on() {
    local thread
    set_threaded server "$kServerDevice" 1
    SERVER_NAPI=$(napi_thread "$kServerDevice")
    taskset -pc "$kServerCpu" "$SERVER_NAPI" > /dev/null
    # Servers that place their threads themselves, as Knot does for AF_XDP, are put back.
    for thread in $(pgrep -s "$SERVER_PID" || true); do taskset -apc "$kServerCpu" "$thread" > /dev/null; done
    if [[ $1 == server ]]; then
        set_threaded client "$kClientDevice" 0
        return
    fi
    set_threaded client "$kClientDevice" 1
    thread=$(napi_thread "$kClientDevice")
    taskset -pc "$kGeneratorCpu" "$thread" > /dev/null
    chrt -f -p 1 "$thread"
}

# The processes whose time is charged to answers.
charged() {
    pgrep -s "$SERVER_PID" || true
    echo "$SERVER_NAPI"
    pgrep "^ksoftirqd/$kServerCpu\$"
}

# load OPTION...: one measurement, as JSON.
load() {
    local process options=(${BEHIND:+--behind "$BEHIND"})
    for process in $(charged); do options+=(--process "$process"); done
    run_in client taskset -c "$kGeneratorCpu" "$BUILD_DIR/bench/bench_load" --device "$kClientDevice" --names "$NAMES" \
        --cpu "$kGeneratorCpu" --server-cpu "$kServerCpu" --expect "$EXPECT" --seconds "$SECONDS_EACH" "${options[@]}" "$@"
}

# await SINCE ADDRESS: seconds from SINCE to the answer ADDRESS for the first name to a client on line `internal`; fails when the
# server ends before.
await() {
    spawn_in client taskset -c "$kGeneratorCpu" "$BUILD_DIR/bench/bench_await_answer" \
        "$kServer4" "$kInternalClient" "www-shop0000000.bench.example." "$2" "$1" > "$DIR/awaited"
    local awaiting=$!
    while kill -0 "$awaiting" 2> /dev/null; do
        server_runs || { kill "$awaiting"; return 1; }
        sleep 0.05
    done
    wait "$awaiting"
    cat "$DIR/awaited"
}

# spawn COMMAND...: runs a server on its core; its log is $DIR/log.
spawn() {
    spawn_in server setsid taskset -c "$kServerCpu" "$@" > "$DIR/log" 2>&1 < /dev/null
    SERVER_PID=$!
}

# server_runs: at first it is no session of its own yet, later its first process may have handed over to another.
server_runs() { kill -0 "$SERVER_PID" 2> /dev/null || pgrep -s "$SERVER_PID" > /dev/null; }

# end_server: asks all its processes to end, and waits for that.
end_server() {
    [[ ${SERVER_PID:-} ]] || return 0
    local tries=100
    pkill -TERM -s "$SERVER_PID" || true
    while pgrep -s "$SERVER_PID" > /dev/null; do
        sleep 0.1
        if ((--tries == 0)); then pkill -KILL -s "$SERVER_PID" || true; fi
    done
    wait "$SERVER_PID" 2> /dev/null || true
    SERVER_PID=
}

# resident_mib: memory of the server's processes, what they share counted once, BPF maps left out that they have mapped.
resident_mib() {
    local process
    for process in $(pgrep -s "$SERVER_PID"); do cat "/proc/$process/smaps"; done |
        awk '/^[0-9a-f]+-[0-9a-f]+ / { ours = !/bpf-map/ } ours && /^Pss:/ { sum += $2 } END { printf "%.1f\n", sum / 1024 }'
}

# maps_mib: memory of the BPF maps that the server's processes hold, each counted once.
maps_mib() {
    local process
    for process in $(pgrep -s "$SERVER_PID"); do cat "/proc/$process"/fdinfo/* 2> /dev/null || true; done |
        awk '/^memlock:/ { bytes = $2 } /^map_id:/ { map[$2] = bytes } END { for (id in map) sum += map[id]; printf "%.1f\n", sum / 1048576 }'
}
