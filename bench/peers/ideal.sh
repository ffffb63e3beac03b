#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The bare geo program (ideal_geo.bpf.c): a hash map and two array reads, nothing checked. To be sourced by peers.sh.
# shellcheck disable=SC2016,SC2034,SC2154
TITLE='ideal geo program'
# Behind the record it sends as many zeros again.
EXPECT=geo BEHIND=32 WINDOW=192 SOCKETS='' FLOOR=yes

peer_data() { zone "$1" 2 < "$2"; echo '$LINE internal'; awk '{ print $1, "A", $3 }' "$2"; }
peer_prepare() { :; }
peer_start() {
    spawn "$BUILD_DIR/bench/bench_baseline" ideal "$kServerDevice" "$NAMES" "$DIR/data" "$DATA/prefixes"
}
