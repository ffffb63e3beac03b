#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Knot DNS with mod-geoip, on AF_XDP (in copy mode: veth has no other). To be sourced by peers.sh.
# shellcheck disable=SC2034,SC2154
# shellcheck source=bench/peers/knot.sh
source "${BASH_SOURCE[0]%/*}/knot.sh"
TITLE='Knot geoip AF_XDP'
WINDOW=128 SOCKETS=
XDP_SECTION=$'xdp:\n    listen: '"$kServerDevice"
