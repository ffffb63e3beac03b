#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A server and a client on one machine: two network namespaces joined by a veth pair, for the demo, the end-to-end tests and
# the load tests. To be sourced.
#
#   server namespace  dns0  192.0.2.53/24  2001:db8:53::53/64   every other route leads to the client
#   client namespace  cli0  192.0.2.1/24   2001:db8:53::1/64    every address of kClientPrefixes may be used as a source
#
# The client's end runs an XDP program that passes everything: without one the kernel drops, in silence, each reply that
# native XDP sends on the server's end.
# shellcheck disable=SC2034  # the constants are for those who source this file

readonly kServer4=192.0.2.53 kServer6=2001:db8:53::53
readonly kClient4=192.0.2.1 kClient6=2001:db8:53::1
# The load test names them otherwise: NAPI threads of all namespaces are told apart by their devices' names only.
readonly kServerDevice=${SERVER_DEVICE:-dns0} kClientDevice=${CLIENT_DEVICE:-cli0}
# Documentation prefixes (RFC 5737, RFC 3849); example configurations bind lines to parts of them.
readonly kClientPrefixes=(198.51.100.0/24 203.0.113.0/24 2001:db8:1::/48 2001:db8:2::/48)

# run_in NAMESPACE COMMAND...: unlike `ip netns exec` it keeps the mounts, so that /sys/fs/bpf and private bpffs stay visible.
run_in() {
    nsenter --net="/run/netns/$1" -- "${@:2}"
}

# spawn_in NAMESPACE COMMAND...: the same in the background; $! is the command itself.
spawn_in() {
    nsenter --net="/run/netns/$1" -- "${@:2}" &
}

# prepare_namespace NAMESPACE: addresses usable at once, any local source, no filter on the way back.
prepare_namespace() {
    ip netns add "$1"
    run_in "$1" sysctl -q -w net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 \
        net.ipv6.conf.default.accept_dad=0 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
        net.ipv6.ip_nonlocal_bind=1
    ip -n "$1" link set lo up
}

# make_veth_pair SERVER_NAMESPACE CLIENT_NAMESPACE PASS_OBJECT
make_veth_pair() {
    local server=$1 client=$2 pass_object=$3 prefix
    prepare_namespace "$server"
    prepare_namespace "$client"
    ip link add "$kServerDevice" netns "$server" type veth peer name "$kClientDevice" netns "$client"
    ip -n "$server" address add "$kServer4/24" dev "$kServerDevice"
    ip -n "$server" address add "$kServer6/64" dev "$kServerDevice" nodad
    ip -n "$client" address add "$kClient4/24" dev "$kClientDevice"
    ip -n "$client" address add "$kClient6/64" dev "$kClientDevice" nodad
    ip -n "$client" link set dev "$kClientDevice" xdp object "$pass_object" section xdp
    ip -n "$server" link set "$kServerDevice" up
    ip -n "$client" link set "$kClientDevice" up
    ip -n "$server" route add default via "$kClient4"
    ip -n "$server" -6 route add default via "$kClient6"
    for prefix in "${kClientPrefixes[@]}"; do add_client_prefix "$client" "$prefix"; done
}

# add_client_prefix CLIENT_NAMESPACE PREFIX: lets the client send from every address of the prefix.
add_client_prefix() {
    ip -n "$1" route add local "$2" dev lo
}
