#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# `splitline doctor` on a host that is well, and on one that is not: exit codes, what is named, what `ethtool` says of it.
source "$(dirname "$0")/lib.sh"
source "$E2E_DIR/daemon.sh"

doctor() { splitline doctor --config "$CONFIG" "$@"; }

# rows SEVERITY [ARGUMENT...]: subject and text of the findings of that severity, one a line. Errors make it exit with 1.
rows() { { doctor --json "${@:2}" || true; } | jq -r --arg severity "$1" \
    '.[] | select(.severity == $severity) | .subject + ": " + .text'; }

set_up_network
write_config

step "a healthy host"
check_succeeds "all is well" doctor
check "the JSON has every key" "fix severity subject text" "$(doctor --json | jq -r '.[0] | keys | join(" ")')"
check "no error" "" "$(rows error)"
check_match "the driver" "^$kServerDevice: driver veth runs XDP natively" "$(rows info)"
check_match "the bpffs" "^bpffs: $PINS" "$(rows ok)"
check_match "the ports" "^port: $kServer4:53 over UDP is free" "$(rows ok)"
check_match "the ports" "^port: \[$kServer6\]:53 over TCP is free" "$(rows ok)"
check_match "the summary" "^0 errors, [0-9]+ warnings?$" "$(doctor)"

step "settings, as ethtool changes them"
in_server ethtool -L "$kServerDevice" rx 1 > /dev/null 2>&1 || true
if [[ $(nproc) -gt 1 ]] && in_server ethtool -l "$kServerDevice" | grep -q '^RX:[[:space:]]*[2-9]'; then
    fix=$(doctor --json | jq -r '.[].fix | select(startswith("ethtool -L"))')
    check_match "too few queues" "^ethtool -L $kServerDevice rx [0-9]+$" "$fix"
    # shellcheck disable=SC2086  # a command line
    check_succeeds "its fix can be run" in_server $fix
    check "its fix mends it" "" "$(doctor --json | jq -r '.[].fix | select(startswith("ethtool -L"))')"
fi
in_server ip link add big0 mtu 4000 type veth peer name big1
check_match "a large MTU" "^big0: MTU 4000" "$(rows warning --interface big0)"
check_match "an interface that is down" "^big0: is down" "$(rows warning --interface big0)"
in_server ip link delete big0
if in_server ip link add link "$kServerDevice" name vlan7 type vlan id 7 2> /dev/null; then
    in_server ethtool -K "$kServerDevice" rxvlan on > /dev/null
    check_match "VLANs whose tags are taken" "^$kServerDevice: takes VLAN tags" "$(rows warning)"
    in_server ip link delete vlan7
else
    echo "not checked: this kernel has no VLAN interfaces"
fi
check "VLAN offload alone is no warning" "" "$(rows warning | grep VLAN || true)"

step "an interface that does not exist"
check_fails "is an error" "error +nothere0 +.*there is no interface 'nothere0'.*$kServerDevice" doctor --interface nothere0
check "exit code" 1 "$(doctor --interface nothere0 > /dev/null && echo 0 || echo $?)"
check_succeeds "others do not matter" doctor --interface "$kServerDevice"
check_fails "but do beside it" "nothere0" doctor --interface "$kServerDevice" --interface nothere0
check_fails "--interface goes with doctor only" "does not go with status" splitline status --interface x
check "exit code of wrong usage" 2 "$(doctor now 2> /dev/null > /dev/null && echo 0 || echo $?)"

step "somebody else's program"
in_server ip link set dev "$kServerDevice" xdpdrv object "$BUILD_DIR/bpf/pass.bpf.o" section xdp
foreign=$(in_server bpftool -j net show dev "$kServerDevice" 2> /dev/null | jq -r '.[0].xdp[0].id')
check_fails "it is named" "error +$kServerDevice +XDP program pass \(id $foreign\) of somebody else" doctor
in_server ip link set dev "$kServerDevice" xdp off
check_succeeds "gone" doctor

step "a port that is taken"
serve_split_example
start_daemon
check_match "the daemon's own program" "^$kServerDevice: XDP program respond .* is Splitline's own" "$(rows ok)"
check_succeeds "our own daemon is no obstacle" doctor
check_fails "from elsewhere it is" "error +port +$kServer4:53 over UDP is taken" \
    in_server "$COMMAND" doctor --config "$CONFIG" --socket "$WORK/other.sock"
check_match "the daemon serves on" "192.0.2.25" "$(ask +short "@$kServer4" mail.split.example A)"
stop_daemon

step "no bpffs, no configuration"
mount -t tmpfs tmpfs /sys/fs/bpf
check_fails "no bpffs" "fix: mount -t bpf bpf /sys/fs/bpf" doctor
check_fails "no configuration" "error +configuration +.*cannot read" splitline doctor --config "$WORK/none.toml"
write_config 'enabled = false'
check_succeeds "without XDP none of it matters" doctor
finish
