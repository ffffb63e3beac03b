#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The central invariant on the wire: what XDP answers is, byte for byte, what the resolver answers. Every name by every type is
# asked with XDP attached and detached, in native and generic mode, with the sender's checksum offload on and off, over IPv4 and
# IPv6, plain, with EDNS and with DO; and over TCP, whose answers must say the same. `xdp detach` leaves every answer to the
# resolver, `xdp attach` gives them back.
source "$(dirname "$0")/lib.sh"
source "$E2E_DIR/daemon.sh"

# asked_with_xdp MODE: what one attachment answers, checked against the resolver's record.
asked_with_xdp() {
    local offload before share
    for offload in on off; do
        step "$1 mode, sender checksum offload $offload"
        sender_checksum_offload "$offload"
        before=$(fast_answers)
        record "$1-$offload"
        check_files "$1, offload $offload: XDP attached or not, the same bytes" "$WORK/resolver" "$WORK/$1-$offload"
        share=$((($(fast_answers) - before) * 100 / $(wc -l < "$WORK/$1-$offload")))
        # What is left: meta types, delegations, answers that do not fit.
        check "$1, offload $offload: XDP answered most ($share %)" 1 $((share > 60))
    done
}

set_up_network
serve_split_example
for mode in native generic; do
    write_config "mode = \"$mode\""
    start_daemon
    check_match "status reports the mode" "$mode" "$(splitline status)"

    step "$mode: detached, the resolver answers everything"
    check_succeeds "xdp detach" splitline xdp detach
    sender_checksum_offload on
    record resolver
    check "every query was answered" 0 "$(grep -c ': no answer' "$WORK/resolver" || true)"
    check_succeeds "xdp attach" splitline xdp attach
    asked_with_xdp "$mode"

    dns_answers --edns 4096 --no-retry --source "$kSource4" "$kServer4" < "$WORK/queries" | grep -v ' tc' > "$WORK/udp" || true
    dns_answers --edns 4096 --tcp --source "$kSource4" "$kServer4" < "$WORK/queries" > "$WORK/tcp"
    check "TCP says what UDP says, but for what does not fit" "" \
        "$(grep -vxFf "$WORK/tcp" "$WORK/udp" | head -5)"
    stop_daemon
done
finish
