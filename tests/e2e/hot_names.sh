#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Zones of twenty times as many names as the program's table has room for, under a load as skewed as names are asked for: the hot ones
# come into the table by themselves, nothing is lost meanwhile, commits go on, and when others are hot, those come in.
source "$(dirname "$0")/lib.sh"
source "$E2E_DIR/daemon.sh"

readonly kNames=10000 kRoom=500

# write_zone ADDRESS-OF-n1
write_zone() {
    {
        echo "hot.example. 60 IN SOA ns.hot.example. host.hot.example. ${1##*.} 14400 3600 1209600 60"
        echo "hot.example. 60 IN NS ns.hot.example."
        echo "ns.hot.example. 60 IN A 192.0.2.53"
        echo "n1.hot.example. 60 IN A $1"
        seq -f 'n%g.hot.example. 60 IN A 192.0.2.1' 2 $kNames
    } > "$WORK/zones/hot.example.zone"
}

# write_queries FIRST: rank r, asked in proportion to r^-1.5, is the name n(FIRST + r).
write_queries() {
    awk -v first="$1" -v names=$kNames 'BEGIN {
        srand(first)
        for (r = 1; r <= names; ++r) upto[r] = upto[r - 1] + r ^ -1.5
        for (query = 0; query < 100000; ++query) {
            at = rand() * upto[names]
            low = 1
            high = names
            while (low < high) {
                middle = int((low + high) / 2)
                if (upto[middle] < at) low = middle + 1; else high = middle
            }
            print "n" (first + low) % names + 1 ".hot.example A"
        }
    }' > "$WORK/queries"
}

# share: how many in a thousand of the queries of one second the program has answered.
share() {
    local answered passed
    answered=$(fast_answers) passed=$(reason_count left_out)
    sleep 1
    answered=$(($(fast_answers) - answered)) passed=$(($(reason_count left_out) - passed))
    echo $((1000 * answered / (answered + passed + 1)))
}
is_settled() { (($(share) >= 950)); }

set_up_network
write_config "max_names = $kRoom"
write_zone 192.0.2.1
start_daemon
check_match "status says how many names have no room" 'no room for 9[0-9]{3} names' "$(splitline status)"
check_match "a random name is denied by XDP" 'xdp' "$(splitline explain nowhere.hot.example --from 198.51.100.1)"

for first in 0 5000; do
    step "the hot names are n$((first + 2)) and those behind it"
    write_queries $first
    start_load "$WORK/queries"
    wait_until "95 % of the load to be answered by XDP" is_settled
    echo "answered by XDP: $(share) of a thousand"
    end_load
    check_match "the hottest is in the table" '"path": *"xdp"' "$(splitline --json explain n$((first + 2)).hot.example --from 198.51.100.1)"
done
left=$(for n in 9990 9991 9992 9993 9994; do splitline --json explain "n$n.hot.example" --from 198.51.100.1; done)
check_match "a cold one is not, and explain says so" '"reason": *"left_out"' "$left"

step "a change of a name, in the table or not"
write_zone 192.0.2.77
check_succeeds "zone load" splitline zone load "$WORK/zones/hot.example.zone"
check "it is answered" 192.0.2.77 "$(ask +short "@$kServer4" n1.hot.example A)"
check "and so is a cold one" 192.0.2.1 "$(ask +short "@$kServer4" n9990.hot.example A)"
check_match "a random name does not exist" NXDOMAIN "$(ask "@$kServer4" nowhere.hot.example A)"
stop_daemon
finish
