#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# gdnsd with plugin_geoip over a list of networks: a resource for each pair of addresses, a DYNA record for each name (of a resource a
# name it loads a hundred thousand in minutes). To be sourced by peers.sh. A change gives a name another resource in the zone file.
# shellcheck disable=SC2034,SC2154
TITLE='gdnsd geoip'
PACKAGES=gdnsd
EXPECT=geo WINDOW=32 SOCKETS=yes

peer_data() { zone_head "$1"; awk '{ print $1, "DYNA geoip!r" $2 }' "$2"; }

peer_prepare() {
    mkdir -p "$DIR/zones" "$DIR/run" "$DIR/state"
    sed 's/$/ => internal/' "$DATA/prefixes" > "$DIR/nets"
    cat > "$DIR/config" <<- CONF
		options => {
		    listen => $kServer4, udp_threads => 1, tcp_threads => 1, zones_default_ttl => 300
		    run_dir => $DIR/run, state_dir => $DIR/state
		}
		plugins => { geoip => {
		    maps => { lines => { datacenters => [default, internal], nets => $DIR/nets } }
		    resources => {
		$(awk '!seen[$2]++ { printf "r%s => { map => lines, dcmap => { default => %s, internal => %s } }\n", $2, $2, $3 }' \
            "$DATA/names" "$DATA/names.changed")
		    }
		} }
	CONF
}
peer_start() {
    mv "$DIR/data" "$DIR/zones/$kOrigin"
    spawn gdnsd -c "$DIR" start
}
peer_reload() {
    mv "$DIR/data" "$DIR/zones/$kOrigin"
    gdnsdctl -c "$DIR" -t 300 reload-zones
}
