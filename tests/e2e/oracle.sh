#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every name by every type, for a client of every line, answered as Knot DNS and NSD answer the same zone flattened for that
# client: rcode, AA, the answer and the authority section. Both of our paths are asked: UDP (mostly XDP) and TCP (resolver).
#
# Where the two oracles agree, we must agree; where they differ, one of them must be with us. Not compared: the additional section
# (we add glue only; they add more or less of it) and what list_queries.awk leaves out. EDNS with 1232 bytes is used so that no
# server drops records for want of space; what does not fit is asked again over TCP, as a client would.
source "$(dirname "$0")/lib.sh"
source "$E2E_DIR/daemon.sh"
source "$E2E_DIR/oracles.sh"

# compare WHAT OURS KNOT NSD: reports each line of OURS that neither oracle has in its place.
compare() {
    paste -d '\n' "$2" "$3" "$4" | awk -v differing="$WORK/differing" '
        NR % 3 == 1 { ours = $0 } NR % 3 == 2 { knot = $0 }
        NR % 3 == 0 && ours != knot && ours != $0 { print "ours " ours "\nknot " knot "\nnsd  " $0 "\n" > differing }'
    : >> "$WORK/differing"
    check "$1: answers unlike both oracles" 0 "$(grep -c '^ours' "$WORK/differing" || true)"
    check "$1: every query was answered" "$(wc -l < "$WORK/queries")" "$(grep -vc ': no answer' "$2")"
    head -"${SHOW_DIFFERENCES:-40}" "$WORK/differing" | cut -c1-400
    rm "$WORK/differing"
}

# compare_chain PORT SOURCE4 SOURCE6 CHAIN
compare_chain() {
    local zone=$WORK/flat-$1.zone answers=(dns_answers --edns 1232)
    step "lines $4 ($2, $3)"
    awk -v chain="$4" -f "$E2E_DIR/flatten_zone.awk" "$DATA_DIR/split.example.zone" > "$zone"
    start_knot "$1" split.example "$zone"
    start_nsd $(($1 + 1)) split.example "$zone"
    "${answers[@]}" "$kServer4" "$1" < "$WORK/queries" > "$WORK/knot"
    "${answers[@]}" "$kServer4" $(($1 + 1)) < "$WORK/queries" > "$WORK/nsd"
    "${answers[@]}" --source "$2" "$kServer4" < "$WORK/queries" > "$WORK/ours"
    compare "UDP, IPv4" "$WORK/ours" "$WORK/knot" "$WORK/nsd"
    "${answers[@]}" --source "$3" "$kServer6" < "$WORK/queries" > "$WORK/ours"
    compare "UDP, IPv6" "$WORK/ours" "$WORK/knot" "$WORK/nsd"
    "${answers[@]}" --tcp --source "$2" "$kServer4" < "$WORK/queries" > "$WORK/ours"
    compare "TCP" "$WORK/ours" "$WORK/knot" "$WORK/nsd"
}

set_up_network
serve_split_example
write_config
start_daemon
port=5301
for entry in "${kChains[@]}"; do
    IFS='|' read -r source4 source6 chain <<< "$entry"
    compare_chain "$port" "$source4" "$source6" "$chain"
    port=$((port + 2))
done
echo "answered by XDP: $(fast_answers) of $(($(wc -l < "$WORK/queries") * 2 * ${#kChains[@]})) queries over UDP"
stop_daemon
finish
