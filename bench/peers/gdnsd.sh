#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# gdnsd with plugin_geoip over a list of networks: one resource a name. To be sourced by peers.sh. Resources belong to the
# configuration: a change needs `gdnsdctl replace`, a new daemon that takes over the sockets.
# shellcheck disable=SC2034,SC2154
TITLE='gdnsd geoip'
PACKAGES=gdnsd
EXPECT=geo WINDOW=32 SOCKETS=yes

peer_data() {
    cat <<- CONF
		options => {
		    listen => $kServer4, udp_threads => 1, tcp_threads => 1
		    run_dir => $DIR/run, state_dir => $DIR/state
		}
		plugins => { geoip => {
		    maps => { lines => { datacenters => [default, internal], nets => $DIR/nets } }
		    resources => {
	CONF
    awk '{ printf "%s => { map => lines, dcmap => { default => %s, internal => %s } }\n", $1, $2, $3 }' "$2"
    echo '} } }'
}
peer_prepare() {
    mkdir -p "$DIR/zones" "$DIR/run" "$DIR/state"
    ln -sfn data "$DIR/config"
    sed 's/$/ => internal/' "$DATA/prefixes" > "$DIR/nets"
    { zone_head 1; awk '{ printf "%s DYNA geoip!%s\n", $1, $1 }' "$DATA/names"; } > "$DIR/zones/$kOrigin"
}
peer_start() { spawn gdnsd -c "$DIR" start; }
peer_reload() { gdnsdctl -c "$DIR" -t 300 replace; }
