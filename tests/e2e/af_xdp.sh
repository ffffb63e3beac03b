#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The slow path by AF_XDP: what the program leaves unanswered goes to the resolver's own sockets instead of up the stack, and the
# answers are, byte for byte, those over UDP sockets: every name by every type, in native and generic mode, tagged and untagged,
# with the sender's checksum offload on and off. TCP stays on the stack. A dead daemon's sockets are gone at once, and the
# queries pass again. For a queue that another program has the daemon waits, and answers meanwhile. An interface that goes down
# under a flood comes back, one that is deleted is given up. Where sockets or zero-copy are refused the queries take the next
# best way, and status and log say so.
source "$(dirname "$0")/lib.sh"
source "$E2E_DIR/daemon.sh"

# Datagrams that the stack gave to a UDP socket of the server's namespace.
stack_datagrams() {
    in_server cat /proc/net/snmp /proc/net/snmp6 |
        awk '/^Udp: [0-9]/ { sum += $2 } $1 == "Udp6InDatagrams" { sum += $2 } END { print sum }'
}

# Queries and replies that found no room.
lost_count() { splitline stats | awk '$1 == "lost" { print $2 }'; }

# expect_handoff WHAT [QUEUES]: a query that is the resolver's (ANY always is) is answered, and not by way of the stack, as soon as
# the kernel has cleared up after sockets before.
expect_handoff() {
    local before
    wait_until "$1: sockets on ${2:-1 queue}" says_handoff "${2:-1 queue}"
    before=$(stack_datagrams)
    check "$1: an answer" 'HINFO' "$(ask +notcp "@$kServer4" www.split.example ANY | awk '$4 == "HINFO" { print $4 }')"
    check "$1: an answer over IPv6" 'HINFO' "$(ask +notcp "@$kServer6" www.split.example ANY | awk '$4 == "HINFO" { print $4 }')"
    check "$1: past the stack" 0 $(($(stack_datagrams) - before))
}

# hold_queue NUMBER: another program has a socket there; fails if it cannot.
hold_queue() {
    spawn_in server "$BUILD_DIR/tests/e2e/hold_queue" "$kServerDevice" "$1" > "$WORK/holder"
    holder=$!
    until grep -q held "$WORK/holder"; do
        kill -0 "$holder" || return 1
        sleep 0.05
    done
}

# expect_stack WHAT: the same query is answered by way of the stack.
expect_stack() {
    local before
    before=$(stack_datagrams)
    check "$1: an answer" 'HINFO' "$(ask +notcp "@$kServer4" www.split.example ANY | awk '$4 == "HINFO" { print $4 }')"
    check "$1: by way of the stack" 1 $(($(stack_datagrams) - before))
}

more_are_lost() { (($(lost_count) > lost)); }
is_back() { [[ $(ask +short +timeout=1 "@$kServer4" mail.split.example A) ]]; }

# down_and_up SECONDS: more queries than a queue has buffers wait in it when the interface goes down: the daemon finds them while it
# is down, when no reply can leave. Queries that come as soon as it is up again find buffers all the same, however long after that.
down_and_up() {
    local lost query
    step "$mode: interface down and up with a full queue, $1 s after the look at it"
    lost=$(lost_count)
    echo "www.split.example ANY" > "$WORK/load"
    kill -STOP "$DAEMON_PID"
    in_client dnsperf -s "$kServer4" -d "$WORK/load" -q 4000 -n 4000 -t 0.5 > "$WORK/flood.txt" 2>&1
    check_match "$mode: the flood" "Queries sent: +4000" "$(cat "$WORK/flood.txt")"
    in_server ip link set "$kServerDevice" down
    kill -CONT "$DAEMON_PID"
    wait_until "the look at the queue" more_are_lost
    sleep "$1"
    in_server ip link set "$kServerDevice" up
    in_server ip route replace default via "$kClient4"
    in_server ip -6 address replace "$kServer6/64" dev "$kServerDevice" nodad
    in_server ip -6 route replace default via "$kClient6"
    wait_until "the interface" is_back
    for query in $(seq 5); do expect_handoff "$mode, down and up, query $query"; done
}

set_up_network
serve_split_example
for mode in native generic; do
    write_config "mode = \"$mode\""
    start_daemon
    step "$mode: over sockets"
    sender_checksum_offload on
    record sockets
    expect_stack "$mode, off"
    stop_daemon

    write_config "mode = \"$mode\"" 'af_xdp = "copy"'
    start_daemon
    for offload in on off; do
        step "$mode: over AF_XDP, sender checksum offload $offload"
        sender_checksum_offload "$offload"
        expect_handoff "$mode, offload $offload"
        before=$(stack_datagrams)
        record af_xdp
        check_files "$mode, offload $offload: the same bytes over AF_XDP" "$WORK/sockets" "$WORK/af_xdp"
        check "$mode, offload $offload: nothing went up the stack" 0 $(($(stack_datagrams) - before))
    done
    check "$mode: over TCP" 192.0.2.25 "$(ask +tcp +short "@$kServer4" mail.split.example A)"

    step "$mode: detached and attached"
    check_succeeds "xdp detach" splitline xdp detach
    expect_stack "$mode, detached"
    check_succeeds "xdp attach" splitline xdp attach
    expect_handoff "$mode, attached again"
    check_succeeds "xdp attach, once more" splitline xdp attach
    expect_handoff "$mode, attached twice"

    for pause in 0 0.2 0.5; do down_and_up "$pause"; done

    step "$mode: killed"
    kill_daemon
    before=$(reason_count qtype)
    check "no one answers" "" "$(ask +notcp +timeout=1 +short "@$kServer4" www.split.example ANY | grep -v '^;' || true)"
    check "the program still runs" 1 $(($(reason_count qtype) - before))
    start_daemon
    expect_handoff "$mode, restarted"

    step "$mode: detached and attached under load"
    in_client dnsperf -s "$kServer4" -d "$WORK/load" -l 4 -q 4 > "$WORK/load.txt" 2>&1 &
    load=$!
    for ((i = 0; i < 6; i++)); do
        sleep 0.3
        splitline xdp detach > /dev/null
        sleep 0.3
        splitline xdp attach > /dev/null
    done
    wait "$load" || fail_check "$mode: dnsperf failed"
    check_match "$mode: nothing is lost" "Queries lost: +0 " "$(cat "$WORK/load.txt")"
    stop_daemon
