#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A daemon is killed and the next one starts with another configuration: another XDP mode, an interface less, no fast path at all.
# What its predecessor left attached and pinned must follow: the kernel, status and the pin folder show what is configured and no more.
source "$(dirname "$0")/lib.sh"
source "$E2E_DIR/daemon.sh"

readonly kSecondDevice=dns1

# take_over XDP-LINE...: the daemon dies, the configuration changes, the next one starts.
take_over() {
    kill_daemon
    write_config "$@"
    start_daemon
}

# expect_attached DEVICE MODE: as `ip` sees it, and status says the same.
expect_attached() {
    local attached
    attached=$(attached_to "$1")
    check "$1: attached in $2 mode" "$2" "${attached% *}"
    check_match "$1: status agrees" "$1: $2, attached by link, program ${attached#* }$" "$(splitline xdp status)"
}

# expect_answers xdp|resolver
expect_answers() {
    local before
    before=$(fast_answers)
    check "a plain answer" 192.0.2.25 "$(ask +short "@$kServer4" mail.split.example A)"
    check "an answer by line" "$kByLine" "$(ask +short -b 198.51.100.1 "@$kServer4" img.split.example A)"
    check "given by the $1" "$([[ $1 == xdp ]] && echo 2 || echo 0)" $(($(fast_answers) - before))
}

# expect_answers_alone: by XDP, as no daemon lives.
expect_answers_alone() { check "an answer" 192.0.2.25 "$(ask +short "@$kServer4" mail.split.example A)"; }

# expect_pins LINK...: these links, the maps, and the maps are those of the program that runs.
expect_pins() {
    local program maps map
    check "what is pinned" "$(expected_pins "$@")" "$(pinned_names)"
    program=$(attached_to "$kServerDevice")
    maps=$(bpftool -j prog show id "${program#* }" | jq -c .map_ids)
    for map in control buckets reasons; do
        check "the pinned $map is the program's" true \
            "$(bpftool -j map show pinned "$PINS/$map" | jq --argjson maps "$maps" '.id as $id | any($maps[]; . == $id)')"
    done
}

# put_on DEVICE [OBJECT]: a program of somebody else's, which lets everything pass; `foreign` is what attached_to says then.
put_on() {
    in_server ip link set dev "$1" xdpdrv object "${2:-$BUILD_DIR/bpf/pass.bpf.o}" section xdp
    foreign=$(attached_to "$1")
}
take_off() { in_server ip link set dev "$1" xdpdrv off; }

set_up_network
ip -n server link add "$kSecondDevice" type veth peer name cli1
ip -n server link set "$kSecondDevice" up
serve_split_example
write_config 'mode = "native"'
start_daemon
kByLine=$(ask +short -b 198.51.100.1 +tcp "@$kServer4" img.split.example A)
readonly kByLine
expect_attached "$kServerDevice" native
expect_answers xdp

for mode in native generic native; do
    step "killed, started in $mode mode"
    take_over "mode = \"$mode\""
    expect_attached "$kServerDevice" "$mode"
    expect_answers xdp
    expect_pins "link_$kServerDevice"
done

step "from generic to auto: what runs is kept, and nobody blames the driver"
take_over 'mode = "generic"'
take_over 'mode = "auto"'
check "still generic" generic "$(attached_to "$kServerDevice" | cut -d' ' -f1)"
check_match "status tells why" "generic.*taken over" "$(splitline xdp status)"
expect_answers xdp
splitline xdp detach > /dev/null
splitline xdp attach > /dev/null
expect_attached "$kServerDevice" native

step "a second interface"
INTERFACES="\"$kServerDevice\", \"$kSecondDevice\"" take_over 'mode = "native"'
for device in "$kServerDevice" "$kSecondDevice"; do expect_attached "$device" native; done
expect_pins "link_$kServerDevice" "link_$kSecondDevice"

step "the second interface is configured no more"
take_over 'mode = "native"'
expect_attached "$kServerDevice" native
check "$kSecondDevice: nothing attached" "" "$(attached_to "$kSecondDevice")"
check "status knows one interface" 1 "$(splitline xdp status | grep -c 'attached by')"
expect_answers xdp
expect_pins "link_$kServerDevice"

step "an interface more, which is taken: the start fails, what its predecessor answers is answered"
put_on "$kSecondDevice"
kill_daemon
program=$(attached_to "$kServerDevice")
INTERFACES="\"$kServerDevice\", \"$kSecondDevice\"" write_config
expect_refusal "the second is taken" "error: .*$kSecondDevice: .*another XDP program.* or set xdp.attach"
check "the predecessor's program stays" "$program" "$(attached_to "$kServerDevice")"
check "so does the other one" "$foreign" "$(attached_to "$kSecondDevice")"
expect_answers_alone
expect_pins "link_$kServerDevice"
take_off "$kSecondDevice"
write_config 'mode = "native"'
start_daemon
expect_attached "$kServerDevice" native
expect_answers xdp

step "the link is detached from outside, another program comes"
in_server bpftool link detach pinned "$PINS/link_$kServerDevice"
check_match "status: off" "$kServerDevice: not attached; .*from outside; .*puts it back" "$(splitline xdp status)"
put_on "$kServerDevice"
check_match "status: another" "$kServerDevice: not attached; .*another XDP program" "$(splitline xdp status)"
check_fails "attach is refused" "another XDP program" splitline xdp attach
check "the other one stays" "$foreign" "$(attached_to "$kServerDevice")"
check_match "detach names it" "$kServerDevice: not attached; another XDP program" "$(splitline xdp detach)"
take_off "$kServerDevice"
check_succeeds "then it can be attached" splitline xdp attach
expect_attached "$kServerDevice" native
expect_answers xdp

step "a program of somebody else's that has our program's name"
stop_daemon
put_on "$kServerDevice" "$BUILD_DIR/tests/e2e/namesake.bpf.o"
check "its name" respond "$(bpftool -j prog show id "${foreign#* }" | jq -r .name)"
for attach in link libxdp; do
    write_config "attach = \"$attach\""
    expect_refusal "by $attach" "another XDP program"
    check "by $attach: it stays" "$foreign" "$(attached_to "$kServerDevice")"
done
check_match "who has libxdp is not told to use it" "detach it or attach it by libxdp too" "$(tail -1 "$WORK/splitlined.log")"
take_off "$kServerDevice"
write_config 'mode = "native"'
start_daemon

step "the fast path is switched off"
take_over 'enabled = false'
check "nothing attached" "" "$(attached_to "$kServerDevice")"
check_match "status says so" "off .xdp.enabled = false" "$(splitline xdp status)"
expect_answers resolver
check "nothing is pinned" "" "$(pinned_names)"

step "and on again"
take_over 'mode = "native"'
expect_attached "$kServerDevice" native
expect_answers xdp
expect_pins "link_$kServerDevice"
stop_daemon
check "the end: nothing attached" "" "$(attached_to "$kServerDevice")"
check "the end: nothing pinned" "" "$(pinned_names)"
finish
