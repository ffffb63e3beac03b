#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Name servers that we did not write, run beside ours on the same address and other ports. To be sourced after lib.sh.
# shellcheck disable=SC2154  # kServer4 comes with lib.sh

# start_knot PORT ZONE FILE, start_nsd PORT ZONE FILE: serve one zone, logs in $WORK.
start_knot() {
    local dir=$WORK/knot-$1
    mkdir -p "$dir"
    cat > "$dir/knot.conf" <<- CONF
		server:
		    rundir: "$dir"
		    listen: $kServer4@$1
		    udp-workers: 1
		    tcp-workers: 1
		    background-workers: 1
		log:
		  - target: stderr
		    any: warning
		database:
		    storage: "$dir"
		zone:
		  - domain: $2
		    file: "$3"
		    semantic-checks: soft
		    journal-content: none
		    zonefile-sync: -1
	CONF
    spawn_in server knotd -c "$dir/knot.conf" > "$WORK/knot-$1.log" 2>&1
    wait_until "knotd on port $1" serves "$1" "$2"
}

start_nsd() {
    local dir=$WORK/nsd-$1
    mkdir -p "$dir"
    cat > "$dir/nsd.conf" <<- CONF
		server:
		    ip-address: $kServer4@$1
		    server-count: 1
		    username: ""
		    zonesdir: "$dir"
		    database: ""
		    pidfile: "$dir/pid"
		    xfrdfile: "$dir/xfrd"
		    xfrdir: "$dir"
		    zonelistfile: "$dir/zones"
		    minimal-responses: yes
		    rrl-ratelimit: 0
		remote-control:
		    control-enable: no
		zone:
		    name: $2
		    zonefile: "$3"
	CONF
    spawn_in server nsd -d -c "$dir/nsd.conf" > "$WORK/nsd-$1.log" 2>&1
    wait_until "nsd on port $1" serves "$1" "$2"
}

serves() {
    [[ $(in_client dig +tries=1 +timeout=1 +short "@$kServer4" -p "$1" "$2" SOA) ]]
}
