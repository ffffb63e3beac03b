#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Ours on AF_XDP (in copy mode: veth has no other): the XDP program is told that its image is stale, so that it reads each query and hands
# it to the resolver's AF_XDP socket, as it does with what it cannot answer itself. To be sourced by peers.sh.
# shellcheck disable=SC2034,SC2154
# shellcheck source=bench/peers/splitline.sh
source "${BASH_SOURCE[0]%/*}/splitline.sh"
TITLE='Splitline AF_XDP'
WINDOW=128
XDP_MORE='af_xdp = "copy"'

# peer_started: sets sl_control.stale, behind the word and two epochs (maps/control.h).
peer_started() {
    local control=/sys/fs/bpf/splitline/control bytes
    until mapfile -t bytes < <(bpftool -j map lookup pinned "$control" key 0 0 0 0 2> /dev/null | jq -r '.value[]') && ((${#bytes[@]})); do
        server_runs
    done
    bytes[88]=1
    bpftool map update pinned "$control" key 0 0 0 0 value "${bytes[@]}"
}
