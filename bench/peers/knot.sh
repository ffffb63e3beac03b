#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Knot DNS with mod-geoip over an mmdb, on sockets. To be sourced by peers.sh. The zone holds line `default`, the module's file line
# `internal`; a change is one of that file.
# shellcheck disable=SC2034,SC2154
TITLE='Knot geoip'
PACKAGES=knot
EXPECT=geo WINDOW=32 SOCKETS=yes
XDP_SECTION=

peer_data() { awk -v origin="$kOrigin" '{ print $1 "." origin ":\n  - geo: CN\n    A: " $3 }' "$2"; }

peer_prepare() {
    zone 1 2 < "$DATA/names" > "$DIR/zone"
    cat > "$DIR/knot.conf" <<- CONF
		server:
		    rundir: "$DIR"
		    listen: $kServer4@53
		    udp-workers: 1
		    tcp-workers: 1
		    background-workers: 1
		$XDP_SECTION
		log:
		  - target: stderr
		    any: warning
		database:
		    storage: "$DIR"
		mod-geoip:
		  - id: lines
		    config-file: "$DIR/data"
		    ttl: 300
		    mode: geodb
		    geodb-file: "$DATA/lines.mmdb"
		    geodb-key: country/iso_code
		zone:
		  - domain: $kOrigin
		    file: "$DIR/zone"
		    semantic-checks: off
		    journal-content: none
		    zonefile-sync: -1
		    module: mod-geoip/lines
	CONF
}
peer_start() { spawn knotd -c "$DIR/knot.conf"; }
peer_reload() { knotc -s "$DIR/knot.sock" -t 300 reload; }
