#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# PowerDNS with the geoip backend over an mmdb: each name is a service that stands for a name by country. To be sourced by peers.sh.
# shellcheck disable=SC2034,SC2154
TITLE='PowerDNS geoip'
PACKAGES=pdns
EXPECT=geo WINDOW=32 SOCKETS=yes

peer_data() {
    printf 'domains:\n- domain: %s\n  ttl: 300\n  records:\n    %s:\n' "$kOrigin" "$kOrigin"
    printf '      - soa: ns1.%s hostmaster.%s %d 14400 3600 1209600 300\n      - ns: ns1.%s\n' "$kOrigin" "$kOrigin" "$1" "$kOrigin"
    awk -v origin="$kOrigin" '{ printf "    us.%s.%s:\n      - a: %s\n    cn.%s.%s:\n      - a: %s\n", $1, origin, $2, $1, origin, $3 }' "$2"
    echo '  services:'
    awk -v origin="$kOrigin" '{ printf "    %s.%s: \"%%cc.%s.%s\"\n", $1, origin, $1, origin }' "$2"
}
peer_prepare() {
    cat > "$DIR/pdns.conf" <<- CONF
		local-address=$kServer4
		socket-dir=$DIR
		launch=geoip
		geoip-database-files=mmdb:$DATA/lines.mmdb
		geoip-zones-file=$DIR/data
		receiver-threads=1
		distributor-threads=1
		cache-ttl=0
		guardian=no
		daemon=no
		disable-syslog=yes
		security-poll-suffix=
	CONF
}
peer_start() { spawn pdns_server --config-dir="$DIR"; }
# It gives up waiting before a hundred thousand names are read; the answer tells when they are.
peer_reload() { pdns_control --config-dir="$DIR" reload || true; }
