#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Queries in VLANs: untagged, one 802.1Q tag, and 802.1ad with 802.1Q inside (QinQ), in native and generic mode, over IPv4 and IPv6.
# XDP answers with the tags it was asked with, and says what it says without tags. The frames are made by hand (tagged_ask.cpp),
# because not every kernel has VLAN devices; that program also checks lengths and checksums of each frame that comes back.
source "$(dirname "$0")/lib.sh"
source "$E2E_DIR/daemon.sh"

# Names and types that the fast path keeps: addresses, aliases, empty answers, an empty non-terminal.
readonly kNames='www|img|mail|ns1|types|zero|c1|c-out|c-apex|mix|ttl|link|_sip\._tcp|b\.ent|a\.b\.ent|1\.1\.1\.1\.deep'
readonly kTypes='A|AAAA|TXT|SRV|MX'
readonly kTags=("" "8100:10" "88a8:20 8100:30" "8100:4094 8100:1")

set_up_network
serve_split_example
grep -E "^($kNames)\.split\.example\. ($kTypes)\$" "$WORK/queries" > "$WORK/hot"
mac=$(ip -n server -j link show "$kServerDevice" | jq -r '.[].address')
for mode in native generic; do
    write_config "mode = \"$mode\""
    start_daemon
    for family in "$kClient4 $kServer4" "$kClient6 $kServer6"; do
        read -r source destination <<< "$family"
        dns_answers --edns 1232 --source "$source" "$destination" < "$WORK/hot" > "$WORK/expected"
        for tags in "${kTags[@]}"; do
            before=$(fast_answers)
            # shellcheck disable=SC2086  # tags are words
            in_client "$BUILD_DIR/tests/e2e/tagged_ask" "$kClientDevice" "$source" "$destination" "$mac" $tags \
                < "$WORK/hot" > "$WORK/tagged" || fail_check "$mode, $destination, tags '$tags': wrong frames"
            check_files "$mode, $destination, tags '$tags': the same answers" "$WORK/expected" "$WORK/tagged"
            check "$mode, $destination, tags '$tags': all by XDP" "$(wc -l < "$WORK/hot")" $(($(fast_answers) - before))
        done
    done
    stop_daemon
done
finish
