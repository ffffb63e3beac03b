#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Client subnets (RFC 7871) as dig sends them, with XDP attached and detached: whose answer, which scope, and that the scopes of
# tailored answers form a partition: no block lies in another, and one block has one answer.
source "$(dirname "$0")/lib.sh"
source "$E2E_DIR/daemon.sh"

# expect SUBNET NAME TYPE ANSWER SCOPE: asked from the office, so that a subnet ignored is a subnet noticed.
expect() {
    local output
    output=$(ask "@$kServer4" -b 198.51.100.1 +norecurse +nocookie "+subnet=$1" "$2.split.example" "$3")
    check "$PATH_NAME: $2 $3 for $1" "$4" "$(awk '/^;; ANSWER/ { on = 1; next } /^$/ { on = 0 } on { print $5 }' <<< "$output" | LC_ALL=C sort | tr '\n' ' ')"
    check "$PATH_NAME: scope of $2 $3 for $1" "$5" "$(sed -n 's|^; CLIENT-SUBNET: ||p' <<< "$output")"
}

# The blocks follow from kLineConfig: the largest ones round the address in which no line changes.
expectations() {
    expect 198.51.100.0/24 www A "198.51.100.30 " 198.51.100.0/24/28
    expect 198.51.100.100/32 www A "198.51.100.20 " 198.51.100.100/32/26
    expect 198.51.100.200/32 www A "www.split.example.w.cdn-a.example. " 198.51.100.200/32/25
    expect 198.51.100.128/25 img A "img.split.example.w.cdn-a.example. " 198.51.100.128/25/25
    expect 203.0.113.0/24 img A "img.split.example.cdn.cdn-b.example. " 203.0.113.0/24/24
    expect 203.0.113.0/20 img A "192.0.2.90 " 203.0.112.0/20/24
    expect 192.0.2.0/24 www A "192.0.2.80 192.0.2.81 " 192.0.2.0/24/6
    expect 192.0.2.0/24 www TXT '"default" ' 192.0.2.0/24/6
    expect 203.0.113.0/24 mix A "192.0.2.80 192.0.2.81 www.split.example. " 203.0.113.0/24/24
    expect 2001:db8:1:1::/64 www A "198.51.100.30 " 2001:db8:1:1::/64/64
    expect 2001:db8:1:2::/64 www A "198.51.100.20 " 2001:db8:1:2::/64/64
    expect 2001:db8:2::/56 img A "img.split.example.cdn.cdn-b.example. " 2001:db8:2::/56/48
    # IPv6 blocks that stand for IPv4 addresses: mapped, NAT64, 6to4.
    expect ::ffff:198.51.100.100/128 www A "198.51.100.20 " ::ffff:198.51.100.100/128/122
    expect 64:ff9b::198.51.100.100/128 www A "198.51.100.20 " 64:ff9b::c633:6464/128/122
    expect 2002:c633:6464::/48 www A "198.51.100.20 " 2002:c633:6464::/48/42
    # SOURCE 0: the sender decides. Untailored, negative and delegation answers are everybody's.
    expect 0.0.0.0/0 www A "198.51.100.30 " 0.0.0.0/0/0
    expect 203.0.113.0/24 mail A "192.0.2.25 " 203.0.113.0/24/0
    expect 203.0.113.0/24 nx A "" 203.0.113.0/24/0
    expect 203.0.113.0/24 host.child A "" 203.0.113.0/24/0
}

malformed() {
    local option
    # Family 3; too few octets; too many; SOURCE 33; SCOPE not 0; bits behind SOURCE; no room for a header.
    for option in 0003180000c63364 00011800c633 00011800c6336400 00012100c633640000 00011818c63364 00011c00c63364ff 000118; do
        check_match "$PATH_NAME: malformed option $option" "status: FORMERR" \
            "$(ask "@$kServer4" +nocookie "+ednsopt=8:$option" www.split.example A)"
    done
}

# partition: asks for one address in each of many small blocks; awk then compares every pair of blocks.
partition() {
    local third fourth
    for third in 99 100 101; do
        for fourth in $(seq 0 7 255); do echo "198.51.$third.$fourth"; done
    done > "$WORK/addresses"
    for fourth in 203.0.112.255 203.0.113.0 203.0.113.255 203.0.114.0 1.0.0.1 127.1.1.1 192.0.2.1 255.255.255.255 0.0.0.1; do
        echo "$fourth"
    done >> "$WORK/addresses"
    while read -r address; do
        echo www.split.example A | dns_answers --subnet "$address/32" "$kServer4" | sed "s/^/$address /"
    done < "$WORK/addresses" > "$WORK/scoped"
    awk '
        function number(text, part) { split(text, part, "."); return ((part[1] * 256 + part[2]) * 256 + part[3]) * 256 + part[4] }
        {
            if (!match($0, /scope=[0-9]+/)) { print "no scope: " $0; next }
            size[NR] = 2 ^ (32 - substr($0, RSTART + 6, RLENGTH - 6))
            first[NR] = int(number($1) / size[NR]) * size[NR]
            answer[NR] = substr($0, index($0, "answer:")); text[NR] = $0
        }
        END {
            for (i = 1; i <= NR; i++) for (j = 1; j < i; j++) {
                if (first[i] + size[i] <= first[j] || first[j] + size[j] <= first[i]) continue
                if (first[i] != first[j] || size[i] != size[j] || answer[i] != answer[j]) print text[j] " overlaps " text[i]
            }
        }' "$WORK/scoped" > "$WORK/overlaps"
    check "$PATH_NAME: blocks of $(wc -l < "$WORK/addresses") addresses are a partition" "" "$(head -5 "$WORK/overlaps")"
}

set_up_network
serve_split_example
write_config
start_daemon
for PATH_NAME in "XDP attached" "XDP detached"; do
    step "$PATH_NAME"
    [[ $PATH_NAME == "XDP attached" ]] || check_succeeds "xdp detach" splitline xdp detach
    before=$(fast_answers)
    expectations
    [[ $PATH_NAME != "XDP attached" ]] || check "XDP answered most of them" 1 $(($(fast_answers) - before > 14))
    malformed
    partition
done
stop_daemon
finish
