#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A hundred commits while clients ask without pause: no answer is lost, none mixes two versions, and nobody ever sees a version older
# than one seen before. Every record of the zone carries its version (dns_watch.cpp reads it back): in one RRset, across names
# of one CNAME chain, in negative answers (serial), in a name that exists in odd versions only, and behind a wildcard.
source "$(dirname "$0")/lib.sh"
source "$E2E_DIR/daemon.sh"

readonly kCommits=${COMMITS:-100}

# write_version N
write_version() {
    local n=$1 low=$(($1 % 256)) high=$(($1 / 256))
    {
        echo "change.example. 60 IN SOA ns.change.example. host.change.example. $n 14400 3600 1209600 60"
        echo "change.example. 60 IN NS ns.change.example."
        echo "ns.change.example. 60 IN AAAA 2001:db8::1"
        echo "pair.change.example. 60 IN A 10.1.$high.$low"
        echo "pair.change.example. 60 IN A 10.2.$high.$low"
        echo "pair.change.example. 60 IN A 10.3.$high.$low"
        echo "text.change.example. 60 IN TXT \"$n\""
        echo "chain.change.example. 60 IN CNAME v$n.change.example."
        echo "v$n.change.example. 60 IN A 10.1.$high.$low"
        echo "*.wild.change.example. 60 IN A 10.1.$high.$low"
        ((n % 2 == 0)) || echo "odd.change.example. 60 IN TXT \"$n\""
        echo "\$LINE internal"
        echo "pair.change.example. 60 IN A 10.4.$high.$low"
        echo "pair.change.example. 60 IN A 10.5.$high.$low"
        # Names that never change: what dnsperf counts.
        echo "\$LINE default"
        seq -f 'hot%g.change.example. 60 IN A 192.0.2.1' 0 99
    } > "$WORK/version.zone"
    mv "$WORK/version.zone" "$WORK/zones/change.example.zone"
}

watch() {
    in_client "$BUILD_DIR/tests/e2e/dns_watch" "$1" 2 pair.change.example/A text.change.example/TXT chain.change.example/A \
        odd.change.example/TXT change.example/SOA any.wild.change.example/A nx.change.example/A pair.change.example/TXT
}

set_up_network
write_config
write_version 1
start_daemon

exec 9> >(watch "$kServer4" > "$WORK/watch.txt")
watcher=$!
seq -f 'hot%g.change.example A' 0 99 > "$WORK/hot"
start_load "$WORK/hot"

step "$kCommits commits under load"
before=$(fast_answers)
for ((version = 2; version <= kCommits + 1; ++version)); do
    write_version "$version"
    check_succeeds "commit of version $version" splitline zone load "$WORK/zones/change.example.zone"
done
answered=$(($(fast_answers) - before))

end_load
exec 9>&-
wait "$watcher" && status=0 || status=$?
cat "$WORK/watch.txt"
check "the watcher found nothing wrong" 0 "$status"
seen=$(sed -n 's/.* versions=//p' "$WORK/watch.txt")
check "it saw more than half of the versions ($seen)" 1 $((seen > kCommits / 2))
echo "answered by XDP meanwhile: $answered"
check "XDP answered under commits" 1 $((answered > 1000))
stop_daemon
finish