done

step "two queues"
# Neither end may send on more queues than the other, with XDP, receives on.
in_client ethtool -L "$kClientDevice" rx 2 > /dev/null
in_server ethtool -L "$kServerDevice" rx 2 tx 2 > /dev/null
in_client ethtool -L "$kClientDevice" tx 2 > /dev/null
write_config 'mode = "native"' 'af_xdp = "copy"'  # in generic mode all would come by the first
start_daemon
expect_handoff "two queues" "2 queues"
for name in $(seq 20); do expect_handoff "two queues, $name" "2 queues"; done
stop_daemon

step "two queues, one that sends"
# The kernel keeps the queues of sockets, also of one whose daemon has just ended, until it has cleared up.
wait_until "the end of the sockets" in_server ethtool -L "$kServerDevice" tx 1
start_daemon
wait_until "the socket" says_handoff "1 queue"
before=$(stack_datagrams)
# The sender's processor chooses the queue.
for name in $(seq 40); do
    answer=$(in_client taskset -c $((name % $(nproc))) dig +tries=1 +timeout=10 +notcp "@$kServer4" www.split.example ANY) || true
    check_match "one queue sends, $name" "IN[[:space:]]+HINFO" "$answer"
done
stacked=$(($(stack_datagrams) - before))
check "one queue sends: each queue has been asked" yes "$( ((stacked > 0 && stacked < 40 || $(nproc) == 1)) && echo yes)"
fewer="AF_XDP by copy on 1 queue of 2, sockets for the rest: $kServerDevice sends on no more queues"
check_match "one queue sends: status" "the rest by $fewer" "$(splitline xdp status)"
check_match "one queue sends: the log" "warning: $kServerDevice: (now )?$fewer" "$(cat "$WORK/splitlined.log")"
stop_daemon
in_server ethtool -L "$kServerDevice" tx 2 > /dev/null

step "a queue that another has for some time"
write_config 'mode = "native"' 'af_xdp = "copy"'
wait_until "the other to have it" hold_queue 1
start_daemon
wait_until "status to say so" says_handoff "1 queue of 2, sockets for the rest: $kServerDevice queue 1: Device or resource busy"
check_match "held: the log" "warning: $kServerDevice: .*Device or resource busy" "$(cat "$WORK/splitlined.log")"
for query in $(seq 8); do # by both queues
    check "held: the resolver answers, $query" 'HINFO' "$(ask +notcp "@$kServer4" www.split.example ANY | awk '$4 == "HINFO" { print $4 }')"
done
kill "$holder"
expect_handoff "held and freed" "2 queues"
check_match "freed: the log" "$kServerDevice: now AF_XDP by copy on 2 queues" "$(cat "$WORK/splitlined.log")"
stop_daemon

step "no zero-copy: by copy"
write_config 'mode = "native"' 'af_xdp = "zero-copy"'
start_daemon
expect_handoff "zero-copy" "2 queues .no zero-copy: $kServerDevice queue 0: Operation not supported"
check_match "zero-copy: the log" "warning: $kServerDevice: (now )?AF_XDP by copy on 2 queues .no zero-copy" "$(cat "$WORK/splitlined.log")"
stop_daemon

step "no sockets: over the stack"
write_config 'mode = "native"' 'af_xdp = "copy"'
spawn_in server setpriv --bounding-set=-net_raw --inh-caps=-net_raw -- "$DAEMON" --config "$CONFIG" >> "$WORK/splitlined.log" 2>&1
DAEMON_PID=$!
wait_for_daemon
expect_stack "refused"
refusal="sockets: $kServerDevice queue 0: Operation not permitted .needs CAP_NET_RAW"
check_match "refused: status" "the rest by $refusal" "$(splitline status)"
check_match "refused: the log" "warning: $kServerDevice: $refusal" "$(cat "$WORK/splitlined.log")"
stop_daemon

step "interface deleted"
start_daemon
expect_handoff "before it is deleted" "2 queues"
in_server ip link delete "$kServerDevice"
for queue in 0 1; do
    wait_until "queue $queue given up" grep -q "warning: AF_XDP on $kServerDevice queue $queue has ended" "$WORK/splitlined.log"
done
check_succeeds "the daemon goes on" splitline status
stop_daemon
finish
