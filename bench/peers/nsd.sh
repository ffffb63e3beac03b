#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# NSD: it knows no lines, every client gets those of `default`. To be sourced by peers.sh.
# shellcheck disable=SC2034,SC2154
TITLE='NSD (no lines)'
PACKAGES=nsd
EXPECT=flat WINDOW=32 SOCKETS=yes

peer_data() { zone "$1" 2 < "$2"; }
peer_prepare() {
    cat > "$DIR/nsd.conf" <<- CONF
		server:
		    ip-address: $kServer4
		    server-count: 1
		    username: ""
		    zonesdir: "$DIR"
		    database: ""
		    pidfile: "$DIR/pid"
		    xfrdfile: "$DIR/xfrd"
		    xfrdir: "$DIR"
		    zonelistfile: "$DIR/zones"
		    minimal-responses: yes
		    rrl-ratelimit: 0
		remote-control:
		    control-enable: yes
		    control-interface: $DIR/control.sock
		zone:
		    name: $kOrigin
		    zonefile: "$DIR/data"
	CONF
}
peer_start() { spawn nsd -d -c "$DIR/nsd.conf"; }
peer_reload() { nsd-control -c "$DIR/nsd.conf" reload; }
