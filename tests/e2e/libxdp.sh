#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# `attach = "libxdp"`: the dispatcher where this kernel and libxdp allow it, a single program where they do not. Either way it answers,
# and status says which of the two it is, as bpftool sees it.
source "$(dirname "$0")/lib.sh"
source "$E2E_DIR/daemon.sh"

set_up_network
serve_split_example
write_config 'attach = "libxdp"'
start_daemon
status=$(splitline status)
check_match "status reports libxdp's way" "libxdp (dispatcher|single program)" "$status"
attached=$(in_server bpftool -j net show | jq -r --arg device "$kServerDevice" '.[].xdp[] | select(.devname == $device) | .id')
program=$(bpftool -j prog show id "$attached" | jq -r .name)
if [[ $status == *"libxdp dispatcher"* ]]; then
    check "bpftool sees the dispatcher" xdp_dispatcher "$program"
else
    check "bpftool sees our program" respond "$program"
    check_match "xdp status says that there is no dispatcher" "dispatcher" "$(splitline xdp status)"
fi
before=$(fast_answers)
check "an answer" 192.0.2.25 "$(ask +short "@$kServer4" mail.split.example A)"
check "by XDP" 1 $(($(fast_answers) - before))
check_succeeds "xdp detach" splitline xdp detach
check "nothing is attached" "" \
    "$(in_server bpftool -j net show | jq -r --arg device "$kServerDevice" '.[].xdp[] | select(.devname == $device) | .id')"
check "the resolver answers" 192.0.2.25 "$(ask +short "@$kServer4" mail.split.example A)"
stop_daemon
finish
