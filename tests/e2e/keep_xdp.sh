#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# An upgrade as README.md advises it: `splitline stop --keep-xdp`, then a start. Meanwhile clients ask without pause for what the
# program can answer: nothing is lost, and nobody sees a version older than one seen before. Every record carries its version
# (dns_watch.cpp reads it back).
source "$(dirname "$0")/lib.sh"
source "$E2E_DIR/daemon.sh"

# write_version N
write_version() {
    {
        echo "change.example. 60 IN SOA ns.change.example. host.change.example. $1 14400 3600 1209600 60"
        echo "change.example. 60 IN NS ns.change.example."
        echo "ns.change.example. 60 IN AAAA 2001:db8::1"
        echo "pair.change.example. 60 IN A 10.1.0.$1"
        echo "pair.change.example. 60 IN A 10.2.0.$1"
        echo "text.change.example. 60 IN TXT \"$1\""
        echo "chain.change.example. 60 IN CNAME v$1.change.example."
        echo "v$1.change.example. 60 IN A 10.1.0.$1"
    } > "$WORK/zones/change.example.zone"
}

watch() {
    in_client "$BUILD_DIR/tests/e2e/dns_watch" "$kServer4" 2 pair.change.example/A pair.change.example/TXT \
        text.change.example/TXT chain.change.example/A change.example/SOA
}

load_arrives() { (($(fast_answers) > 100)); }

set_up_network
write_config
write_version 1
start_daemon
exec 9> >(watch > "$WORK/watch.txt")
watcher=$!
wait_until "load" load_arrives

for version in 2 3; do
    step "stop --keep-xdp, start with version $version"
    program=$(attached_to "$kServerDevice")
    check_match "stop says what stays" "XDP stays attached" "$(splitline stop --keep-xdp)"
    wait "$DAEMON_PID" && status=0 || status=$?
    check "the daemon ends with success" 0 "$status"
    check "the program is the same" "$program" "$(attached_to "$kServerDevice")"
    check_fails "nobody is left to talk to" "cannot|No such|refused" splitline status
    before=$(fast_answers)
    check "hot names are answered" "\"$((version - 1))\"" "$(ask +short "@$kServer4" text.change.example TXT)"
    sleep 0.5
    check "by XDP" 1 $(($(fast_answers) - before > 100))
    check "everything stays pinned" "$(expected_pins "link_$kServerDevice")" "$(pinned_names)"
    write_version "$version"
    start_daemon 9>&- # the end of the watch is ours alone to announce
    check "the new version, over UDP" "\"$version\"" "$(ask +short "@$kServer4" text.change.example TXT)"
    check "the new version, over TCP" "\"$version\"" "$(ask +tcp +short "@$kServer4" text.change.example TXT)"
    check "the program is another one" 1 "$([[ $program != "$(attached_to "$kServerDevice")" ]] && echo 1)"
    wait_until "load on the new program" load_arrives
done

exec 9>&-
wait "$watcher" && status=0 || status=$?
cat "$WORK/watch.txt"
check "the watcher found nothing wrong" 0 "$status"
check_match "and saw every version" "versions=3$" "$(cat "$WORK/watch.txt")"
check_succeeds "a plain stop" splitline stop
wait "$DAEMON_PID" || fail_check "the daemon ends with $?"
check "takes everything off" "" "$(attached_to "$kServerDevice")$(pinned_names)"
finish
