#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The floor of the kinds: replies as long as Splitline's of the first round, and no answers (wire_floor.bpf.c). To be sourced by peers.sh --asked.
# shellcheck disable=SC2034,SC2154
EXPECT=echo WINDOW=192 SOCKETS='' FLOOR=yes

peer_data() { :; }
peer_prepare() { :; }
peer_start() {
    local kind negative=
    for kind in ${ASKED//,/ }; do
        [[ $kind != nodata && $kind != nxdomain* ]] || negative=$kind
    done
    spawn "$BUILD_DIR/bench/bench_baseline" floor "$kServerDevice" "$(behind plain)" "$(behind "${negative:-plain}")"
}
