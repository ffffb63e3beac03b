#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# BIND with a view a line, told apart by an acl of all prefixes. To be sourced by peers.sh. A change is one of the zone file of
# view `internal`.
# shellcheck disable=SC2034,SC2154
TITLE='BIND views'
PACKAGES=named
EXPECT=geo WINDOW=32 SOCKETS=yes

peer_data() { zone "$1" 3 < "$2"; }
peer_prepare() {
    zone 1 2 < "$DATA/names" > "$DIR/zone"
    { echo 'acl internal {'; sed 's/$/;/' "$DATA/prefixes"; echo '};'; } > "$DIR/acl.conf"
    cat > "$DIR/named.conf" <<- CONF
		options {
		    directory "$DIR"; pid-file "$DIR/pid"; session-keyfile "$DIR/session.key";
		    listen-on { $kServer4; }; listen-on-v6 { none; };
		    recursion no; minimal-responses yes; notify no; dnssec-validation no; empty-zones-enable no;
		};
		key control { algorithm hmac-sha256; secret "c3BsaXRsaW5lLWJlbmNoLXBlZXJzLWNvbnRyb2w="; };
		controls { inet 127.0.0.1 port 953 allow { 127.0.0.1; } keys { control; }; };
		include "$DIR/acl.conf";
		view internal { match-clients { internal; }; zone "$kOrigin" { type primary; file "$DIR/data"; }; };
		view default { match-clients { any; }; zone "$kOrigin" { type primary; file "$DIR/zone"; }; };
	CONF
    cat > "$DIR/rndc.conf" <<- CONF
		key control { algorithm hmac-sha256; secret "c3BsaXRsaW5lLWJlbmNoLXBlZXJzLWNvbnRyb2w="; };
		options { default-key control; default-server 127.0.0.1; default-port 953; };
	CONF
}
peer_start() { spawn named -g -n 1 -U 1 -c "$DIR/named.conf"; }
peer_reload() { run_in server rndc -c "$DIR/rndc.conf" reload "$kOrigin" IN internal; }
