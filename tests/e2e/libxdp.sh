#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# `attach = "libxdp"`: the dispatcher where this kernel and libxdp allow it, a single program where they do not. Either way it answers,
# status says which of the two it is, as bpftool sees it, and a daemon that is killed has its program taken over or taken off by the
# next one, whatever that is configured to do.
source "$(dirname "$0")/lib.sh"
source "$E2E_DIR/daemon.sh"

# program_on_interface: the id of what bpftool sees there.
program_on_interface() {
    in_server bpftool -j net show | jq -r --arg device "$kServerDevice" '.[].xdp[] | select(.devname == $device) | .id'
}

# is_gone PROGRAM: the kernel has freed it.
is_gone() { ! bpftool prog show id "$1"; }

# take_over XDP-LINE...: the daemon dies and the next one starts; what its predecessor had on the interface goes away.
take_over() {
    local predecessor
    predecessor=$(program_on_interface)
    kill_daemon
    check "while no daemon lives, XDP answers" 192.0.2.25 "$(ask +short "@$kServer4" mail.split.example A)"
    write_config "$@"
    start_daemon
    wait_until "the predecessor's program to be gone" is_gone "$predecessor"
}

# expect_served WHAT: by libxdp.
expect_served() {
    local status program before
    status=$(splitline status)
    check_match "$1: status reports libxdp's way" "libxdp (dispatcher|single program)" "$status"
    program=$(bpftool -j prog show id "$(program_on_interface)" | jq -r .name)
    if [[ $status == *"libxdp dispatcher"* ]]; then
        check "$1: bpftool sees the dispatcher" xdp_dispatcher "$program"
    else
        check "$1: bpftool sees our program" respond "$program"
        check_match "$1: xdp status says that there is no dispatcher" "dispatcher" "$(splitline xdp status)"
    fi
    before=$(fast_answers)
    check "$1: an answer" 192.0.2.25 "$(ask +short "@$kServer4" mail.split.example A)"
    check "$1: by XDP" 1 $(($(fast_answers) - before))
    check "$1: what is pinned" "$(expected_pins)" "$(pinned_names)"
}

expect_nothing_attached() {
    check "$1: nothing is attached" "" "$(program_on_interface)"
    check "$1: the resolver answers" 192.0.2.25 "$(ask +short "@$kServer4" mail.split.example A)"
}

set_up_network
serve_split_example
write_config 'attach = "libxdp"'
start_daemon
expect_served "first start"
check_succeeds "xdp detach" splitline xdp detach
expect_nothing_attached "detached"
check_succeeds "xdp attach" splitline xdp attach
expect_served "attached again"

for mode in auto generic native; do
    step "killed, started in mode $mode"
    take_over 'attach = "libxdp"' "mode = \"$mode\""
    expect_served "$mode"
done

step "somebody else's program on another interface is left alone, and not held"
ip -n server link add dns2 type veth peer name cli2
ip -n server link set dns2 up
in_server ip link set dev dns2 xdpdrv object "$BUILD_DIR/bpf/pass.bpf.o" section xdp
foreign=$(attached_to dns2)
take_over 'attach = "libxdp"'
for ((i = 0; i < 3; ++i)); do
    check_succeeds "xdp detach" splitline xdp detach
    check_succeeds "xdp attach" splitline xdp attach
done
check "it stays" "$foreign" "$(attached_to dns2)"
in_server ip link set dev dns2 xdpdrv off
wait_until "the other program to be gone" is_gone "${foreign#* }"
expect_served "beside another program"

step "killed, started with links, and back"
take_over 'attach = "link"'
check_match "status reports the link" "attached by link" "$(splitline xdp status)"
check "what is pinned" "$(expected_pins "link_$kServerDevice")" "$(pinned_names)"
check "an answer" 192.0.2.25 "$(ask +short "@$kServer4" mail.split.example A)"
take_over 'attach = "libxdp"'
expect_served "back"

step "killed, started with links, and an interface before it refuses: all is off, nothing is left without its pins"
ip -n server link add br9 type bridge # has no native mode
ip -n server link set br9 up
kill_daemon
INTERFACES="\"br9\", \"$kServerDevice\"" write_config 'attach = "link"' 'mode = "native"'
expect_refusal "a bridge in native mode" "br9"
check "no program is left" "" "$(program_on_interface)"
check "no pin is left" "" "$(pinned_names)"
ip -n server link del br9
write_config 'attach = "libxdp"'
start_daemon
expect_served "after the refusal"

step "killed, started for another interface"
ip -n server link add dns1 type veth peer name cli1
ip -n server link set dns1 up
INTERFACES='"dns1"' take_over 'attach = "libxdp"'
expect_nothing_attached "another interface"
check_match "status knows the other one" "dns1: .*attached by libxdp" "$(splitline xdp status)"
kill_daemon
write_config 'attach = "libxdp"'
start_daemon
expect_served "the first interface again"

step "killed, started without fast path"
take_over 'enabled = false'
expect_nothing_attached "without fast path"
check "nothing is pinned" "" "$(pinned_names)"
stop_daemon
finish
