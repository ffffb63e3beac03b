#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Ours, from XDP. To be sourced by peers.sh. A change is a zone file loaded by command.
# shellcheck disable=SC2016,SC2034,SC2154
TITLE='Splitline XDP'
EXPECT=geo WINDOW=192 SOCKETS=
XDP_ENABLED=true XDP_MORE=''
LISTEN="\"$kServer4\"" TABLE_NAMES=$NAMES LISTS="\"$DATA/prefixes\""

peer_data() { zone "$1" 2 < "$2"; echo '$LINE internal'; awk '{ print $1, "A", $3 }' "$2"; }

peer_prepare() {
    mkdir -p "$DIR/zones" "$DIR/state"
    cat > "$DIR/splitline.toml" <<- CONF
		[server]
		listen = [$LISTEN]
		control_socket = "$DIR/control.sock"
		state_directory = "$DIR/state"
		[resolver]
		udp_workers = 1
		[xdp]
		enabled = $XDP_ENABLED
		interfaces = ["$kServerDevice"]
		mode = "native"
		$XDP_MORE
		pin_directory = "/sys/fs/bpf/splitline"
		max_names = $((TABLE_NAMES + TABLE_NAMES / 4 + 1000))
		arena_mib = $((64 + TABLE_NAMES * 2 / 5000))
		[zones]
		directory = "zones"
		[[line]]
		name = "internal"
		lists = [$LISTS]
	CONF
}
peer_start() {
    rm -rf "$DIR/state"/*
    ln -f "$DIR/data" "$DIR/zones/$kOrigin.zone"
    spawn "$BUILD_DIR/userspace/splitlined" --config "$DIR/splitline.toml"
}
peer_reload() {
    ln -f "$DIR/data" "$DIR/zones/$kOrigin.zone"
    run_in server "$BUILD_DIR/userspace/splitline" --socket "$DIR/control.sock" zone load "$DIR/zones/$kOrigin.zone"
}
