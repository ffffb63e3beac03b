#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Clients in VLANs: one 802.1Q tag, and 802.1ad with 802.1Q inside (QinQ), in native and generic mode, over IPv4 and IPv6. XDP answers
# with the tags it was asked with; TCP reaches the resolver through the same devices and must say the same.
#
# The tags must be in the frames: with transmit offload on, veth hands them over beside the frame, where no XDP program sees them.
# (A NIC that strips tags does the same: its rxvlan offload is to be off where XDP answers in VLANs.)
source "$(dirname "$0")/lib.sh"
source "$E2E_DIR/daemon.sh"

# add_vlan NAMESPACE DEVICE HOST: DEVICE.10, and DEVICE.20 with DEVICE.20.30 inside; HOST is the last part of their addresses.
add_vlan() {
    ip -n "$1" link add link "$2" name "$2.10" type vlan protocol 802.1Q id 10
    ip -n "$1" link add link "$2" name "$2.20" type vlan protocol 802.1ad id 20
    ip -n "$1" link add link "$2.20" name "$2.20.30" type vlan protocol 802.1Q id 30
    ip -n "$1" link set "$2.10" up
    ip -n "$1" link set "$2.20" up
    ip -n "$1" link set "$2.20.30" up
    ip -n "$1" address add "198.18.10.$3/24" dev "$2.10"
    ip -n "$1" address add "198.18.30.$3/24" dev "$2.20.30"
    ip -n "$1" address add "2001:db8:10::$3/64" dev "$2.10" nodad
    ip -n "$1" address add "2001:db8:30::$3/64" dev "$2.20.30" nodad
    run_in "$1" ethtool -K "$2" txvlan off rxvlan off tx-vlan-stag-hw-insert off rx-vlan-stag-hw-parse off > /dev/null
}

set_up_network
add_vlan server "$kServerDevice" 53
add_vlan client "$kClientDevice" 1
readonly kAddresses=(198.18.10.53 2001:db8:10::53 198.18.30.53 2001:db8:30::53)
MORE_LISTEN=$(printf ', "%s"' "${kAddresses[@]}")
serve_split_example
# Every seventh query: all shapes of names and types still occur.
awk 'NR % 7 == 0' "$WORK/queries" > "$WORK/some"
for mode in native generic; do
    write_config "mode = \"$mode\""
    start_daemon
    for address in "${kAddresses[@]}"; do
        before=$(fast_answers)
        dns_answers --edns 1232 "$address" < "$WORK/some" > "$WORK/udp"
        share=$((($(fast_answers) - before) * 100 / $(wc -l < "$WORK/some")))
        dns_answers --edns 1232 --tcp "$address" < "$WORK/some" > "$WORK/tcp"
        check_files "$mode, $address: UDP and TCP" "$WORK/tcp" "$WORK/udp"
        check "$mode, $address: every query was answered" 0 "$(grep -c ': no answer' "$WORK/udp" || true)"
        check "$mode, $address: XDP answered a good part ($share %)" 1 $((share > 25))
    done
    stop_daemon
done
finish
